"""Closing: once, with the same answer however often, and what a closed conversation looks like."""

from typing import Any

import pytest

from parley.core.events import ConversationClosed
from tests.api.chats import Chat, begin, hire
from tests.api.integrators import Integrator

HOLDERS = ["bot", "queue", "teammate"]


@pytest.fixture
def chat(shop: Integrator, request: pytest.FixtureRequest) -> Chat:
    """A conversation that the named one has."""
    holder = getattr(request, "param", "queue")
    chat = begin(shop, isBotEnabled=holder == "bot", url="https://shop.example", message="Hello")
    if holder == "teammate":
        chat.to(hire(shop).id)
    return chat


@pytest.mark.parametrize("chat", HOLDERS, indirect=True)
def test_a_closed_conversation_is_closed_and_out_of_the_queue(chat: Chat) -> None:
    closed = chat.close()

    assert closed["isClosed"] is True
    assert {"position": -1, "waitTime": None} == closed["queuePositionInfo"]
    assert {"position": -1, "waitTime": None} == chat.ask("GET", "/queue").data


@pytest.mark.parametrize("chat", HOLDERS, indirect=True)
def test_closing_changes_nothing_else(chat: Chat) -> None:
    before, closed = chat.get(), chat.close()

    assert {"isClosed", "lastModifiedTime"} <= {name for name in before if before[name] != closed[name]}
    assert {"isClosed", "lastModifiedTime", "queuePositionInfo"} >= {
        name for name in before if before[name] != closed[name]
    }
    assert before["lastModifiedTime"] < closed["lastModifiedTime"]


def test_the_answer_is_the_conversation_as_it_is_read_without_messages(chat: Chat) -> None:
    closed = chat.close()

    assert ([], 1) == (closed["messages"], closed["totalMessagesCount"])
    assert closed == chat.get()


@pytest.mark.parametrize("chat", HOLDERS, indirect=True)
def test_closing_again_gets_the_same_answer_and_is_no_second_event(chat: Chat) -> None:
    first, again, later = chat.end(), chat.end(), chat.end()

    assert first.body == again.body == later.body
    assert (200, 1) == (again.status, chat.happened().count("conversation_closed"))


def test_closing_again_says_what_happened_since(chat: Chat) -> None:
    chat.close()
    chat.rate({"isPositive": True})

    assert {"isPositive": True, "text": None} == chat.close()["feedback"]


def test_the_event_has_the_whole_conversation_and_its_author(chat: Chat) -> None:
    closed = chat.close()
    what = chat.events()[-1].what

    assert isinstance(what, ConversationClosed)
    assert (closed["author"]["id"], closed["id"]) == (what.author.id, what.conversation.id)
    assert what.conversation.is_closed


@pytest.mark.parametrize("body", [None, b"", b"{}", b"[1", b"\x00\xff", {"isClosed": False}])
def test_a_body_is_not_looked_at(chat: Chat, body: Any) -> None:
    assert chat.ask("PATCH", "/close", body).data["isClosed"] is True


def test_a_body_of_another_type_is_not_looked_at_either(chat: Chat) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert chat.ask("PATCH", "/close", b"a=b", form).data["isClosed"] is True


def test_a_closed_conversation_can_still_be_read(chat: Chat) -> None:
    chat.close()

    assert ["Hello"] == chat.texts()
    assert ["Hello"] == [each["message"] for each in chat.get("?includeMessages=true")["messages"]]


def test_nothing_opens_it_again(chat: Chat) -> None:
    chat.close()
    chat.bring("late")
    chat.rate({"isPositive": True})
    chat.hand({"isAssignedToBot": True})
    chat.move({"url": "https://shop.example/2"})
    chat.add("Hello?")

    assert chat.get()["isClosed"] is True


def test_a_repeat_with_the_same_key_gets_the_first_answer_though_more_happened(chat: Chat) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = chat.end(key)
    chat.rate({"isPositive": True})
    again = chat.end(key)

    assert first.body == again.body != chat.end().body
    assert "true" == again.headers["Idempotent-Replayed"]
