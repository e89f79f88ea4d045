"""The published objects as they stand on the wire, and how our values become them (spec §4).

Requests are declared with every optional member nullable, for null is the same as absent. Lengths are written into
the schema only; `core` enforces them, with better sentences.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from parley.api import times
from parley.core import people, texts
from parley.core.conversations import Conversation, Feedback, Handover, HandoverReason, Message, Sentiment
from parley.core.errors import Problems
from parley.core.fields import Category, Field, FieldType
from parley.core.notes import Note
from parley.core.people import Author, User
from parley.ports import Opened

_encode = msgspec.json.Encoder().encode
_DECIMALS = 2  # of a minute: half a second


def _text(limit: int, words: str, **more: Any) -> Any:
    return Meta(description=words, extra_json_schema={"maxLength": limit, **more})


class UserValue(msgspec.Struct, rename="camel", kw_only=True):
    """Who is speaking. Needs one of id, email and customIdentifier, unless isBot is true."""

    custom_identifier: Annotated[str, _text(texts.IDENTIFIER_LIMIT, "The integrator's own id of the user")] | None = (
        None
    )
    email: Annotated[str, _text(texts.EMAIL_LIMIT, "E-mail address; compared without regard to case")] | None = None
    id: Annotated[str, Meta(description="The user's GUID, as a reply gave it")] | None = None
    image: Annotated[str, _text(texts.URL_LIMIT, "Address of a picture")] | None = None
    is_bot: Annotated[bool, Meta(description="True: the community's bot, whatever else is given")] | None = None
    name: Annotated[str, _text(texts.NAME_LIMIT, "Name shown to the team")] | None = None

    def author(self, path: str, problems: Problems) -> Author:
        """The value in good form."""
        return people.read_author(
            path,
            problems,
            id=self.id,
            email=self.email,
            identifier=self.custom_identifier,
            name=self.name,
            image=self.image,
            is_bot=bool(self.is_bot),
        )


class CustomFieldValue(msgspec.Struct, rename="camel"):
    """What the conversation has in one custom field."""

    id: int
    value: Annotated[str, _text(texts.FIELD_VALUE_LIMIT, "The value as text; null is absent")] | None = None


class CreateConversationBody(msgspec.Struct, rename="camel", kw_only=True):
    """A new conversation."""

    author: UserValue
    category_id: Annotated[int, Meta(description="A category of the community")] | None = None
    fields: list[CustomFieldValue] | None = None
    is_bot_enabled: Annotated[bool, Meta(description="True: the bot has the conversation at the start")] | None = None
    sentiment: Sentiment | None = None
    title: Annotated[str, _text(texts.TITLE_LIMIT, "Conversation title")] | None = None
    url: Annotated[str, _text(texts.URL_LIMIT, "Where the conversation took place")] | None = None
    message: (
        Annotated[str, _text(texts.MESSAGE_LIMIT, "Addition of ours: the client's first message", minLength=1)] | None
    ) = None


class MessageBody(msgspec.Struct, rename="camel", kw_only=True):
    """A message to be added."""

    author: UserValue
    message: Annotated[str, _text(texts.MESSAGE_LIMIT, "What is said", minLength=1)]
    creation_time: Annotated[str, Meta(description="When it was said, ISO 8601 with an offset; null is now")] | None = (
        None
    )
    is_by_team: Annotated[bool, Meta(description="From which side; null is decided by the author")] | None = None


class TakeoverBody(msgspec.Struct, rename="camel", kw_only=True):
    """Who is to have the conversation."""

    is_assigned_to_bot: Annotated[bool, Meta(description="True: the bot; false: the assignee or the queue")]
    assignee_id: Annotated[str, Meta(description="GUID of an active teammate; not looked at with true")] | None = None


class FeedbackBody(msgspec.Struct, rename="camel", kw_only=True):
    """What the client thinks of the conversation."""

    is_positive: bool
    text: Annotated[str, _text(texts.FEEDBACK_LIMIT, "In words")] | None = None


class LatestUrlBody(msgspec.Struct):
    """The page the client is on now."""

    url: Annotated[str, _text(texts.URL_LIMIT, "Absolute http or https address")]


class UserReply(msgspec.Struct, rename="camel"):
    """A user: a client, a teammate or the bot."""

    id: str
    name: str | None
    image: str | None
    email: str | None
    custom_identifier: str | None
    status: Annotated[str, Meta(extra_json_schema={"enum": ["client", "team"]})]
    is_bot: bool


class MessageReply(msgspec.Struct, rename="camel"):
    """One message."""

    author: UserReply
    creation_time: str
    id: int
    last_modified_time: str
    message: str


class QueuePosition(msgspec.Struct, rename="camel"):
    """The place in the queue: 1 is next, −1 is not in it; the expected wait in minutes, null when unknown."""

    position: int
    wait_time: int | None


class QueueEstimate(msgspec.Struct, rename="camel"):
    """The place with the range of the wait in minutes; all null when there is nothing to estimate from."""

    position: int
    wait_time: int | None
    p10: float | None
    p50: float | None
    p90: float | None


class TakeoverReply(msgspec.Struct, rename="camel"):
    """Whether the bot has the conversation."""

    is_assigned_to_bot: bool


class FieldReply(msgspec.Struct, rename="camel"):
    """A custom field's value, as it was sent."""

    id: int
    value: str


class FeedbackReply(msgspec.Struct, rename="camel"):
    """What the client thought."""

    is_positive: bool
    text: str | None


class HandoverReply(msgspec.Struct, rename="camel"):
    """The card that goes with a conversation from the bot to the team."""

    reason: HandoverReason
    detail: str | None
    summary: str | None
    bot_messages: int
    time: str


