"""What happened: its public name, its written form, and what the log makes of a conversation."""

from datetime import datetime, timedelta
from types import UnionType
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import conversations, events
from parley.core.access import Scope
from parley.core.conversations import (
    Assignment,
    AssignmentReason,
    Conversation,
    Feedback,
    Grounds,
    Handover,
    HandoverReason,
)
from parley.core.errors import ConflictError
from parley.core.events import Event, Happening
from parley.core.fields import FieldValue
from parley.core.mail import MailReason
from parley.core.people import Presence, Role
from parley.core.routing import RoutingMode
from parley.core.webhooks import Reason, Status
from tests.builders import CHARLIE, MINUTE, SHOP, bot, category, client, conversation, field, message, note, teammate
from tests.clock import START

CARD = Handover(reason=HandoverReason.BOT, bot_messages=2, at=START, detail="A refund", summary="They want it back.")
CUSTODY = conversations.custody_of(conversations.take(conversation(), assignee_id=CHARLIE, now=START))

EVERY: dict[str, Happening] = {
    "conversation_created": events.ConversationCreated(conversation(), client(), 1),
    "conversation_message_added": events.MessageAdded(message(), client(), 1),
    "conversation_history_imported": events.HistoryImported((message(id=1), message(id=2)), 2, (client(),)),
    "conversation_takeover_state_changed": events.TakeoverChanged(
        is_assigned_to_bot=False, custody=CUSTODY, handover=CARD
    ),
    "conversation_assigned": events.ConversationAssigned(CUSTODY),
    "conversation_released": events.ConversationReleased(CUSTODY),
    "conversation_closed": events.ConversationClosed(conversations.close(conversation(), now=START), client()),
    "conversation_feedback_given": events.FeedbackGiven(Feedback(is_positive=True, text=None)),
    "conversation_latest_url_changed": events.LatestUrlChanged("https://h/2"),
    "conversation_details_changed": events.DetailsChanged("Lost parcel", 1505, (FieldValue(1, "A-17"),)),
    "conversation_note_added": events.NoteAdded(note(), teammate()),
    "community_added": events.CommunityAdded("Shop", "10000000-0000-4000-8000-000000000001", bot()),
    "token_added": events.TokenAdded(1, "default", Scope.ADMIN),
    "token_revoked": events.TokenRevoked(1, "default"),
    "category_added": events.CategoryAdded(category()),
    "field_added": events.FieldAdded(field()),
    "category_changed": events.CategoryChanged(category()),
    "field_changed": events.FieldChanged(field()),
    "teammate_changed": events.TeammateChanged(CHARLIE, "Charles"),
    "teammate_role_changed": events.TeammateRoleChanged(CHARLIE, Role.ADMIN),
    "teammate_added": events.TeammateAdded(teammate(), Role.AGENT),
    "teammate_disabled": events.TeammateDisabled(CHARLIE),
    "teammate_enabled": events.TeammateEnabled(CHARLIE),
    "routing_changed": events.RoutingChanged(RoutingMode.AUTOMATIC),
    "teammate_status_changed": events.TeammateStatusChanged(CHARLIE, Presence.ONLINE, 3),
    "teammate_presence_changed": events.TeammatePresenceChanged(CHARLIE, is_present=False),
    "teammate_password_changed": events.PasswordChanged(CHARLIE),
    "saved_reply_changed": events.SavedReplyChanged(1),
    "webhook_added": events.WebhookAdded(1, "hooks.example", ("conversation_closed",)),
    "webhook_changed": events.WebhookChanged(1, "hooks.example", ("conversation_created",)),
    "webhook_status_changed": events.WebhookStatusChanged(1, Status.PAUSED, Reason.FAILING),
    "webhook_rotated": events.WebhookRotated(1),
    "webhook_replayed": events.WebhookReplayed(1, 3),
    "webhook_removed": events.WebhookRemoved(1),
    "bot_set": events.BotSet("webhook", "bots.example", 30),
    "bot_removed": events.BotRemoved("webhook"),
    "mail_set": events.MailSet("help@shop.example", "Shop"),
    "mail_off": events.MailOff(),
    "mail_sent": events.MailSent(1, 2),
    "mail_failed": events.MailFailed(1, 2, MailReason.REFUSED),
    "key_rotated": events.KeyRotated(2),
}


def event(what: Happening, *, at: datetime = START) -> Event:
    return Event(number=1, community_id=SHOP, seq=1, conversation_id=1, by="token:1", at=at, what=what)


def test_every_thing_that_can_happen_has_its_example() -> None:
    assert isinstance(Happening, UnionType)
    assert set(get_args(Happening)) == set(map(type, EVERY.values()))


@pytest.mark.parametrize(("name", "what"), EVERY.items(), ids=EVERY)
def test_a_happening_has_its_public_name(name: str, what: Happening) -> None:
    assert name == events.type_of(what) == event(what).type


@pytest.mark.parametrize("what", EVERY.values(), ids=EVERY)
def test_a_happening_is_written_and_read_back_unchanged(what: Happening) -> None:
    assert what == msgspec.json.decode(msgspec.json.encode(what), type=Happening)


@pytest.mark.parametrize("word", [b"secret", b"sealed", b"hash", b"plain"])
def test_no_happening_carries_a_secret(word: bytes) -> None:
    assert [] == [name for name, what in EVERY.items() if word in msgspec.json.encode(what)]


def test_the_log_begins_a_conversation() -> None:
    assert conversation() == events.apply(None, event(EVERY["conversation_created"]))


@pytest.mark.parametrize("name", sorted(EVERY.keys() - {"conversation_created", "conversation_closed"}))
def test_before_it_began_there_is_no_conversation(name: str) -> None:
    assert None is events.apply(None, event(EVERY[name]))


