"""A conversation, who holds it, and every legal change of it.

    create ──► bot ──to_queue──► queue ──take──► teammate
                ▲  ╲──────────take──────────────►  │  ▲ │
                │                 ▲──── release ───┘  └─┘ take by another
                └───── give_to_bot (from queue or teammate)
    any of them ──close──► nobody

Whatever else is asked of a closed conversation is refused with ConflictError.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from parley.core.errors import ConflictError, StaleEpochError
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


class HandoverReason(StrEnum):
    """Why the bot lost a conversation to the team."""

    ASKED = "asked"  # the client asked for a person
    BOT = "bot"  # the bot said so
    SILENT = "silent"  # it did not answer within its limit
    FAILED = "failed"  # it could not be asked, or its answers could not be used
    API = "api"  # somebody took it: an integrator or a teammate


class Handover(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The card that goes with a conversation from the bot to the team.

    `detail` is the bot's own reason, or the name of the failure; `summary` is the bot's. `bot_messages` counts what the
    bot has said in the conversation.
    """

    reason: HandoverReason
    bot_messages: int
    at: datetime
    detail: str | None = None
    summary: str | None = None


class AssignmentReason(StrEnum):
    """Why a teammate has a conversation."""

    TAKEN = "taken"  # they took this one
    NEXT = "next"  # they asked for the next one, and this one had waited longest
    AUTOMATIC = "automatic"  # the server chose them
    ASSIGNED = "assigned"  # another teammate gave it to them
    API = "api"  # an integrator did


