"""The client's page: the latest one moves, the first one stays."""

from typing import Any

import pytest

from parley.core.events import LatestUrlChanged
from tests.api.chats import Chat, begin
from tests.api.envelopes import paths, refusal
from tests.api.integrators import Integrator

FIRST, SECOND = "https://shop.example/1", "https://shop.example/2"


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation that began at the first page."""
    return begin(shop, url=FIRST)


def test_the_latest_page_moves_and_the_first_stays(chat: Chat) -> None:
    moved = chat.move({"url": SECOND}).data

    assert (FIRST, SECOND) == (moved["initialPageUrl"], moved["latestPageUrl"])


def test_the_answer_is_the_conversation_without_its_messages(chat: Chat) -> None:
    chat.say("Hello")
    moved = chat.move({"url": SECOND}).data

    assert moved == chat.get()
    assert ([], 1) == (moved["messages"], moved["totalMessagesCount"])


def test_a_conversation_that_began_without_a_page_gets_only_a_latest_one(shop: Integrator) -> None:
    moved = begin(shop).move({"url": SECOND}).data

    assert (None, SECOND) == (moved["initialPageUrl"], moved["latestPageUrl"])


def test_the_answer_has_its_place_in_the_queue(shop: Integrator, chat: Chat) -> None:
    behind = begin(shop)

    assert (1, 2) == tuple(each.move({"url": SECOND}).data["queuePositionInfo"]["position"] for each in (chat, behind))


def test_each_move_is_an_event_of_our_own(chat: Chat) -> None:
    chat.move({"url": SECOND})
    chat.move({"url": FIRST})

    assert ["conversation_latest_url_changed"] * 2 == chat.happened()
    assert [SECOND, FIRST] == [event.what.url for event in chat.events() if isinstance(event.what, LatestUrlChanged)]


def test_a_move_changes_the_conversations_time(chat: Chat) -> None:
    before = chat.get()["lastModifiedTime"]

    assert before < chat.move({"url": SECOND}).data["lastModifiedTime"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": ""},
        {"url": "  "},
        {"url": 7},
        {"url": "shop.example"},
        {"url": "ftp://shop.example"},
        {"url": "https://"},
        {"url": "https://a b"},
        {"url": "https://a\n.example"},
        {"url": "https://shop.example/" + "x" * 2_048},
    ],
)
def test_what_is_no_address_is_refused(chat: Chat, body: Any) -> None:
    assert ["url"] == paths(refusal(chat.move(body), 422, 1001))
    assert (FIRST, []) == (chat.get()["latestPageUrl"], chat.happened())


def test_the_longest_address_is_taken(chat: Chat) -> None:
    longest = "https://shop.example/".ljust(2_048, "x")

    assert longest == chat.move({"url": longest}).data["latestPageUrl"]


def test_on_a_closed_conversation_the_client_is_nowhere(chat: Chat) -> None:
    chat.close()
    body = refusal(chat.move({"url": SECOND}), 409, 4001)

    assert f"Conversation {chat.id} is closed." == body["errorText"]
    assert (FIRST, ["conversation_closed"]) == (chat.get()["latestPageUrl"], chat.happened())


def test_a_wrong_address_is_refused_before_the_state_is_looked_at(chat: Chat) -> None:
    chat.close()

    refusal(chat.move({"url": "nowhere"}), 422, 1001)


def test_a_repeat_with_the_same_key_does_not_move_back(chat: Chat) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = chat.move({"url": SECOND}, key)
    chat.move({"url": FIRST})

    assert first.body == chat.move({"url": SECOND}, key).body
    assert FIRST == chat.get()["latestPageUrl"]
