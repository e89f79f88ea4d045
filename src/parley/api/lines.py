"""Places in the queue, told to the streams of those who wait: read for a whole community, and only if needed."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

from parley.api.stream import MOVES, Stream
from parley.core import events
from parley.core.events import Event
from parley.ports import Reader, Tail

ASKED_AT_ONCE = 500  # places read together: about 20 ms of a reader's time
RETOLD_EVERY = 6  # rounds: an expected wait changes by time alone, though nobody moves

# What changes the places or the waits of others.
STIRS = (*MOVES, events.TeammateStatusChanged, events.TeammateDisabled, events.TeammateEnabled)


class Line:
    """The streams of one community's conversations. Satisfies `parley.ports.Listener`."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.is_heard = False
        self.opening = asyncio.Lock()
        self._has_moved = False
        self._rounds = 0

    def hear(self, event: Event) -> None:
        """Note that somebody's place or wait may have changed."""
        if isinstance(event.what, STIRS):
            self._has_moved = True

    def due(self) -> list[Stream]:
        """Whose place is to be asked for in this round."""
        self._rounds += 1
        everyone = self._has_moved or self._rounds % RETOLD_EVERY == 0
        self._has_moved = False
        return [stream for stream in self.streams if stream.is_unsure or (everyone and stream.is_waiting)]

    def ask_again(self) -> None:
        """The answer did not come."""
        self._has_moved = True


class Lines:
    """The lines of all communities that have such streams."""

    def __init__(self, reader: Reader, tail: Tail, now: Callable[[], datetime]) -> None:
        self._reader = reader
        self._tail = tail
        self._now = now
        self._lines: dict[int, Line] = {}

    async def join(self, stream: Stream) -> None:
        """Tell this stream's conversation its place from now on. Raises UnavailableError."""
        community_id = stream.topic.community_id
        line = self._lines.setdefault(community_id, Line())
        line.streams.add(stream)
        async with line.opening:
            if not line.is_heard:
                await self._tail.follow(line, community_id=community_id)
                line.is_heard = True
        stream.is_unsure = True  # what it was told first may have been true before the line was heard

    def leave(self, stream: Stream) -> None:
        """Tell it no more."""
        line = self._lines.get(stream.topic.community_id)
        if line is None:
            return
        line.streams.discard(stream)
        if not line.streams:
            self._tail.leave(line)
            del self._lines[stream.topic.community_id]

    async def tell(self) -> None:
        """One round: ask for the places that may have changed, and tell those that have. Raises UnavailableError."""
        for community_id, line in list(self._lines.items()):
            for some in _parts(line.due()):
                await self._tell(community_id, line, some)

    async def _tell(self, community_id: int, line: Line, streams: list[Stream]) -> None:
        ids = {stream.topic.conversation_id or 0 for stream in streams}
        try:
            places = await self._reader.places(community_id, ids, at=self._now())
        except Exception:
            line.ask_again()
            raise
        for stream in streams:
            place = places.get(stream.topic.conversation_id or 0)
            if place is not None:
                stream.tell(place)


def _parts(streams: list[Stream]) -> Iterator[list[Stream]]:
    for start in range(0, len(streams), ASKED_AT_ONCE):
        yield streams[start : start + ASKED_AT_ONCE]
