"""Add teammates, disable and enable them, say whether they take chats."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import texts
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import TeammateAdded, TeammateDisabled, TeammateEnabled, TeammateStatusChanged
from parley.core.people import Kind, Presence, Role, Teammate, User
from parley.ports import Need


class AddTeammate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody joins the team. Refused with ConflictError when the e-mail belongs to a user of the community."""

    community_id: int
    name: str
    email: str
    role: Role
    by: str

    def needs(self, need: Need) -> None:
        """The community and whether the e-mail is free."""
        need.communities.add(self.community_id)
        need.emails.add((self.community_id, texts.key_of(self.email)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Add the user and the teammate."""
        draft.community(self.community_id)
        email_key = texts.key_of(self.email)
        owner = draft.user_by_email(self.community_id, email_key)
        if owner is not None:
            msg = f"This e-mail belongs to a {owner.kind} of this community already ({owner.id})."
            raise ConflictError(msg)
        user = User(
            id=fresh(),
            community_id=self.community_id,
            kind=Kind.TEAMMATE,
            created_at=now,
            name=self.name,
            email=self.email,
            email_key=email_key,
        )
        teammate = Teammate(user_id=user.id, community_id=self.community_id, role=self.role)
        draft.put_user(user)
        draft.put_teammate(teammate)
        draft.record(TeammateAdded(user, self.role), community_id=self.community_id, by=self.by, at=now)
        return user, teammate


class SetTeammateActive(msgspec.Struct, frozen=True, kw_only=True):
    """Disable a teammate, which ends their sessions, or let a disabled one back.

    Refused with NotFoundError when the e-mail is no teammate's.
    """

    community_id: int
    email: str
    is_active: bool
    by: str

    def needs(self, need: Need) -> None:
        """The teammate."""
        need.communities.add(self.community_id)
        need.teammates.add((self.community_id, texts.key_of(self.email)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Change it; already so is fine and records nothing."""
        user, teammate = find_teammate(draft, self.community_id, self.email)
        if teammate.is_active != self.is_active:
            since = teammate.sessions_from if self.is_active else now
            teammate = msgspec.structs.replace(teammate, is_active=self.is_active, sessions_from=since)
            draft.put_teammate(teammate)
            what = TeammateEnabled(user.id) if self.is_active else TeammateDisabled(user.id)
            draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return user, teammate


class SetTeammateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a teammate takes chats, and how many at a time; it holds until changed.

    Refused with NotFoundError when the e-mail is no teammate's.
    """

    community_id: int
    email: str
    status: Presence
    by: str
    seats: int | None = None

    def needs(self, need: Need) -> None:
        """The teammate."""
        need.communities.add(self.community_id)
        need.teammates.add((self.community_id, texts.key_of(self.email)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Change it; already so is fine and records nothing."""
        user, teammate = find_teammate(draft, self.community_id, self.email)
        seats = teammate.seats if self.seats is None else self.seats
        changed = msgspec.structs.replace(teammate, status=self.status, seats=seats)
        if changed != teammate:
            draft.put_teammate(changed)
            what = TeammateStatusChanged(user.id, self.status, seats)
            draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return user, changed


def find_teammate(draft: Draft, community_id: int, email: str) -> tuple[User, Teammate]:
    """A teammate by their e-mail. Raises NotFoundError."""
    user = draft.user_by_email(community_id, texts.key_of(email))
    teammate = None if user is None else draft.teammate(community_id, user.id)
    if user is None or teammate is None:
        msg = f"There is no teammate {texts.shown(email)} in this community."
        raise NotFoundError(msg)
    return user, teammate
