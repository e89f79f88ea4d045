"""The draft's part about what teammates write with: saved replies, and what they have begun to write."""

from typing import NamedTuple

import msgspec

from parley.actions.journal import Journal
from parley.core.conversations import Conversation
from parley.core.writing import Draft, SavedReply
from parley.ports import Facts, SentDraft


class PadChanges(NamedTuple):
    """What the group changed."""

    replies: list[SavedReply]
    drafts: list[Draft]
    sent_drafts: list[SentDraft]


class Pad:
    """The saved replies as loaded, with the group's changes laid over them; and drafts, which nothing is loaded for."""

    def __init__(self, facts: Facts, journal: Journal) -> None:
        self._facts = facts
        self._set = journal.set
        self._replies: dict[tuple[int, int], SavedReply] = {}
        self._drafts: dict[tuple[int, str], Draft] = {}
        self._sent_drafts: dict[SentDraft, None] = {}

    def replies(self, community_id: int) -> list[SavedReply]:
        """The community's saved replies that are not removed. `Need.replies_of` asked for them."""
        known = self._facts.replies.items()
        return [reply for (whose, _), reply in known if whose == community_id and reply.removed_at is None]

    def put_reply(self, reply: SavedReply) -> None:
        """Add, change or remove a saved reply."""
        self._set(self._facts.replies, (reply.community_id, reply.id), reply)
        self._set(self._replies, (reply.community_id, reply.id), reply)

    def keep(self, draft: Draft) -> None:
        """Keep what a teammate has begun to write."""
        self._set(self._drafts, (draft.conversation_id, draft.user_id), draft)

    def send(self, conversation: Conversation, user_id: str, *, is_note: bool) -> None:
        """Throw away what a teammate has begun to write, if it is of the kind that they have sent now.

        What was begun before the group is emptied unseen, and before what the group keeps is stored.
        """
        begun = self._drafts.get((conversation.id, user_id))
        if begun is None:
            self._set(self._sent_drafts, (conversation.community_id, conversation.id, user_id, is_note), None)
        elif begun.is_note == is_note:
            self.keep(msgspec.structs.replace(begun, text=""))

    def changes(self) -> PadChanges:
        """What is to be stored."""
        return PadChanges(list(self._replies.values()), list(self._drafts.values()), list(self._sent_drafts))
