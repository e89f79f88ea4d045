"""Adding messages: all or none, who says them and when, and what a closed conversation still takes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parley.core.events import MessageAdded
from tests.api.chats import BOT, UNKNOWN, Chat, begin, hire, message
from tests.api.envelopes import GUID, TIME, paths, refusal
from tests.api.inside import House, ask
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.clock import START

JANE = {"name": "Jane", "email": "jane@dow.com"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation of John's that waits."""
    return begin(shop)


def author_of(shop: Integrator, kind: str) -> Any:
    """An author of a message, of each kind of user."""
    match kind:
        case "teammate":
            return hire(shop).author
        case "bot":
            return BOT
        case _:
            return JOHN


def added(chat: Chat) -> list[MessageAdded]:
    """What the log says of its messages."""
    return [event.what for event in chat.events() if isinstance(event.what, MessageAdded)]


# What is answered and stored


def test_a_message_is_answered_with_its_documented_members(chat: Chat) -> None:
    (said,) = chat.say("Hello")

    assert ["author", "creationTime", "id", "lastModifiedTime", "message"] == list(said)
    assert ("Hello", "john@dow.com", "client") == (said["message"], said["author"]["email"], said["author"]["status"])
    assert said["id"] > 0
    assert GUID.fullmatch(said["author"]["id"])


def test_a_message_without_a_time_is_said_now(chat: Chat) -> None:
    before = datetime.now(UTC)
    (said,) = chat.say("Hello")
    after = datetime.now(UTC)

    assert TIME.fullmatch(said["creationTime"])
    assert said["creationTime"] == said["lastModifiedTime"]
    assert before <= datetime.fromisoformat(said["creationTime"]) <= after


def test_what_was_answered_is_what_is_read(chat: Chat) -> None:
    said = chat.say("one", message("two", author=JANE), message("three", author=BOT))

    assert said == chat.page("?orderBy=creation_time_asc").data
    assert said == chat.get("?includeMessages=true&orderBy=creation_time_asc")["messages"]


def test_the_reply_keeps_the_order_sent(chat: Chat) -> None:
    said = chat.say(
        message("last", creationTime="2026-03-01T00:00:00Z"),
        message("first", creationTime="2026-01-01T00:00:00Z"),
        message("middle", creationTime="2026-02-01T00:00:00Z"),
    )

    assert ["last", "first", "middle"] == [each["message"] for each in said]
    assert [each["id"] for each in said] == sorted(each["id"] for each in said)
    assert ["first", "middle", "last"] == chat.texts()


def test_messages_are_counted(chat: Chat) -> None:
    chat.say("one", "two")
    chat.say("three")

    assert 3 == chat.get()["totalMessagesCount"]


def test_each_message_is_an_event_of_its_own(chat: Chat) -> None:
    said = chat.say("one", "two", "three")
    events = added(chat)

    assert ["conversation_message_added"] * 3 == chat.happened()
    assert [each["id"] for each in said] == [event.message.id for event in events]
    assert [1, 2, 3] == [event.message_count for event in events]


def test_a_message_moves_the_conversations_time(chat: Chat) -> None:
    before = chat.get()["lastModifiedTime"]
    (said,) = chat.say(message(creationTime="2020-01-01T00:00:00Z"))

    assert before < chat.get()["lastModifiedTime"] == said["lastModifiedTime"]


@pytest.mark.parametrize("text", ["x" * 10_000, "😀" * 10_000, "one\r\n\ttwo\n", " ", "\x01\x7f\u2028", "<b>&amp;"])
def test_a_text_comes_back_unchanged(chat: Chat, text: str) -> None:
    chat.say(text)

    assert [text] == chat.texts()


def test_a_call_takes_a_hundred_messages(chat: Chat) -> None:
    said = chat.say(*(f"number {number}" for number in range(100)))

    assert [f"number {number}" for number in range(100)] == [each["message"] for each in said]
    assert 100 == chat.get()["totalMessagesCount"]


def test_a_hundred_of_the_longest_texts_fit_into_one_call(chat: Chat) -> None:
    chat.say(*["x" * 10_000] * 100)

    assert [10_000] * 100 == [len(text) for text in chat.texts()]


@pytest.mark.parametrize("count", [0, 101])
def test_no_message_and_more_than_a_hundred_are_refused(chat: Chat, count: int) -> None:
    body = refusal(chat.add(*["Hello"] * count), 422, 1001)

    assert ["body"] == paths(body)
    assert f"must hold 1 to 100 messages, but {count} were given" in body["errorText"]
    assert [] == chat.happened()


@pytest.mark.parametrize("body", [{}, message(), "Hello", None, 1])
def test_what_is_no_array_is_refused(chat: Chat, body: Any) -> None:
    raw = b"null" if body is None else body

    assert ["body"] == paths(refusal(chat.ask("POST", "/messages", raw), 422, 1001))


