"""A conversation, who holds it, and every legal change of it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from parley.core.fields import FieldValue

MESSAGES_LIMIT = 100  # messages in one call, in or out


class Holder(StrEnum):
    """Who has the conversation now. Nobody holds a closed one."""

    BOT = "bot"
    QUEUE = "queue"
    TEAMMATE = "teammate"
    NOBODY = "nobody"


class Sentiment(StrEnum):
    """How the client feels about it, as the integrator says."""

    QUESTION = "question"
    PRAISE = "praise"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"


class Feedback(msgspec.Struct, frozen=True):
    """What the client thought of the conversation."""

    is_positive: bool
    text: str | None


class Conversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One conversation of a client with the community; also the community's ticket.

    `queue_number` is the place in line given when it first waited, None before that and after the bot took it.
    `epoch` rises with every change of holder. `changed_at` moves with every event and never back.
    """

    id: int
    community_id: int
    author_id: str
    created_at: datetime
    changed_at: datetime
    holder: Holder
    is_with_bot: bool = False
    assignee_id: str | None = None
    queue_number: int | None = None
    epoch: int = 1
    message_count: int = 0
    title: str | None = None
    category_id: int | None = None
    sentiment: Sentiment = Sentiment.QUESTION
    fields: tuple[FieldValue, ...] = ()
    initial_page_url: str | None = None
    latest_page_url: str | None = None
    feedback: Feedback | None = None
    closed_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it stands in the queue."""
        return self.holder is Holder.QUEUE

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self.holder is Holder.NOBODY


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message. `id` rises in order of arrival (for cursors); `created_at` is when it was said (for display)."""

    id: int
    community_id: int
    conversation_id: int
    author_id: str
    is_team: bool
    text: str
    created_at: datetime
    stored_at: datetime
    is_imported: bool = False


def with_message(conversation: Conversation, *, now: datetime) -> Conversation:
    """The conversation after one more message; who holds it does not change, whoever wrote."""
    return msgspec.structs.replace(conversation, message_count=conversation.message_count + 1, changed_at=now)
