"""Feedback: what the client thinks, during the conversation or after it."""

from typing import Any

import pytest

from parley.core.events import FeedbackGiven
from tests.api.chats import Chat, begin
from tests.api.envelopes import paths, refusal
from tests.api.integrators import Integrator


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation of John's that waits."""
    return begin(shop)


@pytest.mark.parametrize(
    "feedback",
    [
        {"isPositive": True, "text": "Quick"},
        {"isPositive": False, "text": "Slow\r\n\tand 😀"},
        {"isPositive": True, "text": None},
        {"isPositive": True, "text": ""},
        {"isPositive": False, "text": "x" * 5_000},
    ],
)
def test_feedback_comes_back_as_it_was_given(chat: Chat, feedback: Any) -> None:
    answered = chat.rate(feedback).data

    assert feedback == answered == chat.get()["feedback"]
    assert ["isPositive", "text"] == list(answered)


def test_before_it_is_given_there_is_none(chat: Chat) -> None:
    assert None is chat.get()["feedback"]


def test_an_absent_text_is_null(chat: Chat) -> None:
    assert {"isPositive": True, "text": None} == chat.rate({"isPositive": True}).data


def test_new_feedback_replaces_the_old_wholly(chat: Chat) -> None:
    chat.rate({"isPositive": True, "text": "Quick"})
    chat.rate({"isPositive": False})

    assert {"isPositive": False, "text": None} == chat.get()["feedback"]


def test_feedback_is_taken_and_replaced_after_the_end_too(chat: Chat) -> None:
    chat.rate({"isPositive": True})
    chat.close()
    chat.rate({"isPositive": False})
    chat.rate({"isPositive": False, "text": "Closed too soon"})

    assert {"isPositive": False, "text": "Closed too soon"} == chat.get()["feedback"]
    assert chat.get()["isClosed"] is True


def test_each_is_an_event_of_our_own(chat: Chat) -> None:
    chat.rate({"isPositive": True, "text": "Quick"})
    chat.rate({"isPositive": True, "text": "Quick"})
    given = [event.what.feedback for event in chat.events() if isinstance(event.what, FeedbackGiven)]

    assert ["conversation_feedback_given"] * 2 == chat.happened()
    assert [(True, "Quick")] * 2 == [(feedback.is_positive, feedback.text) for feedback in given]


def test_feedback_moves_the_conversations_time_and_nothing_else(chat: Chat) -> None:
    before = chat.get()
    chat.rate({"isPositive": True})
    after = chat.get()

    assert before["lastModifiedTime"] < after["lastModifiedTime"]
    assert {"feedback", "lastModifiedTime"} == {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "isPositive"),
        ({"text": "Quick"}, "isPositive"),
        ({"isPositive": None}, "isPositive"),
        ({"isPositive": "yes"}, "isPositive"),
        ({"isPositive": 1}, "isPositive"),
        ({"isPositive": True, "text": 5}, "text"),
        ({"isPositive": True, "text": "x" * 5_001}, "text"),
        ({"isPositive": True, "text": "\x00"}, "text"),
        ([], "body"),
    ],
)
def test_a_body_of_another_shape_is_refused(chat: Chat, body: Any, path: str) -> None:
    assert [path] == paths(refusal(chat.rate(body), 422, 1001))
    assert (None, []) == (chat.get()["feedback"], chat.happened())


def test_a_repeat_with_the_same_key_does_not_replace_what_came_later(chat: Chat) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = chat.rate({"isPositive": True}, key)
    chat.rate({"isPositive": False})

    assert first.body == chat.rate({"isPositive": True}, key).body
    assert {"isPositive": False, "text": None} == chat.get()["feedback"]