# All or none


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ({"author": JOHN}, "[1].message"),
        ({"author": JOHN, "message": None}, "[1].message"),
        ({"message": "Hello"}, "[1].author"),
        (message(author=None), "[1].author"),
        (message(""), "[1].message"),
        (message("x" * 10_001), "[1].message"),
        (message("\x00"), "[1].message"),
        (message(author={"name": "Nobody"}), "[1].author"),
        (message(author={"email": "nobody"}), "[1].author.email"),
        (message(author={"id": UNKNOWN}), "[1].author.id"),
        (message(author={**JOHN, "image": "me.png"}), "[1].author.image"),
        (message(isByTeam="yes"), "[1].isByTeam"),
        (message(creationTime="yesterday"), "[1].creationTime"),
        (message(creationTime="9999-12-31T23:59:59Z"), "[1].creationTime"),
        ("Hello", "[1]"),
        (None, "[1]"),
    ],
)
def test_one_bad_message_refuses_all_and_stores_nothing(chat: Chat, bad: Any, path: str) -> None:
    reply = chat.ask("POST", "/messages", [message(author=JANE), bad, message()])

    assert [path] == paths(refusal(reply, 422, 1001))
    assert (0, [], []) == (chat.get()["totalMessagesCount"], chat.texts(), chat.happened())


def test_the_client_of_a_refused_call_is_not_made(chat: Chat) -> None:
    """Jane would keep the name of the refused call."""
    chat.add(message(author=JANE), message(author={"id": UNKNOWN}))

    assert None is chat.say(message(author={"email": JANE["email"]}))[0]["author"]["name"]


def test_a_refused_call_renames_nobody(chat: Chat) -> None:
    chat.add(message(author={**JOHN, "name": "Johnny"}), message(author={"id": UNKNOWN}))

    assert "John" == chat.get()["author"]["name"]


def test_every_bad_message_is_named(chat: Chat) -> None:
    body = refusal(chat.add(message(""), message(), message(creationTime="now")), 422, 1001)

    assert ["[0].message", "[2].creationTime"] == paths(body)


def test_a_refused_call_leaves_no_gap_in_the_numbers(chat: Chat) -> None:
    (first,) = chat.say("one")
    chat.add("two", message(author={"id": UNKNOWN}))
    (second,) = chat.say("three")

    assert first["id"] + 1 == second["id"]


# When


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2024-02-29T12:34:56Z", "2024-02-29T12:34:56.000000+00:00"),
        ("2024-02-29T12:34:56.1Z", "2024-02-29T12:34:56.100000+00:00"),
        ("2024-02-29T12:34:56.12Z", "2024-02-29T12:34:56.120000+00:00"),
        ("2024-02-29T12:34:56.123Z", "2024-02-29T12:34:56.123000+00:00"),
        ("2024-02-29T12:34:56.1234Z", "2024-02-29T12:34:56.123400+00:00"),
        ("2024-02-29T12:34:56.12345Z", "2024-02-29T12:34:56.123450+00:00"),
        ("2024-02-29T12:34:56.123456Z", "2024-02-29T12:34:56.123456+00:00"),
        ("2024-02-29T12:34:56.1234567Z", "2024-02-29T12:34:56.123456+00:00"),
        ("2024-02-29T12:34:56.9999999Z", "2024-02-29T12:34:56.999999+00:00"),
        ("2024-02-29T12:34:56+00:00", "2024-02-29T12:34:56.000000+00:00"),
        ("2024-02-29T12:34:56-00:00", "2024-02-29T12:34:56.000000+00:00"),
        ("2024-02-29T23:34:56.5-05:45", "2024-03-01T05:19:56.500000+00:00"),
        ("2024-03-01T01:00:00+14:00", "2024-02-29T11:00:00.000000+00:00"),
        ("2024-02-29t12:34:56z", "2024-02-29T12:34:56.000000+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000+00:00"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999+00:00"),
    ],
)
def test_a_time_is_kept_to_the_microsecond_and_shown_in_utc(chat: Chat, given: str, shown: str) -> None:
    (said,) = chat.say(message(creationTime=given))

    assert shown == said["creationTime"]
    assert [said] == chat.page().data


