"""Events as bytes: each made once, for all streams that carry it."""

from collections import OrderedDict
from typing import Any

import msgspec

from parley.api import happenings as shown
from parley.api import wire
from parley.api.courses import seq_of
from parley.api.happenings import ShownToTeam
from parley.core import events, times
from parley.core.conversations import Conversation, Message
from parley.core.events import Event
from parley.core.people import Kind, User
from parley.core.waiting import NOT_WAITING
from parley.ports import Opened, Place

KEPT_BYTES = 4 * 2**20  # of the frames made last: the events of a moment, which all who follow hear one after another

RETRY_MS = 2_000  # how long a client waits before it comes back
HELLO = b"retry: %d\n\n" % RETRY_MS
HEARTBEAT = b": \n\n"

_encode = msgspec.json.Encoder().encode


class QueueFrame(msgspec.Struct, rename="camel", frozen=True):
    """Where a conversation waits, and for how many minutes yet. It is no event: it has no number."""

    conversation_id: int
    position: int
    wait_time: int | None


class TypingFrame(msgspec.Struct, rename="camel", frozen=True):
    """Somebody writes in a conversation, and for so long it is to be shown. It is no event: it has no number."""

    conversation_id: int
    user_id: str
    name: str | None
    is_by_team: bool
    expires_in_seconds: int


class Frames:
    """The frames made last, by the event's number."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def of(self, event: Event) -> bytes:
        """The frame of an event of a community."""
        kept = self._kept.get(event.number)
        if kept is None:
            kept = self._kept[event.number] = frame(event)
            self._size += len(kept)
            while self._size > self._limit:
                self._size -= len(self._kept.popitem(last=False)[1])
        return kept


def frame(event: Event) -> bytes:
    """An event as a frame of a stream (HTML Living Standard §9.2.6). Its JSON is one line."""
    return b"id: %d\nevent: %s\ndata: %b\n\n" % (seq_of(event), event.type.encode(), written(event))


def queue_frame(conversation_id: int, place: Place) -> bytes:
    """A place in the queue as a frame. It has no id, so the number to resume from stays the last event's."""
    minutes = None if place.estimate is None else place.estimate.minutes
    return b"event: queue\ndata: %b\n\n" % _encode(QueueFrame(conversation_id, place.position, minutes))


def typing_frame(typing: TypingFrame) -> bytes:
    """That somebody writes, as a frame."""
    return b"event: typing\ndata: %b\n\n" % _encode(typing)


def comment(words: str) -> bytes:
    """A comment, which clients pass over."""
    return b": %s\n\n" % words.encode()


def show(event: Event) -> ShownToTeam | None:
    """An event of a community as it is shown; None for one of the whole server."""
    at = {
        "seq": event.seq,
        "time": times.show(event.at),
        "conversation_id": event.conversation_id,
        "epoch": event.epoch,
    }
    return (
        _show_of_community(event.what, at) if event.conversation_id is None else _show_of_conversation(event.what, at)
    )


def written(event: Event) -> bytes:
    """An event of a community as JSON, in one line."""
    return _encode(show(event))


def _show_of_conversation(what: events.Happening, at: dict[str, Any]) -> ShownToTeam | None:
    match what:
        case events.ConversationCreated(conversation, author, position):
            return shown.ConversationCreatedEvent(**at, conversation=_show_conversation(conversation, author, position))
        case events.MessageAdded(message, author, count):
            return shown.MessageAddedEvent(
                **at, message=wire.show_messages([(message, author)])[0], total_messages_count=count
            )
        case events.HistoryImported(messages, count, authors):
            return shown.HistoryImportedEvent(
                **at, messages=_show_history(messages, authors), total_messages_count=count
            )
        case events.TakeoverChanged(is_assigned_to_bot, custody, handover):
            return shown.TakeoverChangedEvent(
                **at,
                is_assigned_to_bot=is_assigned_to_bot,
                assignee_id=custody.assignee_id,
                handover=None if handover is None else wire.show_handover(handover),
            )
        case events.ConversationAssigned(custody, assignment):
            reason = None if assignment is None else assignment.reason
            return shown.ConversationAssignedEvent(**at, assignee_id=custody.assignee_id, reason=reason)
        case events.ConversationReleased():
            return shown.ConversationReleasedEvent(**at)
        case events.ConversationClosed(conversation, author):
            return shown.ConversationClosedEvent(
                **at, conversation=_show_conversation(conversation, author, NOT_WAITING)
            )
        case events.FeedbackGiven(feedback):
            return shown.FeedbackGivenEvent(**at, feedback=wire.show_feedback(feedback))
        case events.LatestUrlChanged(url):
            return shown.LatestUrlChangedEvent(**at, url=url)
        case events.DetailsChanged(title, category_id, fields):
            values = [wire.FieldReply(field.id, field.value) for field in fields]
            return shown.DetailsChangedEvent(**at, title=title, category_id=category_id, fields=values)
        case events.NoteAdded(note, author):
            return shown.NoteAddedEvent(**at, note=wire.show_note(note, author))
        case events.MailSent(message_id=message_id):
            return shown.MailSentEvent(**at, message_id=message_id)
        case events.MailFailed(message_id=message_id, reason=reason):
            return shown.MailFailedEvent(**at, message_id=message_id, reason=reason)
        case _:
            return None


