"""Reading messages: by the time they were said, with skip; and as they arrived, from a cursor."""

import random
from typing import Any

import pytest

from tests.api.chats import Chat, begin, message
from tests.api.envelopes import paths, refusal
from tests.api.integrators import Integrator

ASCENDING, DESCENDING = "orderBy=creation_time_asc", "orderBy=creation_time_desc"


def at(text: str, second: int) -> dict[str, Any]:
    """The body of a message said at a second of a minute long ago."""
    return message(text, creationTime=f"2020-01-01T00:00:{second:02}Z")


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation of John's without messages."""
    return begin(shop)


@pytest.fixture(scope="module")
def numbers() -> list[int]:
    """150 seconds of a minute, so that many are the same."""
    dice = random.Random(150)
    return [dice.randrange(60) for _ in range(150)]


@pytest.fixture
def long(chat: Chat, numbers: list[int]) -> Chat:
    """A conversation with 150 messages, which say the number of their arrival; some were imported."""
    said = [at(str(number), second) for number, second in enumerate(numbers)]
    chat.say(*said[:70])
    chat.bring(*said[70:130])
    chat.say(*said[130:])
    return chat


def by_time(numbers: list[int]) -> list[str]:
    """What the messages of a long conversation say, by time, ties by arrival."""
    return [str(number) for _, number in sorted((second, number) for number, second in enumerate(numbers))]


# By time


def test_messages_come_newest_first_unless_told_otherwise(chat: Chat) -> None:
    chat.say(at("one", 1), at("two", 2))

    assert ["two", "one"] == chat.texts("") == chat.texts(f"?{DESCENDING}") == chat.texts("?orderBy=")
    assert ["one", "two"] == chat.texts(f"?{ASCENDING}")


def test_messages_of_one_moment_come_as_they_arrived(chat: Chat) -> None:
    chat.say(at("c", 1), at("a", 1))
    chat.say(at("d", 0))
    chat.say(at("b", 1))

    assert ["d", "c", "a", "b"] == chat.texts(f"?{ASCENDING}")


def test_descending_is_exactly_ascending_reversed(long: Chat, numbers: list[int]) -> None:
    ascending = [text for skip in (0, 100) for text in long.texts(f"?{ASCENDING}&skip={skip}")]
    descending = [text for skip in (0, 100) for text in long.texts(f"?{DESCENDING}&skip={skip}")]

    assert by_time(numbers) == ascending
    assert ascending == descending[::-1]


@pytest.mark.parametrize("name", ["orderBy", "orderyBy"])
def test_both_spellings_of_the_order_are_taken(chat: Chat, name: str) -> None:
    chat.say(at("one", 1), at("two", 2))

    assert ["one", "two"] == chat.texts(f"?{name}=creation_time_asc")


@pytest.mark.parametrize(("skip", "take"), [(0, 1), (0, 100), (149, 1), (149, 100), (60, 33), (150, 1), (2**53 - 1, 5)])
def test_skip_and_take_cut_a_page_out(long: Chat, numbers: list[int], skip: int, take: int) -> None:
    whole = by_time(numbers)

    assert whole[skip : skip + take] == long.texts(f"?{ASCENDING}&skip={skip}&take={take}")
    assert whole[::-1][skip : skip + take] == long.texts(f"?{DESCENDING}&skip={skip}&take={take}")


def test_a_page_has_at_most_a_hundred(long: Chat) -> None:
    assert 100 == len(long.texts("")) == len(long.texts("?take=100")) == len(long.texts("?take=&skip="))


@pytest.mark.parametrize("take", ["0", "101", "-1", "+1", "1.0", "x", "%D9%A1", str(2**63)])
def test_a_take_outside_one_to_a_hundred_is_refused(chat: Chat, take: str) -> None:
    body = refusal(chat.page(f"?take={take}"), 422, 1001)

    assert ["take"] == paths(body)
    assert "must be a whole number from 1 to 100" in body["errorText"]


@pytest.mark.parametrize("name", ["skip", "after", "before"])
@pytest.mark.parametrize("given", ["-1", "x", "1e3", str(2**53)])
def test_a_place_that_is_no_whole_number_is_refused(chat: Chat, name: str, given: str) -> None:
    assert [name] == paths(refusal(chat.page(f"?{name}={given}"), 422, 1001))