@pytest.mark.parametrize(
    "given",
    [
        "2024-02-29T12:34:56",
        "2024-02-29T12:34:56.123",
        "2024-02-29 12:34:56Z",
        "2024-02-29",
        "2024-02-29T12:34Z",
        "2024-02-29T12:34:56.Z",
        "2024-02-29T12:34:56.12345678Z",
        "2024-02-29T12:34:56,5Z",
        "2024-02-29T12:34:56+0100",
        "2024-02-29T12:34:56+01",
        "2024-02-29T12:34:56+24:00",
        "2024-02-29T12:34:56Z ",
        "2024-02-29T12:34:56Z\n",
        "2023-02-29T12:34:56Z",
        "2024-13-01T12:34:56Z",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:34:60Z",
        "0001-01-01T00:00:00+00:01",
        "٢٠٢٤-02-29T12:34:56Z",
        "1709210096",
        "",
        "x" * 5_000,
    ],
)
def test_what_is_no_time_with_an_offset_is_refused(chat: Chat, given: str) -> None:
    body = refusal(chat.add(message(creationTime=given)), 422, 1001)

    assert ["[0].creationTime"] == paths(body)
    assert "must be a time like 2026-09-01T09:56:39.084782+00:00" in body["errorText"]
    assert len(body["errorText"]) < 300


@pytest.mark.parametrize("given", [1709210096, 1.5, True, ["2024-02-29T12:34:56Z"], {}])
def test_a_time_that_is_no_text_is_refused(chat: Chat, given: Any) -> None:
    assert ["[0].creationTime"] == paths(refusal(chat.add(message(creationTime=given)), 422, 1001))


def test_a_time_29_seconds_ahead_is_taken_and_one_a_minute_ahead_is_not(chat: Chat) -> None:
    soon, later = ((datetime.now(UTC) + ahead * SECOND).isoformat() for ahead in (29, 60))

    assert soon == chat.say(message(creationTime=soon))[0]["creationTime"]
    assert ["[0].creationTime"] == paths(refusal(chat.add(message(creationTime=later)), 422, 1001))
    assert 1 == chat.get()["totalMessagesCount"]


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(29 * SECOND, 200), (30 * SECOND, 200), (30 * SECOND + timedelta(microseconds=1), 422), (31 * SECOND, 422)],
)
@pytest.mark.parametrize("path", ["messages", "previousMessages"])
async def test_a_senders_clock_may_be_thirty_seconds_ahead(
    house: House, path: str, ahead: timedelta, status: int
) -> None:
    headers = {"Authorization": f"Bearer {await house.token()}"}
    await ask(house.app, "POST", CONVERSATIONS, b'{"author": {"email": "john@dow.com"}}', headers=headers)
    said = json.dumps([message(creationTime=(START + ahead).isoformat())]).encode()
    reply = await ask(house.app, "POST", f"{CONVERSATIONS}/1/{path}", said, headers=headers)

    assert status == reply.status, reply.body


# From which side


@pytest.mark.parametrize(
    ("kind", "is_by_team", "status"),
    [
        ("client", None, "client"),
        ("client", False, "client"),
        ("client", True, "team"),
        ("teammate", None, "team"),
        ("teammate", False, "client"),
        ("teammate", True, "team"),
        ("bot", None, "team"),
        ("bot", False, "client"),
        ("bot", True, "team"),
    ],
)
def test_the_side_is_told_or_else_the_authors(chat: Chat, kind: str, is_by_team: bool | None, status: str) -> None:  # noqa: FBT001 - an example
    (said,) = chat.say(message(author=author_of(chat.shop, kind), isByTeam=is_by_team))

    assert status == said["author"]["status"]
    assert (kind == "bot") == said["author"]["isBot"]
    assert [said] == chat.page().data


def test_an_absent_side_is_the_authors(chat: Chat) -> None:
    said = chat.say(message(), message(author=BOT))

    assert ["client", "team"] == [each["author"]["status"] for each in said]


def test_one_author_may_write_from_both_sides(chat: Chat) -> None:
    said = chat.say(message("asked", isByTeam=False), message("answered", isByTeam=True))

    assert ["client", "team"] == [each["author"]["status"] for each in said]
    assert 1 == len({each["author"]["id"] for each in said})
    assert said == chat.page("?orderBy=creation_time_asc").data


def test_whoever_writes_the_author_of_the_conversation_stays_a_client(chat: Chat) -> None:
    chat.say(message(isByTeam=True))

    assert "client" == chat.get()["author"]["status"]


# Authors


def test_two_new_authors_with_one_email_in_one_call_are_one_user(chat: Chat) -> None:
    first, second = chat.say(message(author=JANE), message(author={"email": "JANE@dow.com", "customIdentifier": "j"}))

    assert first["author"]["id"] == second["author"]["id"]
    assert ("jane@dow.com", "j") == (second["author"]["email"], second["author"]["customIdentifier"])


def test_two_new_authors_with_one_identifier_in_one_call_are_one_user(chat: Chat) -> None:
    said = chat.say(*(message(author={"customIdentifier": spelt}) for spelt in ("c-1", " C-1 ")))

    assert 1 == len({each["author"]["id"] for each in said})