def _show_of_community(what: events.Happening, at: dict[str, Any]) -> ShownToTeam | None:
    match what:
        case events.CommunityAdded(name, client_id, bot):
            return shown.CommunityAddedEvent(
                **at, name=name, client_id=client_id, bot=wire.show_user(bot, is_team=True)
            )
        case events.TokenAdded(token_id, name, scope):
            return shown.TokenAddedEvent(**at, token_id=token_id, name=name, scope=scope)
        case events.TokenRevoked(token_id, name):
            return shown.TokenRevokedEvent(**at, token_id=token_id, name=name)
        case events.CategoryAdded(category):
            return shown.CategoryAddedEvent(**at, category=wire.show_category(category))
        case events.FieldAdded(field):
            return shown.FieldAddedEvent(**at, field=wire.show_field(field))
        case events.CategoryChanged(category):
            return shown.CategoryChangedEvent(**at, category=wire.show_category(category))
        case events.FieldChanged(field):
            return shown.FieldChangedEvent(**at, field=wire.show_field(field))
        case events.TeammateChanged(user_id, name):
            return shown.TeammateChangedEvent(**at, teammate_id=user_id, name=name)
        case events.TeammateRoleChanged(user_id, role):
            return shown.TeammateRoleChangedEvent(**at, teammate_id=user_id, role=role)
        case events.TeammateAdded(user, role):
            teammate = wire.TeammateReply(user.id, user.name, user.email, is_active=True)
            return shown.TeammateAddedEvent(**at, teammate=teammate, role=role)
        case events.TeammateDisabled(user_id):
            return shown.TeammateDisabledEvent(**at, teammate_id=user_id)
        case events.TeammateEnabled(user_id):
            return shown.TeammateEnabledEvent(**at, teammate_id=user_id)
        case events.TeammateStatusChanged(user_id, status, seats):
            return shown.TeammateStatusChangedEvent(**at, teammate_id=user_id, status=status, seats=seats)
        case events.TeammatePresenceChanged(user_id, is_present):
            return shown.TeammatePresenceChangedEvent(**at, teammate_id=user_id, is_present=is_present)
        case events.SavedReplyChanged(reply_id):
            return shown.SavedReplyChangedEvent(**at, saved_reply_id=reply_id)
        case events.PasswordChanged(user_id):
            return shown.TeammatePasswordChangedEvent(**at, teammate_id=user_id)
        case events.BotSet(kind, host, silence_seconds):
            return shown.BotSetEvent(**at, kind=kind, host=host, silence_seconds=silence_seconds)
        case events.BotRemoved(kind):
            return shown.BotRemovedEvent(**at, kind=kind)
        case events.MailSet(address, name):
            return shown.MailSetEvent(**at, address=address, name=name)
        case events.MailOff():
            return shown.MailOffEvent(**at)
        case events.RoutingChanged(mode, return_after_s):
            return shown.RoutingChangedEvent(**at, mode=mode, return_after_seconds=return_after_s)
        case _:
            return _show_of_webhook(what, at)


def _show_of_webhook(what: events.Happening, at: dict[str, Any]) -> ShownToTeam | None:
    match what:
        case events.WebhookAdded(webhook_id, host, event_types):
            return shown.WebhookAddedEvent(**at, webhook_id=webhook_id, host=host, event_types=list(event_types))
        case events.WebhookChanged(webhook_id, host, event_types):
            return shown.WebhookChangedEvent(**at, webhook_id=webhook_id, host=host, event_types=list(event_types))
        case events.WebhookStatusChanged(webhook_id, status, reason):
            return shown.WebhookStatusChangedEvent(**at, webhook_id=webhook_id, status=status, reason=reason)
        case events.WebhookRotated(webhook_id):
            return shown.WebhookRotatedEvent(**at, webhook_id=webhook_id)
        case events.WebhookReplayed(webhook_id, count):
            return shown.WebhookReplayedEvent(**at, webhook_id=webhook_id, count=count)
        case events.WebhookRemoved(webhook_id):
            return shown.WebhookRemovedEvent(**at, webhook_id=webhook_id)
        case _:
            return None


def _show_conversation(conversation: Conversation, author: User, position: int) -> wire.ConversationReply:
    return wire.show_conversation(Opened(conversation=conversation, author=author, position=position))


def _show_history(messages: tuple[Message, ...], authors: tuple[User, ...]) -> list[wire.MessageReply]:
    known = {author.id: author for author in authors}
    return wire.show_messages([(message, known.get(message.author_id) or _nameless(message)) for message in messages])


def _nameless(message: Message) -> User:
    """The author of a message whose event was written before events told the authors of history."""
    kind = Kind.TEAMMATE if message.is_team else Kind.CLIENT
    return User(id=message.author_id, community_id=message.community_id, kind=kind, created_at=message.created_at)
