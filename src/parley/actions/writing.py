"""Save, change and remove replies that are often needed; keep what a teammate has begun to write."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import conversations, writing
from parley.core.conversations import Conversation
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import SavedReplyChanged
from parley.core.writing import REPLIES_LIMIT, SavedReply
from parley.ports import Need


class SaveReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply is saved, or with an `id` changed: what is None stays.

    Refused with NotFoundError (no such reply that this teammate has) and ConflictError (the shortcut is in use among
    those that they have, or there are too many).
    """

    community_id: int
    user_id: str
    by: str
    id: int | None = None
    shortcut: str | None = None
    text: str | None = None
    is_shared: bool | None = None

    def needs(self, need: Need) -> None:
        """All of the community's: there are few."""
        need.communities.add(self.community_id)
        need.replies_of.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> SavedReply:
        """Put it in place of the former."""
        there = draft.pad.replies(self.community_id)
        former = None if self.id is None else _found(draft, self.community_id, self.user_id, self.id)
        if former is None and len(there) >= REPLIES_LIMIT:
            msg = f"There are {REPLIES_LIMIT} saved replies, which is as many as a community may have."
            raise ConflictError(msg)
        reply = SavedReply(
            id=draft.next_number("saved_reply") if former is None else former.id,
            community_id=self.community_id,
            owner_id=self.user_id if former is None else former.owner_id,
            is_shared=bool(self.is_shared) if former is None or self.is_shared is not None else former.is_shared,
            shortcut=self.shortcut or (former.shortcut if former else ""),
            text=self.text or (former.text if former else ""),
            changed_at=now,
        )
        for other in there:
            is_seen_with = other.is_shared or reply.is_shared or other.owner_id == reply.owner_id
            if other.id != reply.id and other.shortcut == reply.shortcut and is_seen_with:
                msg = f"There is a saved reply /{reply.shortcut} already."
                raise ConflictError(msg)
        _put(draft, reply, by=self.by, now=now)
        return reply


class RemoveReply(msgspec.Struct, frozen=True, kw_only=True):
    """A saved reply goes. Refused with NotFoundError: no such reply that this teammate has."""

    community_id: int
    user_id: str
    id: int
    by: str

    def needs(self, need: Need) -> None:
        """All of the community's."""
        need.communities.add(self.community_id)
        need.replies_of.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> SavedReply:
        """Keep that it was there."""
        found = _found(draft, self.community_id, self.user_id, self.id)
        _put(draft, msgspec.structs.replace(found, changed_at=now, removed_at=now), by=self.by, now=now)
        return found


class Kept(msgspec.Struct, frozen=True):
    """A draft, and the conversation that it is for."""

    conversation: Conversation
    draft: writing.Draft


class KeepDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a teammate has begun to write is kept, in place of what was kept before. No event.

    Refused with NotFoundError (no such conversation) and StaleEpochError.
    """

    community_id: int
    conversation_id: int
    user_id: str
    text: str
    is_note: bool
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation."""
        need.conversations.add((self.community_id, self.conversation_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Kept:
        """Keep it."""
        conversation = draft.conversation(self.community_id, self.conversation_id)
        conversations.check_epoch(conversation, self.epoch)
        kept = writing.Draft(
            conversation_id=self.conversation_id,
            user_id=self.user_id,
            community_id=self.community_id,
            text=self.text,
            is_note=self.is_note,
            changed_at=now,
        )
        draft.pad.keep(kept)
        return Kept(conversation, kept)


def _found(draft: Draft, community_id: int, user_id: str, reply_id: int) -> SavedReply:
    for reply in draft.pad.replies(community_id):
        if reply.id == reply_id and reply.is_for(user_id):
            return reply
    msg = f"There is no saved reply {reply_id}."
    raise NotFoundError(msg)


def _put(draft: Draft, reply: SavedReply, *, by: str, now: datetime) -> None:
    draft.pad.put_reply(reply)
    draft.record(SavedReplyChanged(reply.id), community_id=reply.community_id, by=by, at=now)