def test_anyone_of_the_community_may_write_in_any_conversation(chat: Chat) -> None:
    other = begin(chat.shop, author=JANE)
    (said,) = chat.say(message(author={"id": other.get()["author"]["id"]}))

    assert "jane@dow.com" == said["author"]["email"]
    assert "john@dow.com" == chat.get()["author"]["email"]


def test_a_teammate_is_known_by_email_and_keeps_the_name_the_administration_gave(chat: Chat) -> None:
    charlie = hire(chat.shop)
    (said,) = chat.say(message(author={"email": charlie.email.upper(), "name": "Somebody else"}))

    assert (charlie.id, "Charlie", "team") == tuple(said["author"][name] for name in ("id", "name", "status"))


def test_a_disabled_teammate_may_still_be_an_author(chat: Chat) -> None:
    """What they said before they left may come late."""
    charlie = hire(chat.shop)
    charlie.disable()

    assert "team" == chat.say(message(author=charlie.author))[0]["author"]["status"]


def test_a_new_name_shows_on_earlier_messages_too(chat: Chat) -> None:
    chat.say("one", message("two", author={**JOHN, "name": "Johnny"}))

    assert ["Johnny"] * 2 == [each["author"]["name"] for each in chat.page().data]


# Who holds it


@pytest.mark.parametrize("kind", ["client", "teammate", "bot"])
@pytest.mark.parametrize("holder", ["bot", "queue", "teammate"])
def test_a_message_never_changes_the_holder_whoever_wrote_it(shop: Integrator, holder: str, kind: str) -> None:
    chat, behind = begin(shop, isBotEnabled=holder == "bot"), begin(shop)
    if holder == "teammate":
        chat.to(hire(shop, "Anna").id)
    before = [each.get()[name] for each in (chat, behind) for name in ("queuePositionInfo", "isTakeoverEnabled")]
    moves = len(chat.happened())
    chat.say(message(author=author_of(shop, kind)), message(author=author_of(shop, kind), isByTeam=True))

    assert before == [
        each.get()[name] for each in (chat, behind) for name in ("queuePositionInfo", "isTakeoverEnabled")
    ]
    assert ["conversation_message_added"] * 2 == chat.happened()[moves:]


# After the end


def test_a_clients_message_for_a_closed_conversation_is_refused(chat: Chat) -> None:
    chat.close()
    body = refusal(chat.add("Hello?"), 409, 4001)

    assert f"Conversation {chat.id} is closed; a client can write no more." == body["errorText"]
    assert (0, ["conversation_closed"]) == (chat.get()["totalMessagesCount"], chat.happened())


@pytest.mark.parametrize("by", ["client said to be team", "teammate", "bot"])
def test_a_team_message_for_a_closed_conversation_is_stored_and_is_to_be_mailed(chat: Chat, by: str) -> None:
    chat.close()
    said = message(isByTeam=True) if by.startswith("client") else message(author=author_of(chat.shop, by))

    assert "team" == chat.say(said)[0]["author"]["status"]
    assert [True] == [event.is_to_be_mailed for event in added(chat)]
    assert (1, True) == tuple(chat.get()[name] for name in ("totalMessagesCount", "isClosed"))


def test_a_teammate_who_writes_as_a_client_is_refused_too(chat: Chat) -> None:
    chat.close()

    refusal(chat.add(message(author=hire(chat.shop).author, isByTeam=False)), 409, 4001)


def test_before_the_end_no_message_is_to_be_mailed(chat: Chat) -> None:
    chat.say(message(), message(author=BOT), message(isByTeam=True))

    assert [False] * 3 == [event.is_to_be_mailed for event in added(chat)]


def test_one_clients_message_for_a_closed_conversation_refuses_the_teams_too(chat: Chat) -> None:
    chat.close()
    refusal(chat.add(message(author=BOT), message()), 409, 4001)

    assert (0, []) == (chat.get()["totalMessagesCount"], chat.texts())


@pytest.mark.parametrize("bad", [message(""), message(author={"id": UNKNOWN}), message(creationTime="now")])
def test_a_wrong_value_is_refused_before_the_state_is_looked_at(chat: Chat, bad: Any) -> None:
    chat.close()

    refusal(chat.add(bad), 422, 1001)
    refusal(chat.add(message(), bad), 422, 1001)


# Once


def test_a_repeat_with_the_same_key_adds_nothing(chat: Chat) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, again = chat.add("Hello", headers=key), chat.add("Hello", headers=key)

    assert first.body == again.body
    assert (None, "true") == (first.headers["Idempotent-Replayed"], again.headers["Idempotent-Replayed"])
    assert 1 == chat.get()["totalMessagesCount"]


def test_a_repeat_gets_its_answer_after_the_conversation_was_closed(chat: Chat) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = chat.add("Hello", headers=key)
    chat.close()

    assert first.body == chat.add("Hello", headers=key).body