class PassedOver(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many teammates could not be given a conversation, by the first reason that held for each."""

    gone: int = 0  # no sign of life
    away: int = 0
    busy: int = 0
    finishing: int = 0
    full: int = 0  # as many chats as seats


class Grounds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an assignment was decided on, as far as it mattered: how many seconds the conversation had waited, the chats
    and the seats of whoever got it, how many teammates could have got it, and why the others could not.
    """

    waited_s: int | None = None
    open_chats: int | None = None
    seats: int | None = None
    candidates: int | None = None
    passed_over: PassedOver | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Why a teammate has a conversation, or had it last; `by` says who saw to it, as events do."""

    assignee_id: str
    reason: AssignmentReason
    at: datetime
    by: str
    grounds: Grounds | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One conversation of a client with the community; also the community's ticket.

    `queue_number` is the place in line given when it first waited, None before that and after the bot took it.
    `taken_at` is when the team took it, as long as a teammate has it and after it was closed from there.
    `epoch` rises with every change of holder. `changed_at` moves with every event but a note, for it is told outside,
    and never back. After closing, `is_with_bot` and `assignee_id` say who had it last. `bot_messages` counts what the
    bot said here, imported history apart; `handover` is the card of the last time that the bot lost it, `assignment`
    why a teammate has it, or had it last.
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
    taken_at: datetime | None = None
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
    bot_messages: int = 0
    handover: Handover | None = None
    assignment: Assignment | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it stands in the queue."""
        return self.holder is Holder.QUEUE

    @property
    def is_assigned(self) -> bool:
        """Whether a teammate has it."""
        return self.holder is Holder.TEAMMATE

    @property
    def is_held_by_bot(self) -> bool:
        """Whether the bot has it."""
        return self.holder is Holder.BOT

    @property
    def is_closed(self) -> bool:
        """Whether it has ended."""
        return self.holder is Holder.NOBODY


class Custody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who holds a conversation, with all that changes with it: what an event of a change of holder carries."""

    holder: Holder
    is_with_bot: bool
    assignee_id: str | None
    queue_number: int | None
    taken_at: datetime | None
    epoch: int


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


def check_epoch(conversation: Conversation, epoch: int | None) -> None:
    """Refuse with StaleEpochError what was decided under another takeover epoch than the present; None names none."""
    if epoch is not None and epoch != conversation.epoch:
        msg = (
            f"Conversation {conversation.id} has changed hands: its epoch is {conversation.epoch}, "
            f"but this was decided under epoch {epoch}."
        )
        raise StaleEpochError(msg, epoch=conversation.epoch)


def with_messages(conversation: Conversation, count: int, *, now: datetime, by_bot: int = 0) -> Conversation:
    """The conversation after `count` more messages, so many of them the bot's; who holds it does not change."""
    return _changed(
        conversation,
        now=now,
        message_count=conversation.message_count + count,
        bot_messages=conversation.bot_messages + by_bot,
    )


def to_queue(
    conversation: Conversation, *, queue_number: int, now: datetime, handover: Handover | None = None
) -> Conversation:
    """The bot hands over: to the end of the queue, with a new number."""
    _refuse_closed(conversation)
    if conversation.holder is not Holder.BOT:
        msg = f"Conversation {conversation.id} is not with the bot, so the bot cannot hand it over."
        raise ConflictError(msg)
    return _moved(
        conversation,
        now=now,
        holder=Holder.QUEUE,
        is_with_bot=False,
        queue_number=queue_number,
        handover=handover or conversation.handover,
    )


def take(
    conversation: Conversation,
    *,
    assignee_id: str,
    now: datetime,
    handover: Handover | None = None,
    assignment: Assignment | None = None,
) -> Conversation:
    """A teammate takes it, from wherever it is; its queue number is kept. From the bot there may be a card."""
    _refuse_closed(conversation)
    return _moved(
        conversation,
        now=now,
        holder=Holder.TEAMMATE,
        is_with_bot=False,
        assignee_id=assignee_id,
        taken_at=conversation.taken_at or later(now, conversation.changed_at),
        handover=handover or conversation.handover,
        assignment=assignment or conversation.assignment,
    )


def release(conversation: Conversation, *, queue_number: int, now: datetime) -> Conversation:
    """The teammate gives it back to the queue: at its kept number, or a new one if it never waited."""
    _refuse_closed(conversation)
    if conversation.holder is not Holder.TEAMMATE:
        msg = f"Conversation {conversation.id} is not with a teammate, so it cannot be released."
        raise ConflictError(msg)
    return _moved(
        conversation, now=now, holder=Holder.QUEUE, assignee_id=None, taken_at=None, queue_number=queue_number
    )


def give_to_bot(conversation: Conversation, *, now: datetime) -> Conversation:
    """The bot gets it; its place in the queue is lost."""
    _refuse_closed(conversation)
    return _moved(
        conversation,
        now=now,
        holder=Holder.BOT,
        is_with_bot=True,
        assignee_id=None,
        taken_at=None,
        queue_number=None,
    )


def close(conversation: Conversation, *, now: datetime) -> Conversation:
    """It ends; who had it last stays known."""
    _refuse_closed(conversation)
    return _moved(conversation, now=now, holder=Holder.NOBODY, closed_at=later(now, conversation.changed_at))


def with_feedback(conversation: Conversation, feedback: Feedback, *, now: datetime) -> Conversation:
    """What the client thinks, during or after; a new one replaces the old."""
    return _changed(conversation, now=now, feedback=feedback)


def with_details(
    conversation: Conversation,
    *,
    title: str | None,
    category_id: int | None,
    fields: tuple[FieldValue, ...],
    now: datetime,
) -> Conversation:
    """What the team puts right about it: also of a closed one."""
    return _changed(conversation, now=now, title=title, category_id=category_id, fields=fields)


def with_latest_url(conversation: Conversation, url: str, *, now: datetime) -> Conversation:
    """The client went to another page."""
    _refuse_closed(conversation)
    return _changed(conversation, now=now, latest_page_url=url)


def custody_of(conversation: Conversation) -> Custody:
    """Who holds it now."""
    return Custody(
        holder=conversation.holder,
        is_with_bot=conversation.is_with_bot,
        assignee_id=conversation.assignee_id,
        queue_number=conversation.queue_number,
        taken_at=conversation.taken_at,
        epoch=conversation.epoch,
    )


def in_custody(
    conversation: Conversation,
    custody: Custody,
    *,
    now: datetime,
    handover: Handover | None = None,
    assignment: Assignment | None = None,
) -> Conversation:
    """The conversation as an event of a change of holder left it."""
    return _changed(
        conversation,
        now=now,
        handover=handover or conversation.handover,
        assignment=assignment or conversation.assignment,
        **msgspec.structs.asdict(custody),
    )


def card_of(
    conversation: Conversation,
    reason: HandoverReason,
    *,
    now: datetime,
    detail: str | None = None,
    summary: str | None = None,
) -> Handover:
    """The card of a handover at this moment."""
    return Handover(
        reason=reason,
        bot_messages=conversation.bot_messages,
        at=later(now, conversation.changed_at),
        detail=detail,
        summary=summary,
    )


def later(now: datetime, than: datetime) -> datetime:
    """The time of the next thing that happens to it: now, but never before the last, for clocks are set back."""
    return max(now, than)


def _moved(conversation: Conversation, *, now: datetime, **what: Any) -> Conversation:
    return _changed(conversation, now=now, epoch=conversation.epoch + 1, **what)


def _changed(conversation: Conversation, *, now: datetime, **what: Any) -> Conversation:
    return msgspec.structs.replace(conversation, changed_at=later(now, conversation.changed_at), **what)


def _refuse_closed(conversation: Conversation) -> None:
    if conversation.is_closed:
        msg = f"Conversation {conversation.id} is closed."
        raise ConflictError(msg)
