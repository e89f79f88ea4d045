"""The place of a waiting conversation, told on its own stream."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from parley.api.frames import Frames, queue_frame
from parley.api.lines import RETOLD_EVERY, Lines
from parley.api.stream import Shared, Stream, Topic
from parley.core.waiting import CHATS_NEEDED
from parley.ports import Place
from tests.api.following import Follower
from tests.api.porches import Porch, following

MINUTE = timedelta(minutes=1)
GONE = (-1, None)


class Told:
    """A caller who follows one conversation and looks at what is told of its place."""

    def __init__(self, porch: Porch, conversation_id: int, stream: Follower) -> None:
        self._porch = porch
        self._id = conversation_id
        self._stream = stream

    async def places(self) -> list[tuple[int, int | None]]:
        """The places told since the last time: all frames before that of a message which is added now."""
        await self._porch.say(self._id, "Anybody there?")
        found = []
        while (frame := (await following(self._stream, 1))[0]).type != "conversation_message_added":
            if frame.type == "queue":
                assert {"event", "data"} == set(frame.members)
                assert self._id == frame.data["conversationId"]
                found.append((frame.data["position"], frame.data["waitTime"]))
        return found

    async def round(self) -> list[tuple[int, int | None]]:
        """The places told in the next round."""
        await self._porch.heard()
        await self._porch.streams.tell()
        return await self.places()


async def told(porch: Porch, conversation_id: int) -> Told:
    """Follow a conversation."""
    return Told(porch, conversation_id, await porch.open(conversation_id))


async def test_the_first_frame_tells_the_place_of_one_who_waits(porch: Porch) -> None:
    ids = [await porch.begin() for _ in range(3)]
    stream = await porch.open(ids[2], "?after=0")
    frames = await following(stream, 3)

    assert [{"retry": "2000"}, {"conversationId": ids[2], "position": 3, "waitTime": None}] == [
        frames[0].members,
        frames[1].data,
    ]
    assert "conversation_created" == frames[2].type


async def test_one_who_does_not_wait_is_told_no_place(porch: Porch) -> None:
    first = await porch.begin()
    await porch.take(first, await porch.hire())
    caller = await told(porch, first)

    assert [] == await caller.places()
    assert [] == await caller.round()


async def test_those_behind_are_told_when_one_leaves_and_nobody_when_nothing_moves(porch: Porch) -> None:
    ids = [await porch.begin() for _ in range(4)]
    callers = [await told(porch, each) for each in ids]
    assert [[(1, None)], [(2, None)], [(3, None)], [(4, None)]] == [await each.round() for each in callers]
    await porch.close(ids[1])
    moved = [await each.round() for each in callers if each is not callers[1]]
    still = [await each.round() for each in callers if each is not callers[1]]

    assert [[], [(2, None)], [(3, None)]] == moved
    assert [[], [], []] == still


async def test_one_who_joins_behind_moves_nobody(porch: Porch) -> None:
    caller = await told(porch, await porch.begin())
    assert [(1, None)] == await caller.round()
    await porch.begin()

    assert [] == await caller.round()


@pytest.mark.parametrize("to", ["teammate", "bot", "nobody"])
async def test_one_who_waits_no_longer_is_told_once(porch: Porch, to: str) -> None:
    first = await porch.begin()
    caller = await told(porch, first)
    await caller.round()
    if to == "nobody":
        await porch.close(first)
    else:
        await porch.take(first, await porch.hire() if to == "teammate" else None)

    assert [GONE] == await caller.round()
    assert [] == await caller.round()


async def test_one_who_waits_again_is_told_again(porch: Porch) -> None:
    first, second = await porch.begin(), await porch.begin()
    anna = await porch.hire()
    caller = await told(porch, second)
    await caller.round()
    await porch.take(second, anna)
    gone = await caller.round()
    await porch.release(second)
    back = await caller.round()
    await porch.close(first)

    assert ([GONE], [(2, None)], [(1, None)]) == (gone, back, await caller.round())


async def test_who_came_and_went_between_two_rounds_is_told_nothing(porch: Porch) -> None:
    first = await porch.begin()
    anna = await porch.hire()
    caller = await told(porch, first)
    await caller.round()
    await porch.take(first, anna)
    await porch.release(first)

    assert [] == await caller.round()


class Wire:
    """A connection that leads nowhere. Satisfies `parley.api.stream.Connection`."""

    backlog = taken = 0
    is_choked = False
    silent_s = 0.0

    def __init__(self) -> None:
        self.pushed: list[bytes] = []

    def keep(self, lost: Callable[[], None]) -> None:
        """Nobody goes away."""

    def push(self, body: bytes) -> None:
        """Keep it."""
        self.pushed.append(body)

    async def drained(self) -> None:
        """At once."""

    def abort(self) -> None:
        """There is nothing to drop."""


async def test_a_move_between_the_first_look_and_the_first_round_is_told(porch: Porch) -> None:
    parts, wire = porch.house.parts, Wire()
    first, second = await porch.begin(), await porch.begin()
    topic = Topic(
        community_id=porch.community_id, conversation_id=second, token="", after=0, place=Place(epoch=1, position=2)
    )
    await porch.close(first)
    lines = Lines(parts.reader, parts.tail, porch.house.clock)
    stream = Stream(Shared(parts.reader, parts.tail, Frames(), asyncio.Semaphore()), topic, wire)
    await lines.join(stream)
    await lines.tell()
    lines.leave(stream)

    assert [queue_frame(second, Place(epoch=1, position=1))] == wire.pushed


async def test_the_wait_is_the_one_that_is_asked_for(porch: Porch) -> None:
    anna = await porch.hire()
    await finish_chats(porch, anna)
    first = await porch.begin()
    caller = await told(porch, first)
    opened = await porch.house.parts.reader.conversation(
        porch.community_id, first, messages=None, at=porch.house.clock()
    )

    assert opened is not None
    assert opened.estimate is not None
    assert [(1, opened.estimate.minutes)] == await caller.places()


async def test_a_wait_that_time_changes_is_told_after_some_rounds(porch: Porch) -> None:
    """Nobody leaves, so the longer all have waited the less it is to be expected that others give up."""
    anna = await porch.hire()
    await finish_chats(porch, anna)
    ids = [await porch.begin() for _ in range(40)]
    caller = await told(porch, ids[-1])
    rounds: list[Any] = []
    for _ in range(RETOLD_EVERY + 1):
        porch.house.clock.move(5 * MINUTE)
        rounds += await caller.round()

    assert 2 <= len(rounds) <= 3
    assert rounds[0] < rounds[-1]


async def finish_chats(porch: Porch, teammate: str) -> None:
    """So many as an estimate needs, of ten minutes each."""
    for _ in range(CHATS_NEEDED):
        conversation_id = await porch.begin()
        await porch.take(conversation_id, teammate)
        porch.house.clock.move(10 * MINUTE)
        await porch.close(conversation_id)
