"""What is sent for each event, held against documents written from the specification (§4 and §5)."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from parley import __version__
from parley.core import conversations
from parley.core.conversations import Custody, Feedback, HandoverReason, Holder
from parley.core.events import (
    ConversationClosed,
    ConversationCreated,
    Event,
    FeedbackGiven,
    Happening,
    MessageAdded,
    TakeoverChanged,
)
from parley.webhooks.payloads import headers_of, payload_of
from tests import builders
from tests.builders import ALICE, BOT, SHOP
from tests.clock import START

NEW, OLD = b"n" * 32, b"o" * 32  # secrets
EVENT_AT = START + timedelta(microseconds=915_219)
ALICE_SHOWN = {
    "Id": ALICE,
    "Name": "Alice",
    "Image": "https://pictures.example/alice.png",
    "Email": "Alice@example.org",
    "CustomIdentifier": "alice-7",
    "Status": "client",
    "IsBot": False,
}
BOT_SHOWN = {
    "Id": BOT,
    "Name": "Bot",
    "Image": None,
    "Email": None,
    "CustomIdentifier": None,
    "Status": "team",
    "IsBot": True,
}


def alice() -> Any:
    return builders.client(email="Alice@example.org", identifier="alice-7", image="https://pictures.example/alice.png")


def happened(what: Happening, **changes: Any) -> Event:
    """The Shop's 42nd event, about conversation 7."""
    filled = {"number": 99, "community_id": SHOP, "seq": 42, "conversation_id": 7, "epoch": 3}
    return Event(**{**filled, "by": "token:1", "at": EVENT_AT, "what": what, **changes})


def sent(event: Event, public_url: str = "https://chat.example") -> Any:
    return json.loads(payload_of(event, community_name="Käse & Co", public_url=public_url))


def framed(event_type: str, **member: Any) -> Any:
    """The frame around the one thing that differs between the types."""
    return {
        "CommunityName": "Käse & Co",
        "EventType": event_type,
        "Events": [
            {
                "InboxLink": "https://chat.example/inbox/conversations/7?ticketId=7",
                "ConversationId": 7,
                **member,
                "EventTime": "2026-09-01T09:56:40.000001+00:00",
            }
        ],
        "TicketId": 7,
    }


def created() -> Event:
    conversation = builders.conversation(
        id=7, message_count=1, initial_page_url="https://shop.example/a", latest_page_url="https://shop.example/b"
    )
    return happened(ConversationCreated(conversation, alice(), 1403))


def test_a_new_conversation_is_told_as_published() -> None:
    expected = {
        "Author": ALICE_SHOWN,
        "CreationTime": "2026-09-01T09:56:39.084782+00:00",
        "Id": 7,
        "IsClosed": False,
        "IsTakeoverEnabled": True,
        "LastModifiedTime": "2026-09-01T09:56:39.084782+00:00",
        "Messages": [],
        "QueuePositionInfo": {"Position": 1403, "WaitTime": None},
        "Feedback": None,
        "TotalMessagesCount": 1,
        "Fields": None,
        "InitialPageUrl": "https://shop.example/a",
        "LatestPageUrl": "https://shop.example/b",
    }

    assert framed("conversation_created", Conversation=expected) == sent(created())


def test_a_new_conversation_with_the_bot_is_in_no_queue_and_not_in_takeover() -> None:
    conversation = builders.conversation(id=7, holder=Holder.BOT, is_with_bot=True, queue_number=None)
    told = sent(happened(ConversationCreated(conversation, alice(), -1)))["Events"][0]["Conversation"]

    assert {"Position": -1, "WaitTime": None} == told["QueuePositionInfo"]
    assert (False, 0) == (told["IsTakeoverEnabled"], told["TotalMessagesCount"])


def test_a_message_is_told_with_its_author_and_both_times() -> None:
    written = builders.message(id=88, text="Größe?", created_at=START - timedelta(hours=1), stored_at=START)
    expected = {
        "Author": ALICE_SHOWN,
        "CreationTime": "2026-09-01T08:56:39.084782+00:00",
        "Id": 88,
        "LastModifiedTime": "2026-09-01T09:56:39.084782+00:00",
        "Message": "Größe?",
    }

    assert framed("conversation_message_added", Message=expected) == sent(happened(MessageAdded(written, alice(), 2)))


@pytest.mark.parametrize(("is_team", "status"), [(True, "team"), (False, "client")])
def test_the_author_of_a_message_speaks_from_the_side_that_it_was_sent_from(*, is_team: bool, status: str) -> None:
    told = sent(happened(MessageAdded(builders.message(is_team=is_team), alice(), 2)))

    assert status == told["Events"][0]["Message"]["Author"]["Status"]


def test_what_the_bot_says_is_the_teams() -> None:
    told = sent(happened(MessageAdded(builders.message(is_team=True), builders.bot(), 2)))

    assert BOT_SHOWN == told["Events"][0]["Message"]["Author"]


