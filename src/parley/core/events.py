"""One class per thing that can happen, and the row that records it.

The class's tag is the event's public type. What is written is enough to rebuild the state it describes (`apply`),
so `parley verify` can hold the tables against the log. No event carries a secret.
"""

from datetime import datetime

import msgspec

from parley.core import conversations
from parley.core.access import Scope
from parley.core.attendance import RETURN_AFTER_S
from parley.core.conversations import Assignment, Conversation, Custody, Feedback, Handover, Message
from parley.core.fields import Category, Field, FieldValue
from parley.core.mail import MailReason
from parley.core.notes import Note
from parley.core.people import Presence, Role, User
from parley.core.routing import RoutingMode
from parley.core.webhooks import Reason, Status


class ConversationCreated(msgspec.Struct, frozen=True, tag="conversation_created"):
    """A conversation began. `position` is its place in the queue at that moment, −1 when it does not wait."""

    conversation: Conversation
    author: User
    position: int


class MessageAdded(msgspec.Struct, frozen=True, tag="conversation_message_added"):
    """Somebody wrote. `message_count` is the conversation's after this message.

    `is_to_be_mailed`: the team wrote after closing, so the client is to get it by e-mail.
    """

    message: Message
    author: User
    message_count: int
    is_to_be_mailed: bool = False


class HistoryImported(msgspec.Struct, frozen=True, tag="conversation_history_imported"):
    """Earlier messages were brought from elsewhere. Ours alone: no webhook, no bot, no e-mail.

    `authors` has everyone who wrote one of them, once.
    """

    messages: tuple[Message, ...]
    message_count: int
    authors: tuple[User, ...] = ()


class TakeoverChanged(msgspec.Struct, frozen=True, tag="conversation_takeover_state_changed"):
    """The bot got the conversation or lost it; when it lost it, with the card of the handover.

    `assignment` says why the teammate has it who got it from the bot.
    """

    is_assigned_to_bot: bool
    custody: Custody
    handover: Handover | None = None
    assignment: Assignment | None = None


class ConversationAssigned(msgspec.Struct, frozen=True, tag="conversation_assigned"):
    """A teammate got it from the queue or from another teammate; events from before it was kept have no reason."""

    custody: Custody
    assignment: Assignment | None = None


class ConversationReleased(msgspec.Struct, frozen=True, tag="conversation_released"):
    """It went back to the queue: a teammate gave it back, or was gone for too long."""

    custody: Custody


class ConversationClosed(msgspec.Struct, frozen=True, tag="conversation_closed"):
    """It ended."""

    conversation: Conversation
    author: User


class FeedbackGiven(msgspec.Struct, frozen=True, tag="conversation_feedback_given"):
    """The client said what they thought."""

    feedback: Feedback


class LatestUrlChanged(msgspec.Struct, frozen=True, tag="conversation_latest_url_changed"):
    """The client went to another page."""

    url: str


class DetailsChanged(msgspec.Struct, frozen=True, tag="conversation_details_changed"):
    """The team put right what it is about: all three as they are now."""

    title: str | None
    category_id: int | None
    fields: tuple[FieldValue, ...]


class NoteAdded(msgspec.Struct, frozen=True, tag="conversation_note_added"):
    """A teammate wrote to the others. For teammates alone: see `is_for_teammates`."""

    note: Note
    author: User


class CommunityAdded(msgspec.Struct, frozen=True, tag="community_added"):
    """A community was made, with its bot."""

    name: str
    client_id: str
    bot: User


class TokenAdded(msgspec.Struct, frozen=True, tag="token_added"):
    """A refresh token was given out."""

    id: int
    name: str
    scope: Scope


class TokenRevoked(msgspec.Struct, frozen=True, tag="token_revoked"):
    """A refresh token, and every access token from it, stopped being good."""

    id: int
    name: str


class CategoryAdded(msgspec.Struct, frozen=True, tag="category_added"):
    """A category was added."""

    category: Category


class FieldAdded(msgspec.Struct, frozen=True, tag="field_added"):
    """A custom field was added."""

    field: Field


class CategoryChanged(msgspec.Struct, frozen=True, tag="category_changed"):
    """A category has another name."""

    category: Category


