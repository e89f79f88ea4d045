"""The live stream over real sockets: where it begins, what it carries, and how it goes on."""

from typing import Any

import pytest

from parley.api.stream import PAGE
from tests.api.chats import Chat, begin, hire, message
from tests.api.envelopes import paths, refusal
from tests.api.following import EVENTS, Follower, follow, path_of
from tests.api.integrators import Integrator
from tests.servers import Reply

UNKNOWN = 2**53 - 1
FRAMES = {"Accept": "text/event-stream"}


def id_of(chat: Chat | None) -> int | None:
    """A conversation's id; none for the whole community."""
    return None if chat is None else chat.id


def ask(shop: Integrator, chat: Chat | None, query: str = "", method: str = "GET", **headers: str) -> Reply:
    """Ask for events without waiting for any."""
    path = path_of(id_of(chat)) + query
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.server.request(method, path, token=shop.token, headers=sent)


def listed(shop: Integrator, chat: Chat | None = None, after: int = 0) -> list[Any]:
    """The events as the list has them, asked for page by page."""
    found: list[Any] = []
    while page := ask(shop, chat, f"?after={after}&take=7").data["events"]:
        found += page
        after = page[-1]["seq"]
    return found


def taken(stream: Follower, count: int) -> list[Any]:
    """The next events of a stream."""
    events = stream.events()
    return [next(events) for _ in range(count)]


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation in which something has happened, beside another one."""
    chat, other = begin(shop, message="Hello"), begin(shop)
    other.say("Not here")
    chat.say("One", "Two")
    return chat


@pytest.fixture(params=["conversation", "community"])
def one(request: pytest.FixtureRequest, chat: Chat) -> Chat | None:
    """Whose stream it is: that conversation's, or the community's."""
    return chat if request.param == "conversation" else None


# How it looks


def test_a_stream_is_answered_as_one(shop: Integrator, chat: Chat, one: Chat | None) -> None:
    with follow(shop, id_of(one)) as stream:
        assert 200 == stream.status
        assert {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "vary": "accept",
        }.items() <= stream.headers.items()
        assert (one is not None) == ("parley-epoch" in stream.headers)
        assert not {"etag", "content-length"} & stream.headers.keys()
        assert {"retry": "2000"} == stream.next().members


def test_an_event_is_a_frame_with_its_number_its_type_and_what_happened(shop: Integrator) -> None:
    with follow(shop) as stream:
        stream.next()
        made = shop.create(message="Hello")
        frames = [stream.next(), stream.next()]

    assert [{"id", "event", "data"}] * 2 == [set(frame.members) for frame in frames]
    assert ["conversation_created", "conversation_message_added"] == [frame.type for frame in frames]
    for frame in frames:
        assert frame.members["id"] == str(frame.data["seq"])
        assert frame.type == frame.data["type"]
        assert made["id"] == frame.data["conversationId"]
    assert {**made, "messages": []} == frames[0].data["conversation"]
    assert made["messages"] == [frames[1].data["message"]]


def test_head_gets_the_head_of_a_stream_and_no_stream(shop: Integrator, chat: Chat) -> None:
    reply = ask(shop, chat, method="HEAD", **FRAMES)

    assert (200, "text/event-stream", b"") == (reply.status, reply.headers["Content-Type"], reply.body)


# Where it begins


def test_a_stream_begins_now(shop: Integrator, chat: Chat, one: Chat | None) -> None:
    with follow(shop, id_of(one)) as stream:
        chat.say("Three")

        assert ["Three"] == [event["message"]["message"] for event in taken(stream, 1)]


def test_a_stream_begins_behind_the_number_in_the_query(shop: Integrator, chat: Chat, one: Chat | None) -> None:
    everything = listed(shop, one)
    for index in (0, 1, len(everything) - 2):
        after = everything[index]["seq"]
        with follow(shop, id_of(one), f"?after={after}") as stream:
            assert everything[index + 1 :] == taken(stream, len(everything) - index - 1)


def test_the_number_of_the_last_frame_counts_before_the_query(shop: Integrator, chat: Chat, one: Chat | None) -> None:
    everything = listed(shop, one)
    last = str(everything[-2]["seq"])
    with follow(shop, id_of(one), "?after=0", last=last) as stream:
        assert everything[-1:] == taken(stream, 1)


def test_an_empty_last_number_is_none(shop: Integrator, chat: Chat) -> None:
    everything = listed(shop, chat)
    with follow(shop, chat.id, "?after=0", last="") as stream:
        assert everything == taken(stream, len(everything))


def test_a_stream_reads_a_long_log_and_goes_on_live(shop: Integrator) -> None:
    chat = begin(shop)
    chat.say(*(f"{number}" for number in range(100)))
    with follow(shop, chat.id, "?after=0") as stream:
        seen = taken(stream, 101)
        chat.say("live")
        seen += taken(stream, 1)

    assert len(seen) > 3 * PAGE
    assert listed(shop, chat) == seen


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "²", str(2**53), "9" * 40])
def test_what_is_no_number_is_refused(shop: Integrator, one: Chat | None, text: str) -> None:
    query = f"?after={text}".replace("²", "%C2%B2")

    assert ["after"] == paths(refusal(ask(shop, one, query), 422, 1001))
    assert ["after"] == paths(refusal(ask(shop, one, query, **FRAMES), 422, 1001))
    if text.isascii():
        headers = {**FRAMES, "Last_Event_ID": text}
        assert ["Last-Event-ID"] == paths(refusal(ask(shop, one, "?after=0", **headers), 422, 1001))


def test_a_number_from_the_future_is_refused(shop: Integrator, chat: Chat, one: Chat | None) -> None:
    last = listed(shop)[-1]["seq"]

    assert [] == ask(shop, one, f"?after={last}").data["events"]
    assert ["after"] == paths(refusal(ask(shop, one, f"?after={last + 1}"), 422, 1001))
    assert ["after"] == paths(refusal(ask(shop, one, f"?after={last + 1}", **FRAMES), 422, 1001))
    headers = {**FRAMES, "Last_Event_ID": str(last + 1)}
    assert ["Last-Event-ID"] == paths(refusal(ask(shop, one, **headers), 422, 1001))


def test_an_unknown_or_foreign_conversation_has_no_stream(shop: Integrator, rival: Integrator) -> None:
    theirs = Chat(shop, begin(rival).id)
    for one in (theirs, Chat(shop, UNKNOWN)):
        refusal(ask(shop, one, **FRAMES), 404, 3001)
        refusal(ask(shop, one), 404, 3001)


def test_a_foreign_communitys_events_are_not_heard(shop: Integrator, rival: Integrator) -> None:
    with follow(shop) as stream:
        begin(rival, message="Mine")
        mine = begin(shop)

        assert [mine.id] == [event["conversationId"] for event in taken(stream, 1)]


# What it carries


def test_a_stream_tells_the_whole_life_of_a_conversation(shop: Integrator) -> None:
    anna = hire(shop)
    with follow(shop) as stream:
        chat = begin(shop, isBotEnabled=True, fields=[], url="https://shop.example/1")
        made = chat.get()
        said = chat.say("Hello")
        brought = chat.bring(message("Long ago", creationTime="2020-01-01T00:00:00Z")).data
        chat.to_queue().to(anna.id).release().to(anna.id).to_bot().to(anna.id)
        rated = chat.rate({"isPositive": True, "text": "Good"}).data
        chat.move({"url": "https://shop.example/2"})
        closed = chat.close()
        told = taken(stream, 12)
    lost = {"reason": "api", "detail": None, "summary": None, "botMessages": 0}
    own = [{name: value for name, value in event.items() if name not in COMMON} for event in told]

    assert [{"conversation": made}] == own[:1]
    assert [
        {"message": said[0], "totalMessagesCount": 1},
        {"messages": brought, "totalMessagesCount": 2},
        {"isAssignedToBot": False, "assigneeId": None, "handover": {**lost, "time": told[3]["time"]}},
        {"assigneeId": anna.id, "reason": "api"},
        {},
        {"assigneeId": anna.id, "reason": "api"},
        {"isAssignedToBot": True, "assigneeId": None, "handover": None},
        {"isAssignedToBot": False, "assigneeId": anna.id, "handover": {**lost, "time": told[8]["time"]}},
        {"feedback": rated},
        {"url": "https://shop.example/2"},
        {"conversation": closed},
    ] == own[1:]
    assert [1, 1, 1, 2, 3, 4, 5, 6, 7, 7, 7, 8] == [event["epoch"] for event in told]


COMMON = {"type", "seq", "time", "conversationId", "epoch"}


def test_a_list_says_the_same_as_the_stream(shop: Integrator, chat: Chat) -> None:
    chat.close()
    everything = listed(shop)
    with follow(shop, query="?after=0") as stream:
        assert everything == taken(stream, len(everything))


def test_the_time_is_that_of_the_change(shop: Integrator) -> None:
    chat = begin(shop)
    chat.say("Hello")
    chat.rate({"isPositive": True})
    told = listed(shop, chat)

    assert chat.get()["lastModifiedTime"] == told[-1]["time"]
    assert chat.get()["creationTime"] == told[0]["time"]


# The list


def test_a_list_goes_on_after_its_next(shop: Integrator, chat: Chat, one: Chat | None) -> None:
    whole = ask(shop, one).data
    seen, after = [], 0
    while (page := ask(shop, one, f"?after={after}&take=2").data)["events"]:
        assert len(page["events"]) <= 2
        seen += page["events"]
        after = page["next"]

    assert whole == {"events": seen, "next": after}
    assert after == page["next"]


@pytest.mark.parametrize("take", ["0", "101", "-1", "x"])
def test_a_list_of_no_or_of_too_many_is_refused(shop: Integrator, take: str) -> None:
    assert ["take"] == paths(refusal(ask(shop, None, f"?take={take}"), 422, 1001))


def test_a_list_ends_after_a_mebibyte(shop: Integrator) -> None:
    chat = begin(shop)
    for _ in range(30):
        chat.say(*(["x" * 10_000] * 10))
    page = ask(shop, chat).data

    assert 80 < len(page["events"]) < 140
    assert 301 == len(listed(shop, chat))


def test_a_list_has_an_entity_tag_and_a_stream_has_none(shop: Integrator, chat: Chat) -> None:
    first = ask(shop, chat)
    again = ask(shop, chat, If_None_Match=first.headers["ETag"])

    assert (304, "accept") == (again.status, again.headers["Vary"])


def test_a_call_on_the_same_connection_behind_a_stream_waits_for_it(shop: Integrator, chat: Chat) -> None:
    """Pipelined: the stream goes on, and its end frees everything though a later request was read already."""
    with follow(shop, chat.id) as stream:
        stream.send(f"GET {EVENTS} HTTP/1.1\r\nHost: parley\r\n\r\n".encode())
        chat.say("Three")

        assert ["Three"] == [event["message"]["message"] for event in taken(stream, 1)]
