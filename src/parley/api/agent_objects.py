"""The objects of the agents' side as they stand on the wire, and how our values become them."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from parley.api import times, wire
from parley.api.happenings import ShownToTeam
from parley.core import sessions, texts
from parley.core.communities import Community
from parley.core.conversations import AssignmentReason, Conversation, Grounds, Holder, Sentiment
from parley.core.mail import MailReason, MailState
from parley.core.people import SEATS_LIMIT, Presence, Role, Teammate, User
from parley.core.sessions import Visitor
from parley.core.views import View
from parley.core.writing import Draft, SavedReply
from parley.ports import LastMessage, Listed, Whole

LAST_WORDS = 200  # characters of the last message that lists show


class SignInBody(msgspec.Struct, rename="camel", kw_only=True):
    """Who signs in. `community` is its name; needed when e-mail and password fit in several."""

    email: Annotated[str, Meta(extra_json_schema={"maxLength": texts.EMAIL_LIMIT})]
    password: Annotated[str, Meta(extra_json_schema={"maxLength": sessions.PASSWORD_LIMIT})]
    community: Annotated[str, Meta(extra_json_schema={"maxLength": texts.NAME_LIMIT})] | None = None


class StatusBody(msgspec.Struct, rename="camel", kw_only=True):
    """Whether a teammate takes chats, and how many at a time; what is absent stays."""

    status: Presence | None = None
    seats: Annotated[int, Meta(extra_json_schema={"minimum": 0, "maximum": SEATS_LIMIT})] | None = None


class WordsBody(msgspec.Struct, rename="camel", kw_only=True):
    """A reply or a note."""

    message: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": texts.MESSAGE_LIMIT})]


class DetailsBody(msgspec.Struct, rename="camel", kw_only=True):
    """What is to be otherwise: what is absent stays, null takes away. Without an assignee it goes to the queue."""

    assignee_id: str | UnsetType | None = UNSET
    category_id: int | UnsetType | None = UNSET
    title: Annotated[str, Meta(extra_json_schema={"maxLength": texts.TITLE_LIMIT})] | UnsetType | None = UNSET
    fields: list[wire.CustomFieldValue] | None = None


class SavedReplyBody(msgspec.Struct, rename="camel", kw_only=True):
    """A saved reply; of a change, what is absent stays."""

    shortcut: Annotated[str, Meta(extra_json_schema={"pattern": "^[a-z0-9-]{1,40}$"})] | None = None
    text: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": texts.MESSAGE_LIMIT})] | None = None
    is_shared: bool | None = None


class DraftBody(msgspec.Struct, rename="camel", kw_only=True):
    """What one has begun to write; without text, nothing."""

    text: Annotated[str, Meta(extra_json_schema={"maxLength": texts.MESSAGE_LIMIT})] | None = None
    is_note: bool | None = None


class CommunityReply(msgspec.Struct, rename="camel"):
    """The community that a teammate works for."""

    id: int
    name: str


class AgentReply(msgspec.Struct, rename="camel"):
    """A teammate, as the others see them: whether they are at work, and how many conversations they have now."""

    id: str
    name: str | None
    email: str | None
    image: str | None
    role: Role
    status: Presence
    seats: int
    is_active: bool
    is_present: bool
    open_chats: int


class MeReply(msgspec.Struct, rename="camel"):
    """Who is signed in, and where."""

    teammate: AgentReply
    community: CommunityReply


class SessionReply(msgspec.Struct, rename="camel"):
    """Who is signed in, and what every write must carry as X-Parley-CSRF."""

    teammate: AgentReply
    community: CommunityReply
    csrf_token: str


class BotReply(msgspec.Struct, rename="camel"):
    """The community's bot. Without one that is set, integrators speak for it."""

    id: str
    name: str | None
    is_set: bool


class DirectoryReply(msgspec.Struct, rename="camel"):
    """What a conversation can be given: teammates, categories, fields; and the bot."""

    teammates: list[AgentReply]
    categories: list[wire.CategoryReply]
    fields: list[wire.FieldDefinition]
    bot: BotReply


