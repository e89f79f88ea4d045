"""Importing earlier messages: stored with their own times, and without any side effect."""

from datetime import UTC, datetime
from typing import Any

import pytest

from parley.core.events import HistoryImported
from tests.api.chats import BOT, UNKNOWN, Chat, begin, hire, message
from tests.api.envelopes import paths, refusal
from tests.api.integrators import JOHN, Integrator

JANE = {"name": "Jane", "email": "jane@dow.com"}


def earlier(text: str, year: int = 2020, **members: Any) -> dict[str, Any]:
    """The body of a message of another year."""
    return message(text, creationTime=f"{year}-01-01T00:00:00Z", **members)


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation of John's that waits."""
    return begin(shop)


def test_history_is_answered_in_the_order_sent_with_its_own_times(chat: Chat) -> None:
    reply = chat.bring(earlier("two", 2021), earlier("one", 2020, author=BOT)).data

    assert ["two", "one"] == [each["message"] for each in reply]
    assert ["2021-01-01T00:00:00.000000+00:00", "2020-01-01T00:00:00.000000+00:00"] == [
        each["creationTime"] for each in reply
    ]
    assert ["client", "team"] == [each["author"]["status"] for each in reply]


def test_the_last_modified_time_is_the_servers(chat: Chat) -> None:
    before = datetime.now(UTC)
    (brought,) = chat.bring(earlier("one")).data

    assert before <= datetime.fromisoformat(brought["lastModifiedTime"]) <= datetime.now(UTC)
    assert brought["lastModifiedTime"] == chat.get()["lastModifiedTime"]


def test_history_without_a_time_was_said_now(chat: Chat) -> None:
    (brought,) = chat.bring(message("one")).data

    assert brought["creationTime"] == brought["lastModifiedTime"]


def test_history_stands_among_the_other_messages_by_its_times(chat: Chat) -> None:
    chat.say(earlier("said in 2021", 2021), "said now")
    chat.bring(earlier("brought from 2022", 2022), earlier("brought from 2020", 2020))

    assert ["brought from 2020", "said in 2021", "brought from 2022", "said now"] == chat.texts()


def test_history_is_one_event_of_our_own_and_no_added_message(chat: Chat) -> None:
    brought = chat.bring(earlier("one"), earlier("two", author=BOT), earlier("three")).data
    (event,) = chat.events()

    assert isinstance(event.what, HistoryImported)
    assert "conversation_history_imported" == event.type
    assert [each["id"] for each in brought] == [message.id for message in event.what.messages]
    assert {True} == {message.is_imported for message in event.what.messages}
    assert 3 == event.what.message_count


def test_the_event_has_each_author_once_as_they_are_now(chat: Chat) -> None:
    """Whoever follows the log has to show them without asking."""
    renamed = {**JANE, "name": "Janet"}
    brought = chat.bring(earlier("one", author=JANE), earlier("two", author=BOT), earlier("three", author=renamed)).data
    (event,) = chat.events()

    assert isinstance(event.what, HistoryImported)
    assert {each["author"]["id"] for each in brought} == {author.id for author in event.what.authors}
    assert ["Janet"] == [author.name for author in event.what.authors if not author.is_bot]


def test_history_is_counted(chat: Chat) -> None:
    chat.say("live")
    chat.bring(earlier("one"), earlier("two"))
    chat.bring(earlier("three"))

    assert 4 == chat.get()["totalMessagesCount"]


@pytest.mark.parametrize("holder", ["bot", "queue", "teammate"])
def test_history_never_moves_the_queue_or_the_holder(shop: Integrator, holder: str) -> None:
    chats = [begin(shop), begin(shop, isBotEnabled=holder == "bot"), begin(shop)]
    charlie = hire(shop)
    if holder == "teammate":
        chats[1].to(charlie.id)
    kept = ("queuePositionInfo", "isTakeoverEnabled", "isClosed")
    before = [chat.get()[name] for chat in chats for name in kept]
    for chat in chats:
        chat.bring(earlier("one"), earlier("two", author=BOT), earlier("three", author=charlie.author))

    assert before == [chat.get()[name] for chat in chats for name in kept]


def test_history_may_be_imported_after_the_end_a_clients_too(chat: Chat) -> None:
    chat.close()
    chat.bring(earlier("asked"), earlier("answered", author=BOT))

    assert ["asked", "answered"] == chat.texts()
    assert (2, True) == tuple(chat.get()[name] for name in ("totalMessagesCount", "isClosed"))
    assert ["conversation_closed", "conversation_history_imported"] == chat.happened()


def test_a_new_author_of_history_becomes_a_client(chat: Chat) -> None:
    (brought,) = chat.bring(earlier("one", author=JANE)).data

    assert brought["author"]["id"] == chat.say(message(author={"email": JANE["email"]}))[0]["author"]["id"]


def test_a_call_takes_a_hundred_and_there_may_be_many_calls(chat: Chat) -> None:
    for year in (2021, 2020):
        chat.bring(*(earlier(f"{year} {number}", year) for number in range(100)))

    assert 200 == chat.get()["totalMessagesCount"]
    assert [f"2020 {number}" for number in range(100)] == chat.texts()


@pytest.mark.parametrize("count", [0, 101])
def test_none_and_more_than_a_hundred_are_refused(chat: Chat, count: int) -> None:
    body = refusal(chat.bring(*[earlier("one")] * count), 422, 1001)

    assert ["body"] == paths(body)
    assert [] == chat.happened()


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        (message(""), "[1].message"),
        (message(author={"id": UNKNOWN}), "[1].author.id"),
        (message(author={}), "[1].author"),
        (message(creationTime="2020-01-01T00:00:00"), "[1].creationTime"),
        (message(creationTime="9999-12-31T23:59:59Z"), "[1].creationTime"),
        (message(isByTeam=1), "[1].isByTeam"),
    ],
)
def test_one_bad_message_refuses_all_and_stores_nothing(chat: Chat, bad: Any, path: str) -> None:
    assert [path] == paths(refusal(chat.bring(earlier("one"), bad), 422, 1001))
    assert (0, [], []) == (chat.get()["totalMessagesCount"], chat.texts(), chat.happened())


def test_a_repeat_with_the_same_key_imports_nothing(chat: Chat) -> None:
    key = {"Idempotency-Key": "k-1"}
    replies = [chat.ask("POST", "/previousMessages", [earlier("one", author=JOHN)], key) for _ in range(2)]

    assert replies[0].body == replies[1].body
    assert 1 == chat.get()["totalMessagesCount"]