class ConversationReply(msgspec.Struct, rename="camel", kw_only=True):
    """A conversation, with at most 100 of its messages."""

    author: UserReply
    creation_time: str
    id: int
    is_closed: bool
    is_takeover_enabled: bool
    last_modified_time: str
    messages: list[MessageReply]
    queue_position_info: QueuePosition
    feedback: FeedbackReply | None
    total_messages_count: int
    fields: list[FieldReply]
    initial_page_url: str | None
    latest_page_url: str | None


class ConversationList(msgspec.Struct, rename="camel"):
    """A page of conversations, newest change first."""

    items: list[ConversationReply]
    next_cursor: str | None


class CategoryReply(msgspec.Struct, rename="camel"):
    """A category."""

    id: int
    name: str


class CategoryList(msgspec.Struct, rename="camel"):
    """A page of categories."""

    items: list[CategoryReply]
    next_cursor: str | None


class FieldDefinition(msgspec.Struct, rename="camel"):
    """A custom field."""

    id: int
    name: str
    type: FieldType
    is_required: bool
    choices: list[str]


class FieldList(msgspec.Struct, rename="camel"):
    """A page of custom fields."""

    items: list[FieldDefinition]
    next_cursor: str | None


class TeammateReply(msgspec.Struct, rename="camel"):
    """A teammate."""

    id: str
    name: str | None
    email: str | None
    is_active: bool


class TeammateList(msgspec.Struct, rename="camel"):
    """A page of teammates."""

    items: list[TeammateReply]
    next_cursor: str | None


class PersonReply(msgspec.Struct, rename="camel"):
    """A client, a teammate or the bot."""

    id: str
    name: str | None
    email: str | None
    custom_identifier: str | None
    image: str | None
    is_bot: bool


class NoteReply(msgspec.Struct, rename="camel"):
    """What a teammate wrote to the others."""

    id: int
    author: PersonReply
    message: str
    creation_time: str


def envelope(data: Any) -> bytes:
    """A success on the wire."""
    return b'{"data":' + _encode(data) + b',"errorCode":-1,"errorText":null}'


def show_user(user: User, *, is_team: bool) -> UserReply:
    """A user; `is_team` says from which side they speak here."""
    return UserReply(
        id=user.id,
        name=user.name,
        image=user.image,
        email=user.email,
        custom_identifier=user.identifier,
        status="team" if is_team else "client",
        is_bot=user.is_bot,
    )


def show_messages(written: Sequence[tuple[Message, User]]) -> list[MessageReply]:
    """Messages with their authors. What many have alike, an author or a time, is shown once and used again."""
    authors: dict[tuple[int, bool], UserReply] = {}  # by the very value, for a call may change who it is about
    shown = []
    for message, author in written:
        side = (id(author), message.is_team)
        if side not in authors:
            authors[side] = show_user(author, is_team=message.is_team)
        created, stored = message.created_at, message.stored_at
        creation_time = times.show(created)
        shown.append(
            MessageReply(
                author=authors[side],
                creation_time=creation_time,
                id=message.id,
                last_modified_time=creation_time if stored == created else times.show(stored),
                message=message.text,
            )
        )
    return shown


def show_conversation(opened: Opened) -> ConversationReply:
    """A conversation with whatever messages were opened with it."""
    conversation = opened.conversation
    return ConversationReply(
        author=show_user(opened.author, is_team=opened.author.is_team),
        creation_time=times.show(conversation.created_at),
        id=conversation.id,
        is_closed=conversation.is_closed,
        is_takeover_enabled=not conversation.is_with_bot,
        last_modified_time=times.show(conversation.changed_at),
        messages=show_messages(opened.messages),
        queue_position_info=show_position(opened),
        feedback=None if conversation.feedback is None else show_feedback(conversation.feedback),
        total_messages_count=conversation.message_count,
        fields=[FieldReply(field.id, field.value) for field in conversation.fields],
        initial_page_url=conversation.initial_page_url,
        latest_page_url=conversation.latest_page_url,
    )


def show_category(category: Category) -> CategoryReply:
    """A category."""
    return CategoryReply(category.id, category.name)


def show_field(field: Field) -> FieldDefinition:
    """A custom field."""
    return FieldDefinition(field.id, field.name, field.type, field.is_required, list(field.choices))


def show_person(user: User) -> PersonReply:
    """Anybody."""
    return PersonReply(user.id, user.name, user.email, user.identifier, user.image, user.is_bot)


def show_note(note: Note, author: User) -> NoteReply:
    """A note."""
    return NoteReply(note.id, show_person(author), note.text, times.show(note.written_at))


def show_position(opened: Opened) -> QueuePosition:
    """The place in the queue and the expected wait."""
    return QueuePosition(opened.position, None if opened.estimate is None else opened.estimate.minutes)


def show_estimate(opened: Opened) -> QueueEstimate:
    """The place in the queue and the range of the wait."""
    estimate = opened.estimate
    if estimate is None:
        return QueueEstimate(opened.position, None, None, None, None)
    return QueueEstimate(
        opened.position,
        estimate.minutes,
        *(round(minutes, _DECIMALS) for minutes in (estimate.p10, estimate.p50, estimate.p90)),
    )


def show_takeover(conversation: Conversation) -> TakeoverReply:
    """Whether the bot has it; of a closed one, whether it had it last."""
    return TakeoverReply(conversation.is_with_bot)


def show_handover(handover: Handover) -> HandoverReply:
    """The card of a handover."""
    return HandoverReply(
        handover.reason, handover.detail, handover.summary, handover.bot_messages, times.show(handover.at)
    )


def show_feedback(feedback: Feedback) -> FeedbackReply:
    """What the client thought."""
    return FeedbackReply(feedback.is_positive, feedback.text)
