"""What happened, as the live stream and the list of events show it: one object for each type of event.

They are built of the objects that the rest of the API shows. A type means the same for ever; members are only added.
"""

import msgspec

from parley.api import wire
from parley.core.access import Scope
from parley.core.conversations import AssignmentReason
from parley.core.mail import MailReason
from parley.core.people import Presence, Role
from parley.core.routing import RoutingMode
from parley.core.webhooks import Reason, Status


class _Shown(msgspec.Struct, rename="camel", tag_field="type"):
    seq: int
    time: str


class OfConversation(_Shown):
    """`epoch` is the conversation's after the event."""

    conversation_id: int
    epoch: int | None


class OfCommunity(_Shown):
    conversation_id: None
    epoch: None


class ConversationCreatedEvent(OfConversation, tag="conversation_created"):
    """A conversation began. Its messages follow as events of their own."""

    conversation: wire.ConversationReply


class MessageAddedEvent(OfConversation, tag="conversation_message_added"):
    """Somebody wrote."""

    message: wire.MessageReply
    total_messages_count: int


class HistoryImportedEvent(OfConversation, tag="conversation_history_imported"):
    """Earlier messages were brought from elsewhere."""

    messages: list[wire.MessageReply]
    total_messages_count: int


class TakeoverChangedEvent(OfConversation, tag="conversation_takeover_state_changed"):
    """The bot got the conversation or lost it: to the assignee, or with none to the queue; and why it lost it."""

    is_assigned_to_bot: bool
    assignee_id: str | None
    handover: wire.HandoverReply | None


class ConversationAssignedEvent(OfConversation, tag="conversation_assigned"):
    """A teammate got it from the queue or from another teammate; `reason` says why, when that is known."""

    assignee_id: str | None
    reason: AssignmentReason | None = None


class ConversationReleasedEvent(OfConversation, tag="conversation_released"):
    """It went back to the queue: a teammate gave it back, or was gone for too long."""


class ConversationClosedEvent(OfConversation, tag="conversation_closed"):
    """It ended."""

    conversation: wire.ConversationReply


class FeedbackGivenEvent(OfConversation, tag="conversation_feedback_given"):
    """The client said what they thought; it takes the place of what they said before."""

    feedback: wire.FeedbackReply


class LatestUrlChangedEvent(OfConversation, tag="conversation_latest_url_changed"):
    """The client went to another page."""

    url: str


class DetailsChangedEvent(OfConversation, tag="conversation_details_changed"):
    """The team put right what it is about: all three as they are now."""

    title: str | None
    category_id: int | None
    fields: list[wire.FieldReply]


class NoteAddedEvent(OfConversation, tag="conversation_note_added"):
    """A teammate wrote a note. Told to teammates alone."""

    note: wire.NoteReply


class MailSentEvent(OfConversation, tag="mail_sent"):
    """A message was mailed to the client. Told to teammates alone."""

    message_id: int


class MailFailedEvent(OfConversation, tag="mail_failed"):
    """A message will not reach the client by e-mail. Told to teammates alone."""

    message_id: int
    reason: MailReason


class CommunityAddedEvent(OfCommunity, tag="community_added"):
    """The community was made, with its bot."""

    name: str
    client_id: str
    bot: wire.UserReply


class TokenAddedEvent(OfCommunity, tag="token_added"):
    """A refresh token was given out."""

    token_id: int
    name: str
    scope: Scope


class TokenRevokedEvent(OfCommunity, tag="token_revoked"):
    """A refresh token, and every access token from it, stopped being good."""

    token_id: int
    name: str


class CategoryAddedEvent(OfCommunity, tag="category_added"):
    """A category was added."""

    category: wire.CategoryReply


class FieldAddedEvent(OfCommunity, tag="field_added"):
    """A custom field was added."""

    field: wire.FieldDefinition


class CategoryChangedEvent(OfCommunity, tag="category_changed"):
    """A category has another name."""

    category: wire.CategoryReply


class FieldChangedEvent(OfCommunity, tag="field_changed"):
    """A custom field has another name, is required or not, or has more choices."""

    field: wire.FieldDefinition


class TeammateAddedEvent(OfCommunity, tag="teammate_added"):
    """Somebody joined the team."""

    teammate: wire.TeammateReply
    role: Role


class TeammateDisabledEvent(OfCommunity, tag="teammate_disabled"):
    """A teammate may no longer sign in or be given conversations."""

    teammate_id: str


class TeammateEnabledEvent(OfCommunity, tag="teammate_enabled"):
    """A disabled teammate is back."""

    teammate_id: str


