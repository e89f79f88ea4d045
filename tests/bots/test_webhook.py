"""A bot that is a program of the integrator: what is posted to it, and what it may answer."""

from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from parley.actions.bots import Wish
from parley.bots.asking import INVALID_ANSWER, Answer
from parley.core import times
from parley.core.bots import BotKind
from parley.core.signing import show_secret
from tests.bots.conftest import ToInterview
from tests.bots.interviews import KEY, TALK, Interview, question, says
from tests.builders import ALICE
from tests.clock import START
from tests.receivers import Request, answer

SECRET = show_secret(KEY.encode())


@pytest.fixture
def webhook(to_interview: ToInterview) -> Interview:
    """A bot of kind webhook."""
    return to_interview(BotKind.WEBHOOK)


def verified(request: Request, secret: str = SECRET) -> Any:
    """The body, if the library that integrators use finds the signature right."""
    return Webhook(secret).verify(request.body, dict(request.headers))


async def test_the_question_goes_to_the_very_url(webhook: Interview) -> None:
    request = await webhook.sent(url=f"{webhook.receiver.url}/bots/7?for=shop")

    assert "/bots/7?for=shop" == request.target


async def test_a_question_says_who_asks_what_where(webhook: Interview) -> None:
    author = {
        "id": ALICE,
        "name": "Alice",
        "image": None,
        "email": "alice@example.org",
        "customIdentifier": None,
        "status": "client",
        "isBot": False,
    }
    asked = {
        "author": author,
        "creationTime": times.show(START),
        "id": 11,
        "lastModifiedTime": times.show(START),
        "message": "Where is my order?",
        "isImported": False,
    }

    expected = {"communityName": "Shop", "conversationId": 7, "epoch": 3, "messages": [asked], "history": []}
    assert expected == (await webhook.sent()).json()


async def test_what_was_said_before_goes_with_it_from_the_oldest_on(webhook: Interview) -> None:
    body = (await webhook.sent(question(says("Hello?", id=11), says("And?", id=12), history=TALK))).json()

    assert [(11, "Hello?"), (12, "And?")] == [(each["id"], each["message"]) for each in body["messages"]]
    assert [
        ("I ordered a lamp.", "client", False, True),
        ("Last week.", "client", False, True),
        ("Thank you.", "team", True, False),
        ("I'll see to it.", "team", False, False),
    ] == [
        (each["message"], each["author"]["status"], each["author"]["isBot"], each["isImported"])
        for each in body["history"]
    ]


async def test_what_somebody_said_for_the_other_side_counts_for_that_side(webhook: Interview) -> None:
    """An integrator may say that a client's message is the team's; the side is the message's, not the author's."""
    spoken, alice = says("On behalf of the team.")
    history = ((msgspec.structs.replace(spoken, is_team=True), alice),)

    assert "team" == (await webhook.sent(question(history=history))).json()["history"][0]["author"]["status"]


async def test_the_official_library_finds_the_signature_right(webhook: Interview) -> None:
    request = await webhook.sent()

    assert 7 == verified(request)["conversationId"]
    with pytest.raises(WebhookVerificationError):
        verified(request, show_secret(b"another secret"))


async def test_a_question_that_is_asked_again_has_the_same_id(webhook: Interview) -> None:
    asked = question(says("Hello?", id=11), says("And?", id=12))
    first, again = await webhook.sent(asked), await webhook.sent(asked)

    assert "bot_1_7_12" == first.headers["webhook-id"] == again.headers["webhook-id"]


async def test_another_question_has_another_id(webhook: Interview) -> None:
    first = await webhook.sent(question(says("Hello?", id=11)))
    longer = await webhook.sent(question(says("Hello?", id=11), says("And?", id=12)))

    assert first.headers["webhook-id"] != longer.headers["webhook-id"]


async def test_the_epoch_stands_in_a_header_too(webhook: Interview) -> None:
    assert "3" == (await webhook.sent()).headers["parley-epoch"]


async def test_the_secret_itself_is_not_sent(webhook: Interview) -> None:
    request = await webhook.sent()

    assert "authorization" not in request.headers
    assert KEY.encode() not in request.body
    assert not any(KEY in value for value in request.headers.values())


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("body", [b"", b" \r\n"])
async def test_an_empty_body_is_a_promise_to_answer_later(webhook: Interview, status: int, body: bytes) -> None:
    webhook.behave(answer(status, b"" if status == 204 else body))

    assert Answer() == await webhook.ask()


@pytest.mark.parametrize(
    "body", [{}, {"messages": []}, {"handover": None}, {"messages": [], "handover": None, "mood": "good"}], ids=str
)
async def test_an_answer_without_texts_and_handover_is_such_a_promise(webhook: Interview, body: Any) -> None:
    assert Answer() == await webhook.hears(body)


async def test_an_answer_may_have_several_texts(webhook: Interview) -> None:
    assert Answer(("It left.", "Yesterday.")) == await webhook.hears({"messages": ["It left.", "Yesterday."]})


@pytest.mark.parametrize(
    ("handover", "expected"),
    [
        ({"reason": "wants a refund", "summary": "It is late."}, Wish("wants a refund", "It is late.")),
        ({"reason": "wants a refund"}, Wish("wants a refund")),
        ({"summary": "It is late."}, Wish(None, "It is late.")),
        ({"reason": None, "summary": None}, Wish()),
        ({}, Wish()),
    ],
    ids=str,
)
async def test_a_handover_needs_no_more_than_to_be_there(webhook: Interview, handover: Any, expected: Wish) -> None:
    assert Answer(("Wait.",), expected) == await webhook.hears({"messages": ["Wait."], "handover": handover})
    assert Answer((), expected) == await webhook.hears({"handover": handover})


@pytest.mark.parametrize(
    "body",
    [
        {"messages": None},
        {"messages": 7},
        {"messages": "It left."},
        {"messages": [7]},
        {"messages": [None]},
        {"messages": [{"text": "It left."}]},
        {"handover": True},
        {"handover": "wants a refund"},
        {"handover": {"reason": 7}},
        [],
    ],
    ids=str,
)
async def test_an_answer_in_another_form_is_invalid(webhook: Interview, body: Any) -> None:
    assert INVALID_ANSWER == await webhook.rejects(body)


async def test_the_failure_says_which_form_is_right(webhook: Interview) -> None:
    assert (
        '{"messages": ["…"], "handover": {"reason": "…", "summary": "…"} or null}'
        in (await webhook.fails(answer(200, b"[]"))).text
    )
