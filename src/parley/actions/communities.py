"""Add a community, with its bot and its first token."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import texts
from parley.core.access import RefreshToken, Scope
from parley.core.communities import Community
from parley.core.errors import ConflictError
from parley.core.events import CommunityAdded, TokenAdded
from parley.core.people import Kind, User
from parley.ports import SERVER, Need

FIRST_TOKEN = "default"  # noqa: S105 - the name of the token that a new community gets, not a secret


class AddCommunity(msgspec.Struct, frozen=True, kw_only=True):
    """A new community. `secret_hash` is of the first refresh token, whose scope is `admin` (spec §2).

    Refused with ConflictError when another community has the name, whatever its case.
    """

    name: str
    secret_hash: bytes
    by: str
    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Whether the name is free."""
        need.community_names.add(texts.key_of(self.name))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Community:
        """Make the community, its bot and its token."""
        name_key = texts.key_of(self.name)
        if draft.community_named(name_key) is not None:
            msg = f"There is already a community named {texts.shown(self.name)}."
            raise ConflictError(msg)
        community_id = draft.next_number("community")
        bot = User(id=fresh(), community_id=community_id, kind=Kind.BOT, created_at=now, name="Bot")
        community = Community(
            id=community_id,
            name=self.name,
            client_id=fresh(),
            bot_id=bot.id,
            catalogue_version=1,
            created_at=now,
        )
        token = RefreshToken(
            id=draft.next_number("token"),
            community_id=community_id,
            name=FIRST_TOKEN,
            scope=Scope.ADMIN,
            secret_hash=self.secret_hash,
            created_at=now,
        )
        draft.put_community(community)
        draft.name_community(name_key, community_id)
        draft.put_user(bot)
        draft.put_token(token)
        added = CommunityAdded(community.name, community.client_id, bot)
        draft.record(added, community_id=community_id, by=self.by, at=now)
        draft.record(TokenAdded(token.id, token.name, token.scope), community_id=community_id, by=self.by, at=now)
        return community
