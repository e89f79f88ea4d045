"""A bot on Rasa Open Source: what its REST channel is sent, and what is made of its messages."""

from typing import Any

import pytest

from parley.actions.bots import Wish
from parley.bots.asking import INVALID_ANSWER, Answer
from parley.core.bots import BotKind
from tests.bots.conftest import ToInterview
from tests.bots.interviews import KEY, TALK, Interview, question, says


@pytest.fixture
def rasa(to_interview: ToInterview) -> Interview:
    """A bot of kind rasa."""
    return to_interview(BotKind.RASA)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "/webhooks/rest/webhook"),
        ("/", "/webhooks/rest/webhook"),
        ("/rasa", "/rasa/webhooks/rest/webhook"),
        ("/rasa/", "/rasa/webhooks/rest/webhook"),
    ],
)
async def test_the_path_of_the_rest_channel_is_added(rasa: Interview, path: str, expected: str) -> None:
    assert expected == (await rasa.sent(url=f"{rasa.receiver.url}{path}")).target


async def test_a_question_has_a_sender_a_message_and_metadata(rasa: Interview) -> None:
    expected = {
        "sender": "1-7",
        "message": "Where is my order?",
        "metadata": {"communityName": "Shop", "conversationId": 7, "epoch": 3, "history": []},
    }

    assert expected == (await rasa.sent()).json()


async def test_several_messages_are_one_of_several_lines(rasa: Interview) -> None:
    asked = question(says("Where is my order?"), says("It is 1505."), says("Hello?"))

    assert "Where is my order?\nIt is 1505.\nHello?" == (await rasa.sent(asked)).json()["message"]


async def test_what_was_said_before_goes_with_it_as_metadata(rasa: Interview) -> None:
    body = (await rasa.sent(question(history=TALK))).json()

    assert "Where is my order?" == body["message"]
    assert [
        {"from": "client", "text": "I ordered a lamp."},
        {"from": "client", "text": "Last week."},
        {"from": "bot", "text": "Thank you."},
        {"from": "team", "text": "I'll see to it."},
    ] == body["metadata"]["history"]


async def test_a_key_is_shown_when_there_is_one(rasa: Interview) -> None:
    assert f"Bearer {KEY}" == (await rasa.sent()).headers["authorization"]
    assert "authorization" not in (await rasa.sent(key=None)).headers


async def test_an_empty_list_is_a_promise_to_answer_later(rasa: Interview) -> None:
    assert Answer() == await rasa.hears([])


async def test_every_message_is_one(rasa: Interview) -> None:
    said = [{"recipient_id": "1-7", "text": "It left."}, {"recipient_id": "1-7", "text": "Yesterday."}]

    assert Answer(("It left.", "Yesterday.")) == await rasa.hears(said)


@pytest.mark.parametrize(
    ("uttered", "expected"),
    [
        ({"image": "https://shop.example/lamp.png"}, ("https://shop.example/lamp.png",)),
        ({"text": "This one?", "image": "https://x.example/"}, ("This one?\nhttps://x.example/",)),
        (
            {"text": "Is it?", "buttons": [{"title": "Yes", "payload": "/yes"}, {"title": "No", "payload": "/no"}]},
            ("Is it?\n- Yes\n- No",),
        ),
        ({"buttons": [{"title": "Yes", "payload": "/yes"}, {"payload": "/no"}]}, ("- Yes",)),
        ({"text": "", "image": None}, ()),
        ({"attachment": {"type": "video"}}, ()),
        ({}, ()),
    ],
    ids=str,
)
async def test_images_are_shown_as_addresses_and_buttons_as_lines(
    rasa: Interview, uttered: Any, expected: tuple[str, ...]
) -> None:
    assert Answer(expected) == await rasa.hears([uttered])


@pytest.mark.parametrize(
    ("handover", "expected"),
    [
        ({"reason": "wants a refund", "summary": "It is late."}, Wish("wants a refund", "It is late.")),
        ({"reason": "wants a refund"}, Wish("wants a refund")),
        ({}, Wish()),
    ],
    ids=str,
)
async def test_a_custom_message_hands_over(rasa: Interview, handover: Any, expected: Wish) -> None:
    said = [{"text": "Wait."}, {"custom": {"handover": handover}}]

    assert Answer(("Wait.",), expected) == await rasa.hears(said)


async def test_of_two_handovers_the_first_counts(rasa: Interview) -> None:
    said = [{"custom": {"handover": {"reason": "first"}}}, {"custom": {"handover": {"reason": "second"}}}]

    assert Answer((), Wish("first")) == await rasa.hears(said)


@pytest.mark.parametrize(
    "custom", [None, 7, "handover", [], ["handover"], {}, {"handover": None}, {"carousel": [1, 2]}], ids=str
)
async def test_a_custom_message_of_another_form_is_not_ours(rasa: Interview, custom: Any) -> None:
    assert Answer(("Look.",)) == await rasa.hears([{"text": "Look."}, {"custom": custom}])


@pytest.mark.parametrize(
    "body",
    [{}, {"text": "It left."}, ["It left."], [None], [{"text": 7}], [{"text": "a", "buttons": "b"}]],
    ids=str,
)
async def test_an_answer_in_another_form_is_invalid(rasa: Interview, body: Any) -> None:
    assert INVALID_ANSWER == await rasa.rejects(body)
