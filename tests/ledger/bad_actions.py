"""Actions that no caller should ever send, to see that they harm no other."""

from datetime import datetime

import msgspec

from parley.actions.create_conversation import CreateConversation
from parley.actions.draft import Draft, Fresh
from parley.ports import Need, Opened


class Refused(CreateConversation, frozen=True, kw_only=True):
    """Refused by the rules, after its look at the draft."""

    category_id: int | None = 404


class Broken(CreateConversation, frozen=True, kw_only=True):
    """A bug shows when everything is done already."""

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Opened:
        """Create the conversation, and fall."""
        super().decide(draft, now, fresh)
        raise ZeroDivisionError


class Speechless(CreateConversation, frozen=True, kw_only=True):
    """A bug shows before anything is done: it cannot say what it needs."""

    def needs(self, need: Need) -> None:
        """Say the half of it, and fall."""
        super().needs(need)
        raise ZeroDivisionError


class Unkeepable(CreateConversation, frozen=True, kw_only=True):
    """Nobody but the database sees what is wrong."""

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Opened:
        """Create a conversation with fewer messages than none, and than the others in a group could make up for."""
        opened = super().decide(draft, now, fresh)
        draft.put_conversation(msgspec.structs.replace(opened.conversation, message_count=-1_000))
        return opened