@pytest.mark.parametrize("is_with_bot", [True, False])
def test_a_takeover_tells_whether_the_bot_has_it_now(*, is_with_bot: bool) -> None:
    custody = Custody(
        holder=Holder.BOT if is_with_bot else Holder.QUEUE,
        is_with_bot=is_with_bot,
        assignee_id=None,
        queue_number=None,
        taken_at=None,
        epoch=3,
    )

    assert framed("conversation_takeover_state_changed", IsAssignedToBot=is_with_bot, Handover=None) == sent(
        happened(TakeoverChanged(is_with_bot, custody))
    )


@pytest.mark.parametrize(("detail", "summary"), [("refund", "Wants money back."), (None, None)])
def test_a_takeover_from_the_bot_tells_why_it_lost_it(detail: str | None, summary: str | None) -> None:
    """An addition of ours to what the specification has."""
    bots = builders.conversation(holder=Holder.BOT, is_with_bot=True, queue_number=None, bot_messages=3)
    card = conversations.card_of(bots, HandoverReason.BOT, now=START, detail=detail, summary=summary)
    lost = conversations.to_queue(bots, queue_number=1, now=START, handover=card)
    told = sent(happened(TakeoverChanged(False, conversations.custody_of(lost), card)))  # noqa: FBT003 - as it is read

    expected = {
        "Reason": "bot",
        "Detail": detail,
        "Summary": summary,
        "BotMessages": 3,
        "Time": "2026-09-01T09:56:39.084782+00:00",
    }
    assert framed("conversation_takeover_state_changed", IsAssignedToBot=False, Handover=expected) == told


def test_a_closed_conversation_is_told_whole() -> None:
    before = builders.conversation(id=7, message_count=5, feedback=Feedback(is_positive=True, text="Fine"))
    closed = conversations.close(before, now=EVENT_AT)
    expected = {
        "Author": ALICE_SHOWN,
        "CreationTime": "2026-09-01T09:56:39.084782+00:00",
        "Id": 7,
        "IsClosed": True,
        "IsTakeoverEnabled": True,
        "LastModifiedTime": "2026-09-01T09:56:40.000001+00:00",
        "Messages": [],
        "QueuePositionInfo": {"Position": -1, "WaitTime": None},
        "Feedback": {"IsPositive": True, "Text": "Fine"},
        "TotalMessagesCount": 5,
        "Fields": None,
        "InitialPageUrl": None,
        "LatestPageUrl": None,
    }

    assert framed("conversation_closed", Conversation=expected) == sent(happened(ConversationClosed(closed, alice())))


def test_the_public_address_may_end_in_a_slash_and_have_a_path() -> None:
    told = sent(created(), "https://example.org/chat/")

    assert "https://example.org/chat/inbox/conversations/7?ticketId=7" == told["Events"][0]["InboxLink"]


def test_the_same_event_gives_the_same_bytes() -> None:
    first, second = (payload_of(created(), community_name="Shop", public_url="https://a.example") for _ in range(2))

    assert first == second


def test_what_is_no_webhooks_event_is_not_told() -> None:
    with pytest.raises(ValueError, match=r"^There is no webhook for conversation_feedback_given\.$"):
        sent(happened(FeedbackGiven(Feedback(is_positive=True, text=None))))


def headers(*, secrets: tuple[bytes, ...] = (NEW,), now: datetime = START, event: Event | None = None) -> Any:
    return headers_of(event or created(), b"{}", attempt=3, secrets=secrets, now=now)


def test_the_headers_name_the_event_its_numbers_and_the_attempt() -> None:
    told = headers()

    assert told.pop("webhook-signature").startswith("v1,")
    assert {
        "content-type": "application/json; charset=utf-8",
        "user-agent": f"Parley/{__version__}",
        "webhook-id": "evt_1_42",
        "webhook-timestamp": str(int(START.timestamp())),
        "Parley-Seq": "42",
        "Parley-Attempt": "3",
        "Parley-Epoch": "3",
    } == told


def test_an_event_from_before_epochs_were_kept_has_none() -> None:
    event = happened(created().what, epoch=None)

    assert "Parley-Epoch" not in headers(event=event)


def verifier(secret: bytes) -> Webhook:
    return Webhook(f"whsec_{base64.b64encode(secret).decode()}")


def test_the_official_library_verifies_what_is_sent() -> None:
    event, now = created(), datetime.now(START.tzinfo)  # the library refuses what is older than five minutes
    body = payload_of(event, community_name="Käse & Co", public_url="https://chat.example")
    told = headers_of(event, body, attempt=1, secrets=(NEW,), now=now)

    assert sent(event) == verifier(NEW).verify(body, told)
    with pytest.raises(WebhookVerificationError):
        verifier(NEW).verify(body.replace(b"1403", b"1404"), told)
    with pytest.raises(WebhookVerificationError):
        verifier(OLD).verify(body, told)


@pytest.mark.parametrize("known", [NEW, OLD])
def test_while_a_secret_is_changed_both_verify(known: bytes) -> None:
    told = headers_of(created(), b"{}", attempt=1, secrets=(NEW, OLD), now=datetime.now(START.tzinfo))

    assert {} == verifier(known).verify(b"{}", told)
    assert 2 == len(told["webhook-signature"].split(" "))