@pytest.mark.parametrize("order", ["newest", "CREATION_TIME_ASC", "creation_time"])
def test_an_unknown_order_is_refused(chat: Chat, order: str) -> None:
    assert ["orderBy"] == paths(refusal(chat.page(f"?orderBy={order}"), 422, 1001))


def test_a_conversation_without_messages_has_an_empty_page(chat: Chat) -> None:
    assert [] == chat.page().data


# With the conversation


def test_with_a_conversation_come_the_earliest_or_latest_hundred(long: Chat, numbers: list[int]) -> None:
    def included(order: str) -> list[str]:
        return [each["message"] for each in long.get(f"?includeMessages=true&orderyBy={order}")["messages"]]

    assert by_time(numbers)[:100] == included("creation_time_asc")
    assert by_time(numbers)[:-101:-1] == included("creation_time_desc") == included("")
    assert 150 == long.get("?includeMessages=true")["totalMessagesCount"]


# As they arrived


def ids(chat: Chat, query: str) -> list[int]:
    """The ids of a page."""
    return [each["id"] for each in chat.page(query).data]


def test_after_a_cursor_come_those_that_arrived_behind_it_in_that_order(long: Chat) -> None:
    arrived = sorted(ids(long, "?skip=0") + ids(long, "?skip=100"))

    assert arrived[:100] == ids(long, "?after=0")
    assert arrived[60:] == ids(long, f"?after={arrived[59]}")
    assert arrived[60:65] == ids(long, f"?after={arrived[59]}&take=5")
    assert [] == ids(long, f"?after={arrived[-1]}")


def test_before_a_cursor_come_those_that_arrived_ahead_of_it_newest_first(long: Chat) -> None:
    arrived = sorted(ids(long, "?skip=0") + ids(long, "?skip=100"))

    assert arrived[:60][::-1] == ids(long, f"?before={arrived[60]}")
    assert arrived[55:60][::-1] == ids(long, f"?before={arrived[60]}&take=5")
    assert [] == ids(long, f"?before={arrived[0]}")
    assert arrived[:-101:-1] == ids(long, f"?before={2**53 - 1}")


def test_the_order_does_not_concern_a_cursor(chat: Chat) -> None:
    chat.say("one", "two")

    assert ids(chat, "?after=0") == ids(chat, f"?after=0&{DESCENDING}") == ids(chat, f"?after=0&{ASCENDING}")


def test_a_cursor_meets_everything_once_while_more_arrives_and_is_imported(chat: Chat) -> None:
    met, cursor = [], 0
    for number in range(12):
        chat.say(at(f"said {number}", 59 - number))
        chat.bring(at(f"brought {number}", number), at(f"brought again {number}", number))
        page = chat.page(f"?after={cursor}&take=2").data
        met += page
        cursor = page[-1]["id"]
    while page := chat.page(f"?after={cursor}&take=2").data:
        met += page
        cursor = page[-1]["id"]

    assert 36 == len(met) == chat.get()["totalMessagesCount"]
    assert sorted(each["id"] for each in met) == [each["id"] for each in met]


def test_a_cursor_is_not_disturbed_by_other_conversations(chat: Chat, shop: Integrator) -> None:
    other = begin(shop)
    expected = []
    for number in range(5):
        expected += [each["id"] for each in chat.say(str(number))]
        other.say("elsewhere")

    assert expected == ids(chat, "?after=0")
    assert expected[::-1] == ids(chat, f"?before={2**53 - 1}")


@pytest.mark.parametrize("query", ["after=1&before=2", "after=1&skip=1", "before=1&skip=1", "after=1&before=1&skip=1"])
def test_two_ways_to_page_at_once_are_refused(chat: Chat, query: str) -> None:
    body = refusal(chat.page(f"?{query}"), 422, 1001)

    assert "after, before and skip are three ways to page" in body["errorText"]


def test_a_skip_of_nothing_beside_a_cursor_is_fine(chat: Chat) -> None:
    """Generated clients send defaults."""
    (said,) = chat.say("one")

    assert [said["id"]] == ids(chat, "?after=0&skip=0&take=100&before=")