@pytest.mark.parametrize("name", [name for name in EVERY if not name.startswith("conversation_")])
def test_what_happens_elsewhere_leaves_a_conversation_alone(name: str) -> None:
    assert conversation() == events.apply(conversation(), event(EVERY[name]))


def test_events_from_before_bots_were_counted_count_what_the_bot_said() -> None:
    """Neither the creation with its first message nor the closing tells of it."""
    spoken = message(author_id=bot().id, is_team=True)
    begun = events.apply(None, event(events.ConversationCreated(conversation(message_count=1), bot(), 1)))
    once = events.apply(begun, event(events.MessageAdded(spoken, bot(), 1)))
    twice = events.apply(once, event(events.MessageAdded(spoken, bot(), 2)))
    closed = conversations.close(conversation(message_count=2), now=START)
    ended = events.apply(twice, event(events.ConversationClosed(closed, client())))

    assert [0, 1, 2, 2] == [made.bot_messages for made in (begun, once, twice, ended) if made is not None]


steps = st.sampled_from(
    [
        *("write", "speak", "import", "hand_over", "take", "give", "release", "bot", "close", "feedback", "url"),
        *("sort", "note"),
    ]
)
histories = st.lists(st.tuples(steps, st.integers(-5, 5)), max_size=12)


@given(histories)
def test_the_log_of_any_history_makes_the_conversation_it_was_written_of(history: list[tuple[str, int]]) -> None:
    """The clock may be set back meanwhile."""
    current, replayed, now = conversation(), conversation(), START
    for name, minutes in history:
        now += minutes * MINUTE
        try:
            current, what = step(name, current, now)
        except ConflictError:
            continue
        written = event(msgspec.json.decode(msgspec.json.encode(what), type=Happening), at=now)
        replayed = events.apply(replayed, written) or replayed

        assert current == replayed


def step(name: str, before: Conversation, now: datetime) -> tuple[Conversation, Happening]:
    """One change of a conversation with what is recorded of it."""
    match name:
        case "write" | "speak":
            return write(before, now, is_by_bot=name == "speak")
        case "import":
            return bring(before, now)
        case "hand_over":
            handed = conversations.card_of(before, HandoverReason.BOT, now=now, detail="A refund")
            after = conversations.to_queue(before, queue_number=before.epoch + 9, now=now, handover=handed)
            return after, lost(after)
        case "take":
            card = conversations.card_of(before, HandoverReason.API, now=now) if before.is_with_bot else None
            after = conversations.take(before, assignee_id=CHARLIE, now=now, handover=card)
            return after, events.ConversationAssigned(conversations.custody_of(after)) if card is None else lost(after)
        case "give":
            reason, by = AssignmentReason.ASSIGNED, f"teammate:{CHARLIE}"
            at = conversations.later(now, before.changed_at)
            given = Assignment(assignee_id=CHARLIE, reason=reason, at=at, by=by, grounds=Grounds(waited_s=before.epoch))
            after = conversations.take(before, assignee_id=CHARLIE, now=now, assignment=given)
            custody = conversations.custody_of(after)
            if before.is_with_bot:
                return after, events.TakeoverChanged(is_assigned_to_bot=False, custody=custody, assignment=given)
            return after, events.ConversationAssigned(custody, given)
        case "sort":
            title, values = f"at {now}", (FieldValue(1, str(before.epoch)),)
            after = conversations.with_details(before, title=title, category_id=1505, fields=values, now=now)
            return after, events.DetailsChanged(title, 1505, values)
        case "note":
            return before, events.NoteAdded(note(), teammate())
        case "release":
            after = conversations.release(before, queue_number=before.queue_number or 9, now=now)
            return after, events.ConversationReleased(conversations.custody_of(after))
        case "bot":
            after = conversations.give_to_bot(before, now=now)
            return after, events.TakeoverChanged(is_assigned_to_bot=True, custody=conversations.custody_of(after))
        case "close":
            after = conversations.close(before, now=now)
            return after, events.ConversationClosed(after, client())
        case "feedback":
            feedback = Feedback(is_positive=before.epoch % 2 == 0, text=f"at {now}")
            return conversations.with_feedback(before, feedback, now=now), events.FeedbackGiven(feedback)
        case _:
            url = f"https://h/{now.minute}"
            return conversations.with_latest_url(before, url, now=now), events.LatestUrlChanged(url)


def lost(after: Conversation) -> Happening:
    """The bot lost it, with a card."""
    custody = conversations.custody_of(after)
    return events.TakeoverChanged(is_assigned_to_bot=False, custody=custody, handover=after.handover)


def write(before: Conversation, now: datetime, *, is_by_bot: bool) -> tuple[Conversation, Happening]:
    after = conversations.with_messages(before, 1, now=now, by_bot=int(is_by_bot))
    author = bot() if is_by_bot else client()
    return after, events.MessageAdded(message(created_at=now, author_id=author.id), author, after.message_count)


def bring(before: Conversation, now: datetime) -> tuple[Conversation, Happening]:
    """Earlier messages, the bot's too: those are not counted as said here."""
    said = tuple(message(id=number, created_at=now - timedelta(days=1), is_imported=True) for number in (1, 2))
    after = conversations.with_messages(before, len(said), now=now)
    return after, events.HistoryImported(said, after.message_count, (client(), bot()))


@pytest.mark.parametrize("name", EVERY)
def test_notes_mail_and_saved_replies_are_for_teammates_alone(name: str) -> None:
    for_teammates = {"conversation_note_added", "mail_sent", "mail_failed", "saved_reply_changed"}

    assert (name in for_teammates) == events.is_for_teammates(EVERY[name])