class ViewReply(msgspec.Struct, rename="camel"):
    """How many conversations a view has; `longestWait` in seconds, of those that wait."""

    id: View
    count: int
    longest_wait: int | None


class HolderReply(msgspec.Struct, rename="camel"):
    """The teammate who has a conversation, or had it last."""

    id: str
    name: str | None


class LastMessageReply(msgspec.Struct, rename="camel"):
    """What was said last: the first 200 characters."""

    text: str
    author_id: str
    author_name: str | None
    is_by_team: bool
    is_by_bot: bool
    creation_time: str


class RowReply(msgspec.Struct, rename="camel", kw_only=True):
    """A conversation in a list."""

    id: int
    title: str | None
    author: wire.PersonReply
    category_id: int | None
    sentiment: Sentiment
    holder: Holder
    assignee: HolderReply | None
    waiting_since: str | None
    queue_position_info: wire.QueuePosition
    last_message: LastMessageReply | None
    creation_time: str
    last_modified_time: str
    closed_time: str | None
    total_messages_count: int
    is_closed: bool
    epoch: int
    feedback: wire.FeedbackReply | None


class RowList(msgspec.Struct, rename="camel"):
    """A page of a view."""

    items: list[RowReply]
    next_cursor: str | None


class PassedOverReply(msgspec.Struct, rename="camel"):
    """How many teammates could not be given it, by the first of these reasons that held for each."""

    gone: int
    away: int
    busy: int
    finishing: int
    full: int


class GroundsReply(msgspec.Struct, rename="camel"):
    """What an assignment was decided on; null is what did not matter.

    How long the conversation had waited, the chats and seats of whoever got it, how many could have got it, and why the
    others could not.
    """

    waited_seconds: int | None
    open_chats: int | None
    seats: int | None
    candidates: int | None
    passed_over: PassedOverReply | None


class AssignmentReply(msgspec.Struct, rename="camel"):
    """Why a teammate has a conversation; `by` is the teammate who saw to it, if one did."""

    assignee_id: str
    reason: AssignmentReason
    time: str
    by: HolderReply | None
    details: GroundsReply | None


class MailReply(msgspec.Struct, rename="camel"):
    """How a message stands that goes to the client by e-mail; `reason` says why it failed."""

    message_id: int
    state: MailState
    reason: MailReason | None


class SavedReplyReply(msgspec.Struct, rename="camel"):
    """A saved reply. What is not shared is seen by its owner alone."""

    id: int
    shortcut: str
    text: str
    is_shared: bool
    last_modified_time: str


class DraftReply(msgspec.Struct, rename="camel"):
    """What one has begun to write."""

    text: str
    is_note: bool
    last_modified_time: str


class WholeReply(RowReply, rename="camel", kw_only=True):
    """A conversation as a teammate opens it: the newest 100 messages, notes, mails and events, each oldest first.

    `earlier` are the author's other conversations; `seq` is the number of the community's last event, for the stream.
    """

    fields: list[wire.FieldReply]
    initial_page_url: str | None
    latest_page_url: str | None
    messages: list[wire.MessageReply]
    notes: list[wire.NoteReply]
    mail: list[MailReply]
    events: list[ShownToTeam]
    handover: wire.HandoverReply | None
    assignment: AssignmentReply | None
    draft: DraftReply | None
    earlier: list[RowReply]
    seq: int


class TakenReply(msgspec.Struct, rename="camel"):
    """Which conversation was taken: what is kept for a repeat, which opens it again."""

    id: int


class TakenEnvelope(msgspec.Struct):
    """Which conversation was taken, in our envelope."""

    data: TakenReply


def show_community(community: Community) -> CommunityReply:
    """A community."""
    return CommunityReply(community.id, community.name)


def show_agent(user: User, teammate: Teammate, open_chats: int) -> AgentReply:
    """A teammate."""
    return AgentReply(
        id=user.id,
        name=user.name,
        email=user.email,
        image=user.image,
        role=teammate.role,
        status=teammate.status,
        seats=teammate.seats,
        is_active=teammate.is_active,
        is_present=teammate.is_present,
        open_chats=open_chats,
    )