class FieldChanged(msgspec.Struct, frozen=True, tag="field_changed"):
    """A custom field has another name, is required or not, or has more choices."""

    field: Field


class TeammateAdded(msgspec.Struct, frozen=True, tag="teammate_added"):
    """Somebody joined the team."""

    user: User
    role: Role


class TeammateDisabled(msgspec.Struct, frozen=True, tag="teammate_disabled"):
    """A teammate may no longer sign in or be given conversations."""

    user_id: str


class TeammateEnabled(msgspec.Struct, frozen=True, tag="teammate_enabled"):
    """A disabled teammate is back."""

    user_id: str


class TeammateChanged(msgspec.Struct, frozen=True, tag="teammate_changed"):
    """A teammate has another name."""

    user_id: str
    name: str


class TeammateRoleChanged(msgspec.Struct, frozen=True, tag="teammate_role_changed"):
    """A teammate may do other things; their sessions are over."""

    user_id: str
    role: Role


class TeammateStatusChanged(msgspec.Struct, frozen=True, tag="teammate_status_changed"):
    """A teammate takes chats, or does not, or another number of them."""

    user_id: str
    status: Presence
    seats: int


class TeammatePresenceChanged(msgspec.Struct, frozen=True, tag="teammate_presence_changed"):
    """A teammate came to work, or is gone without having said so."""

    user_id: str
    is_present: bool


class PasswordChanged(msgspec.Struct, frozen=True, tag="teammate_password_changed"):
    """A teammate has another password; sessions begun before are over."""

    user_id: str


class SavedReplyChanged(msgspec.Struct, frozen=True, tag="saved_reply_changed"):
    """A saved reply was made, changed or removed. For teammates alone."""

    id: int


class WebhookAdded(msgspec.Struct, frozen=True, tag="webhook_added"):
    """An endpoint was added; it hears what happens from here on. Only its host is told: its path may be a secret."""

    id: int
    host: str
    event_types: tuple[str, ...]


class WebhookChanged(msgspec.Struct, frozen=True, tag="webhook_changed"):
    """An endpoint has another URL, wants other events or verifies with another token."""

    id: int
    host: str
    event_types: tuple[str, ...]


class WebhookStatusChanged(msgspec.Struct, frozen=True, tag="webhook_status_changed"):
    """An endpoint was enabled, disabled or paused; `reason` says why when it is not enabled."""

    id: int
    status: Status
    reason: Reason | None = None


class WebhookRotated(msgspec.Struct, frozen=True, tag="webhook_rotated"):
    """An endpoint got a new signing secret; the former one signs beside it for a day."""

    id: int


class WebhookReplayed(msgspec.Struct, frozen=True, tag="webhook_replayed"):
    """So many events were queued to be sent to an endpoint once more."""

    id: int
    count: int


class WebhookRemoved(msgspec.Struct, frozen=True, tag="webhook_removed"):
    """An endpoint was removed, and with it whatever still waited for it."""

    id: int


class BotSet(msgspec.Struct, frozen=True, tag="bot_set"):
    """The community's bot is reached in this way from now on; `host` is null when the integrator speaks for it."""

    kind: str
    host: str | None
    silence_seconds: int | None


class BotRemoved(msgspec.Struct, frozen=True, tag="bot_removed"):
    """The community's bot, of this kind, was taken away."""

    kind: str


class MailSet(msgspec.Struct, frozen=True, tag="mail_set"):
    """What the team writes after closing is mailed to the client from now on, from this sender."""

    address: str
    name: str | None


class MailOff(msgspec.Struct, frozen=True, tag="mail_off"):
    """Nothing is mailed any more."""


class MailSent(msgspec.Struct, frozen=True, tag="mail_sent"):
    """A message of the team was handed over to be mailed to the client. For teammates alone."""

    conversation_id: int
    message_id: int


class MailFailed(msgspec.Struct, frozen=True, tag="mail_failed"):
    """A message of the team will not reach the client by e-mail. For teammates alone."""

    conversation_id: int
    message_id: int
    reason: MailReason


