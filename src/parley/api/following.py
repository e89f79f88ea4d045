"""What happens in a conversation or a community: as a live stream, or as a list to be asked for again."""

import msgspec

from parley.api import epochs, frames, wire
from parley.api.accept import EVENT_STREAM, prefers_stream
from parley.api.calls import Answer, Call, read_bool, read_whole, wrong
from parley.api.courses import seq_of
from parley.api.errors import Headers
from parley.api.stream import Topic
from parley.core.errors import NotFoundError
from parley.core.events import Event
from parley.ports import Place

TAKE_LIMIT = 100
READ_AT_ONCE = 25  # events; each can hold a call's 100 messages
LIST_BYTES = 2**20  # of events in one answer; the one that goes over is the last

LAST_EVENT_ID = "Last-Event-ID"

_VARIES: Headers = ((b"vary", b"accept"),)
_STREAM_HEADERS: Headers = ((b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))


async def of_conversation(call: Call) -> Answer:
    """GET /chat/conversations/{id}/events."""
    conversation_id = call.id()
    backend = call.backend
    after = _read_after(call)
    places = await backend.reader.places(call.access.community_id, [conversation_id], at=backend.now())
    if conversation_id not in places:
        msg = f"There is no conversation {conversation_id}."
        raise NotFoundError(msg)
    place = places[conversation_id]
    answer = await _answer(call, after, conversation_id, place)
    return msgspec.structs.replace(answer, headers=answer.headers + epochs.headers(place.epoch))


async def of_community(call: Call) -> Answer:
    """GET /events."""
    return await _answer(call, _read_after(call))


async def for_agents(call: Call) -> Answer:
    """GET /agents/events."""
    agent = call.agent
    topic = Topic(
        community_id=agent.community_id,
        conversation_id=None,
        token=agent.session,
        after=0,
        user_id=agent.user_id,
        begun_at=agent.visitor.session.begun_at,
        is_answered=read_bool(call.query().get("answersHeartbeats"), "answersHeartbeats", default=False),
    )
    return await _follow(call, topic, _read_after(call))


async def answer_heartbeat(call: Call) -> Answer:
    """POST /agents/heartbeat."""
    call.backend.streams.attendance.hear(call.agent.community_id, call.agent.user_id)
    return Answer(wire.envelope({}))


def wants_stream(call: Call) -> bool:
    """Whether the caller would rather have a stream."""
    return prefers_stream(call.accept)


async def _answer(
    call: Call, after: int | None, conversation_id: int | None = None, place: Place | None = None
) -> Answer:
    topic = Topic(
        community_id=call.access.community_id, conversation_id=conversation_id, token=call.token, after=0, place=place
    )
    return await _follow(call, topic, after)


async def _follow(call: Call, topic: Topic, after: int | None) -> Answer:
    """The stream of a topic, or its list: behind `after`, or a stream from now on and a list from the beginning."""
    last = await call.backend.reader.last_seq(topic.community_id)
    if after is not None and after > last:
        raise wrong(_name_of_after(call), f"must be the number of an event; the last one is {last}", str(after))
    if not wants_stream(call):
        return await _list(call, msgspec.structs.replace(topic, after=after or 0))
    return _stream(call, msgspec.structs.replace(topic, after=last if after is None else after))


def _stream(call: Call, topic: Topic) -> Answer:
    streams, connection, is_head = call.backend.streams, call.connection, call.method == "HEAD"

    async def serve() -> bytes:
        return b"" if is_head else await streams.serve(topic, connection)

    return Answer(b"", headers=_VARIES + _STREAM_HEADERS, media_type=EVENT_STREAM.encode(), stream=serve)


async def _list(call: Call, topic: Topic) -> Answer:
    take = read_whole(call.query().get("take"), "take", least=1, most=TAKE_LIMIT, default=TAKE_LIMIT)
    found: list[msgspec.Raw] = []
    after, size, is_end = topic.after, 0, False
    while not is_end and len(found) < take and size < LIST_BYTES:
        wanted = min(READ_AT_ONCE, take - len(found))
        page = await _page(call, topic, after, wanted)
        shown = [msgspec.Raw(frames.written(event)) for event in page if topic.tells(event)]
        found += shown
        size += sum(map(len, shown))
        after = seq_of(page[-1]) if page else after
        is_end = len(page) < wanted
    return Answer(wire.envelope({"events": found, "next": after}), headers=_VARIES)


async def _page(call: Call, topic: Topic, after: int, take: int) -> list[Event]:
    return await call.backend.reader.events_of(
        topic.community_id, after=after, take=take, conversation_id=topic.conversation_id
    )


def _read_after(call: Call) -> int | None:
    """Behind which number to begin. Of a stream, what came last counts, then the query; of a list the query alone."""
    name = _name_of_after(call)
    text = call.headers[name.lower().encode()].decode("latin-1").strip() if name == LAST_EVENT_ID else _after(call)
    return read_whole(text, name, default=0) if text else None


def _name_of_after(call: Call) -> str:
    sent = call.headers.get(LAST_EVENT_ID.lower().encode(), b"").strip()
    return LAST_EVENT_ID if sent and wants_stream(call) else "after"


def _after(call: Call) -> str | None:
    return call.query().get("after")