class TeammateChangedEvent(OfCommunity, tag="teammate_changed"):
    """A teammate has another name."""

    teammate_id: str
    name: str


class TeammateRoleChangedEvent(OfCommunity, tag="teammate_role_changed"):
    """A teammate may do other things; their sessions are over."""

    teammate_id: str
    role: Role


class TeammateStatusChangedEvent(OfCommunity, tag="teammate_status_changed"):
    """A teammate takes chats, or does not, or another number of them."""

    teammate_id: str
    status: Presence
    seats: int


class TeammatePresenceChangedEvent(OfCommunity, tag="teammate_presence_changed"):
    """A teammate came to work, or is gone without having said so."""

    teammate_id: str
    is_present: bool


class TeammatePasswordChangedEvent(OfCommunity, tag="teammate_password_changed"):
    """A teammate has another password; their sessions are over."""

    teammate_id: str


class WebhookAddedEvent(OfCommunity, tag="webhook_added"):
    """An endpoint was added. Only its host is told: its path may be a secret."""

    webhook_id: int
    host: str
    event_types: list[str]


class WebhookChangedEvent(OfCommunity, tag="webhook_changed"):
    """An endpoint has another URL, wants other events or verifies with another token."""

    webhook_id: int
    host: str
    event_types: list[str]


class WebhookStatusChangedEvent(OfCommunity, tag="webhook_status_changed"):
    """An endpoint was enabled, disabled or paused; `reason` says why when it is not enabled."""

    webhook_id: int
    status: Status
    reason: Reason | None


class WebhookRotatedEvent(OfCommunity, tag="webhook_rotated"):
    """An endpoint got a new signing secret."""

    webhook_id: int


class WebhookReplayedEvent(OfCommunity, tag="webhook_replayed"):
    """So many events were queued to be sent to an endpoint once more."""

    webhook_id: int
    count: int


class WebhookRemovedEvent(OfCommunity, tag="webhook_removed"):
    """An endpoint was removed, and with it whatever still waited for it."""

    webhook_id: int


class BotSetEvent(OfCommunity, tag="bot_set"):
    """The bot is reached in this way from now on; `host` is null when the integrator speaks for it."""

    kind: str
    host: str | None
    silence_seconds: int | None


class BotRemovedEvent(OfCommunity, tag="bot_removed"):
    """The bot, of this kind, was taken away."""

    kind: str


class MailSetEvent(OfCommunity, tag="mail_set"):
    """What the team writes after closing is mailed to the client, from this sender."""

    address: str
    name: str | None


class MailOffEvent(OfCommunity, tag="mail_off"):
    """Nothing is mailed any more."""


class RoutingChangedEvent(OfCommunity, tag="routing_changed"):
    """From now on the server gives conversations out, or no longer does; and it takes them back after so long."""

    mode: RoutingMode
    return_after_seconds: int


Shown = (
    ConversationCreatedEvent
    | MessageAddedEvent
    | HistoryImportedEvent
    | TakeoverChangedEvent
    | ConversationAssignedEvent
    | ConversationReleasedEvent
    | ConversationClosedEvent
    | FeedbackGivenEvent
    | LatestUrlChangedEvent
    | DetailsChangedEvent
    | CommunityAddedEvent
    | TokenAddedEvent
    | TokenRevokedEvent
    | CategoryAddedEvent
    | FieldAddedEvent
    | CategoryChangedEvent
    | FieldChangedEvent
    | TeammateAddedEvent
    | TeammateDisabledEvent
    | TeammateEnabledEvent
    | TeammateChangedEvent
    | TeammateRoleChangedEvent
    | TeammateStatusChangedEvent
    | TeammatePresenceChangedEvent
    | TeammatePasswordChangedEvent
    | WebhookAddedEvent
    | WebhookChangedEvent
    | WebhookStatusChangedEvent
    | WebhookRotatedEvent
    | WebhookReplayedEvent
    | WebhookRemovedEvent
    | BotSetEvent
    | BotRemovedEvent
    | MailSetEvent
    | MailOffEvent
    | RoutingChangedEvent
)


class SavedReplyChangedEvent(OfCommunity, tag="saved_reply_changed"):
    """A saved reply was made, changed or removed. Told to teammates alone."""

    saved_reply_id: int


ShownToTeam = Shown | NoteAddedEvent | MailSentEvent | MailFailedEvent | SavedReplyChangedEvent


class EventList(msgspec.Struct, rename="camel"):
    """Events in their order, and the number to go on after."""

    events: list[Shown]
    next: int


class TeamEventList(msgspec.Struct, rename="camel"):
    """Events in their order, and the number to go on after."""

    events: list[ShownToTeam]
    next: int
