"""What is sent for an event: the published PascalCase document and the headers beside it (spec §5).

The same event always gives the same bytes: they are not stored, but made again for each attempt.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parley import __version__
from parley.core import times
from parley.core.conversations import Conversation
from parley.core.conversations import Handover as Card
from parley.core.conversations import Message as Written
from parley.core.events import ConversationClosed, ConversationCreated, Event, MessageAdded, TakeoverChanged
from parley.core.people import User as Person
from parley.core.signing import sign
from parley.core.webhooks import message_id

CONTENT_TYPE = "application/json; charset=utf-8"
USER_AGENT = f"Parley/{__version__}"
_NOT_WAITING = -1

_encode = msgspec.json.Encoder().encode


class User(msgspec.Struct, rename="pascal"):
    """Who speaks; `status` says from which side."""

    id: str
    name: str | None
    image: str | None
    email: str | None
    custom_identifier: str | None
    status: str
    is_bot: bool


class Message(msgspec.Struct, rename="pascal"):
    """What was written."""

    author: User
    creation_time: str
    id: int
    last_modified_time: str
    message: str


class QueuePosition(msgspec.Struct, rename="pascal"):
    """The place in the queue. An event tells no expected wait: it would be old when it arrives."""

    position: int
    wait_time: None = None


class Feedback(msgspec.Struct, rename="pascal"):
    """What the client thought."""

    is_positive: bool
    text: str | None


class ConversationDocument(msgspec.Struct, rename="pascal", kw_only=True):
    """A conversation. Its fields and messages are never told here (published so)."""

    author: User
    creation_time: str
    id: int
    is_closed: bool
    is_takeover_enabled: bool
    last_modified_time: str
    messages: tuple[()] = ()
    queue_position_info: QueuePosition
    feedback: Feedback | None
    total_messages_count: int
    fields: None = None
    initial_page_url: str | None
    latest_page_url: str | None


class ConversationHappened(msgspec.Struct, rename="pascal"):
    """A conversation was created or closed."""

    inbox_link: str
    conversation_id: int
    conversation: ConversationDocument
    event_time: str


class MessageHappened(msgspec.Struct, rename="pascal"):
    """A message was added."""

    inbox_link: str
    conversation_id: int
    message: Message
    event_time: str


class Handover(msgspec.Struct, rename="pascal"):
    """Why the bot lost the conversation."""

    reason: str
    detail: str | None
    summary: str | None
    bot_messages: int
    time: str


class TakeoverHappened(msgspec.Struct, rename="pascal"):
    """The bot got the conversation or lost it."""

    inbox_link: str
    conversation_id: int
    is_assigned_to_bot: bool
    handover: Handover | None
    event_time: str


Happened = ConversationHappened | MessageHappened | TakeoverHappened


class Frame(msgspec.Struct, rename="pascal"):
    """The whole document: one event, one element."""

    community_name: str
    event_type: str
    events: tuple[Happened]
    ticket_id: int


def payload_of(event: Event, *, community_name: str, public_url: str) -> bytes:
    """The body that is sent for an event. Raises ValueError for one that is no webhook's."""
    conversation_id = event.conversation_id or 0
    head = (f"{public_url.rstrip('/')}/inbox/conversations/{conversation_id}?ticketId={conversation_id}",)
    return _encode(
        Frame(
            community_name=community_name,
            event_type=event.type,
            events=(_happened(event, (*head, conversation_id), times.show(event.at)),),
            ticket_id=conversation_id,
        )
    )


def headers_of(event: Event, body: bytes, *, attempt: int, secrets: Sequence[bytes], now: datetime) -> dict[str, str]:
    """The headers of an attempt: those of Standard Webhooks 1.0, and our own.

    `attempt` counts from 1. `secrets` are the open ones (32 raw bytes each) that sign now, the newest first. Whoever
    acts for a conversation of an older `Parley-Epoch` acts on what is no longer so.
    """
    name = message_id(event.community_id or 0, event.seq or 0)
    timestamp = int(now.timestamp())
    headers = {
        "content-type": CONTENT_TYPE,
        "user-agent": USER_AGENT,
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, name, timestamp, body),
        "Parley-Seq": str(event.seq),
        "Parley-Attempt": str(attempt),
    }
    if event.epoch is not None:
        headers["Parley-Epoch"] = str(event.epoch)
    return headers


def _happened(event: Event, head: tuple[str, int], at: str) -> Happened:
    match event.what:
        case ConversationCreated(conversation=conversation, author=author, position=position):
            return ConversationHappened(*head, _conversation(conversation, author, position), at)
        case ConversationClosed(conversation=conversation, author=author):
            return ConversationHappened(*head, _conversation(conversation, author, _NOT_WAITING), at)
        case MessageAdded(message=message, author=author):
            return MessageHappened(*head, _message(message, author), at)
        case TakeoverChanged(is_assigned_to_bot=is_assigned_to_bot, handover=card):
            return TakeoverHappened(*head, is_assigned_to_bot, None if card is None else _handover(card), at)
        case _:
            msg = f"There is no webhook for {event.type}."
            raise ValueError(msg)


def _conversation(conversation: Conversation, author: Person, position: int) -> ConversationDocument:
    feedback = conversation.feedback
    return ConversationDocument(
        author=_user(author, is_team=author.is_team),
        creation_time=times.show(conversation.created_at),
        id=conversation.id,
        is_closed=conversation.is_closed,
        is_takeover_enabled=not conversation.is_with_bot,
        last_modified_time=times.show(conversation.changed_at),
        queue_position_info=QueuePosition(position),
        feedback=None if feedback is None else Feedback(feedback.is_positive, feedback.text),
        total_messages_count=conversation.message_count,
        initial_page_url=conversation.initial_page_url,
        latest_page_url=conversation.latest_page_url,
    )


def _handover(card: Card) -> Handover:
    return Handover(card.reason.value, card.detail, card.summary, card.bot_messages, times.show(card.at))


def _message(message: Written, author: Person) -> Message:
    return Message(
        author=_user(author, is_team=message.is_team),
        creation_time=times.show(message.created_at),
        id=message.id,
        last_modified_time=times.show(message.stored_at),
        message=message.text,
    )


def _user(person: Person, *, is_team: bool) -> User:
    return User(
        id=person.id,
        name=person.name,
        image=person.image,
        email=person.email,
        custom_identifier=person.identifier,
        status="team" if is_team else "client",
        is_bot=person.is_bot,
    )