class RoutingChanged(msgspec.Struct, frozen=True, tag="routing_changed"):
    """From now on the server gives conversations out, or no longer does; and it takes them back after so long."""

    mode: RoutingMode
    return_after_s: int = RETURN_AFTER_S


class KeyRotated(msgspec.Struct, frozen=True, tag="key_rotated"):
    """A new signing key took over. It concerns the whole server, so it has no community and no `seq`."""

    id: int


Happening = (
    ConversationCreated
    | MessageAdded
    | HistoryImported
    | TakeoverChanged
    | ConversationAssigned
    | ConversationReleased
    | ConversationClosed
    | FeedbackGiven
    | LatestUrlChanged
    | DetailsChanged
    | NoteAdded
    | CommunityAdded
    | TokenAdded
    | TokenRevoked
    | CategoryAdded
    | FieldAdded
    | CategoryChanged
    | FieldChanged
    | TeammateAdded
    | TeammateDisabled
    | TeammateEnabled
    | TeammateChanged
    | TeammateRoleChanged
    | TeammateStatusChanged
    | TeammatePresenceChanged
    | PasswordChanged
    | SavedReplyChanged
    | WebhookAdded
    | WebhookChanged
    | WebhookStatusChanged
    | WebhookRotated
    | WebhookReplayed
    | WebhookRemoved
    | BotSet
    | BotRemoved
    | MailSet
    | MailOff
    | MailSent
    | MailFailed
    | RoutingChanged
    | KeyRotated
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log.

    `number` counts all events of the server without a gap; `seq` counts those of one community without a gap and is
    the only one shown outside. `epoch` is the conversation's after it; whoever acts on an older one acts on what is no
    longer so. `by` says who did it: `token:ID`, `teammate:ID`, `operator`, `bot`, or `server`.
    """

    number: int
    community_id: int | None
    seq: int | None
    conversation_id: int | None
    epoch: int | None = None
    by: str
    at: datetime
    what: Happening

    @property
    def type(self) -> str:
        """The public name of what happened."""
        return type_of(self.what)


def type_of(what: Happening) -> str:
    """The public name of a happening: its tag."""
    return str(what.__struct_config__.tag)


def is_for_teammates(what: Happening) -> bool:
    """Whether integrators never hear of it. Their streams and lists leave its number out."""
    return isinstance(what, NoteAdded | MailSent | MailFailed | SavedReplyChanged)


def apply(conversation: Conversation | None, event: Event) -> Conversation | None:
    """The conversation after the event; events of other things leave it as it is."""
    match event.what:
        case ConversationCreated(conversation=whole):
            return whole
        case _ if conversation is None:
            return None
        case ConversationClosed(conversation=whole):
            return _counting_bot(whole, conversation.bot_messages)
        case MessageAdded(message_count=count, author=author):
            new, by_bot = count - conversation.message_count, int(author.is_bot)
            changed = conversations.with_messages(conversation, new, now=event.at, by_bot=new * by_bot)
            return _counting_bot(changed, by_bot)
        case HistoryImported(message_count=count):
            return conversations.with_messages(conversation, count - conversation.message_count, now=event.at)
        case TakeoverChanged(custody=custody, handover=handover, assignment=assignment):
            return conversations.in_custody(
                conversation, custody, now=event.at, handover=handover, assignment=assignment
            )
        case ConversationAssigned(custody=custody, assignment=assignment):
            return conversations.in_custody(conversation, custody, now=event.at, assignment=assignment)
        case ConversationReleased(custody=custody):
            return conversations.in_custody(conversation, custody, now=event.at)
        case DetailsChanged(title=title, category_id=category_id, fields=fields):
            return conversations.with_details(
                conversation, title=title, category_id=category_id, fields=fields, now=event.at
            )
        case FeedbackGiven(feedback=feedback):
            return conversations.with_feedback(conversation, feedback, now=event.at)
        case LatestUrlChanged(url=url):
            return conversations.with_latest_url(conversation, url, now=event.at)
        case _:
            return conversation


def _counting_bot(conversation: Conversation, least: int) -> Conversation:
    """The conversation with at least so many bot messages: events from before they were counted tell of none."""
    if conversation.bot_messages >= least:
        return conversation
    return msgspec.structs.replace(conversation, bot_messages=least)