def show_visitor(visitor: Visitor, open_chats: int) -> MeReply:
    """Who is signed in."""
    return MeReply(show_agent(visitor.user, visitor.teammate, open_chats), show_community(visitor.community))


def show_rows(listed: Sequence[Listed]) -> list[RowReply]:
    """Conversations of a list."""
    return [RowReply(**_row(one)) for one in listed]


def show_whole(whole: Whole, events: list[ShownToTeam]) -> WholeReply:
    """A conversation with all that belongs to it."""
    opened = whole.listed.opened
    conversation = opened.conversation
    return WholeReply(
        **_row(whole.listed),
        fields=_fields(conversation),
        initial_page_url=conversation.initial_page_url,
        latest_page_url=conversation.latest_page_url,
        messages=wire.show_messages(opened.messages[::-1]),
        notes=[wire.show_note(*written) for written in whole.notes],
        mail=[MailReply(mail.message_id, mail.state, mail.reason) for mail in whole.mails],
        events=events,
        handover=None if conversation.handover is None else wire.show_handover(conversation.handover),
        assignment=show_assignment(conversation, whole.assigner),
        draft=None if whole.draft is None else show_draft(whole.draft),
        earlier=show_rows(whole.earlier),
        seq=whole.seq,
    )


def show_reply(reply: SavedReply) -> SavedReplyReply:
    """A saved reply."""
    return SavedReplyReply(reply.id, reply.shortcut, reply.text, reply.is_shared, times.show(reply.changed_at))


def show_draft(draft: Draft) -> DraftReply:
    """A draft."""
    return DraftReply(draft.text, draft.is_note, times.show(draft.changed_at))


def show_assignment(conversation: Conversation, assigner: User | None) -> AssignmentReply | None:
    """Why the one who has it has it, or had it when it was closed."""
    assignment = conversation.assignment
    if assignment is None or assignment.assignee_id != conversation.assignee_id:
        return None
    grounds = assignment.grounds
    return AssignmentReply(
        assignee_id=assignment.assignee_id,
        reason=assignment.reason,
        time=times.show(assignment.at),
        by=None if assigner is None else HolderReply(assigner.id, assigner.name),
        details=None if grounds is None else _grounds(grounds),
    )


def _grounds(grounds: Grounds) -> GroundsReply:
    others = grounds.passed_over
    return GroundsReply(
        waited_seconds=grounds.waited_s,
        open_chats=grounds.open_chats,
        seats=grounds.seats,
        candidates=grounds.candidates,
        passed_over=None if others is None else PassedOverReply(**msgspec.structs.asdict(others)),
    )


def _fields(conversation: Conversation) -> list[wire.FieldReply]:
    return [wire.FieldReply(field.id, field.value) for field in conversation.fields]


def _row(listed: Listed) -> dict[str, Any]:
    opened = listed.opened
    conversation = opened.conversation
    closed_at = conversation.closed_at
    return {
        "id": conversation.id,
        "title": conversation.title,
        "author": wire.show_person(opened.author),
        "category_id": conversation.category_id,
        "sentiment": conversation.sentiment,
        "holder": conversation.holder,
        "assignee": None if listed.assignee is None else HolderReply(listed.assignee.id, listed.assignee.name),
        "waiting_since": None if listed.waiting_since is None else times.show(listed.waiting_since),
        "queue_position_info": wire.show_position(opened),
        "last_message": None if listed.last is None else _last(listed.last),
        "creation_time": times.show(conversation.created_at),
        "last_modified_time": times.show(conversation.changed_at),
        "closed_time": None if closed_at is None else times.show(closed_at),
        "total_messages_count": conversation.message_count,
        "is_closed": conversation.is_closed,
        "epoch": conversation.epoch,
        "feedback": None if conversation.feedback is None else wire.show_feedback(conversation.feedback),
    }


def _last(last: LastMessage) -> LastMessageReply:
    return LastMessageReply(
        last.text[:LAST_WORDS],
        last.author_id,
        last.author_name,
        last.is_team,
        last.is_by_bot,
        times.show(last.created_at),
    )
