"""All live streams of a process: their heartbeats, their tokens and their end, looked after for all together."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from parley.api import frames
from parley.api.attending import Attendance
from parley.api.doorkeeper import Doorkeeper
from parley.api.frames import Frames
from parley.api.lines import Lines
from parley.api.session_keeper import SessionKeeper
from parley.api.stream import FAULT, SESSION_ENDED, Connection, Shared, Stream, Topic
from parley.api.words import Typing, written
from parley.core.errors import UnauthorizedError, UnavailableError, place_of
from parley.ports import Neighbours, Reader, Tail

HEARTBEAT_S = 15  # between two heartbeats of a stream; the streams take turns, a second's worth of them at a time
TURN_S = 1.0
RECHECKED_EVERY_S = 20.0  # a token is looked up every other time, so 40 s after a revocation it is known at the latest
PLACES_EVERY_S = 5.0  # at most so often a place in the queue is told
CHECKS_AT_ONCE = 8  # tokens looked up together
READS_AT_ONCE = 8  # streams that read the log at a time

TOKEN_ENDED = "token ended"  # noqa: S105 - a comment in the stream
STOPPING = "server stopping"
DATABASE_AWAY = "database away"

T = TypeVar("T")

log = logging.getLogger("parley.api")


class Streams:
    """Opens streams and looks after the open ones, while `keep_beating`, `keep_checking` and `keep_telling` run."""

    def __init__(
        self,
        *,
        reader: Reader,
        tail: Tail,
        neighbours: Neighbours,
        doorkeeper: Doorkeeper,
        sessions: SessionKeeper,
        attendance: Attendance,
        now: Callable[[], datetime],
    ) -> None:
        self._neighbours = neighbours
        self._shared = Shared(reader, tail, Frames(), asyncio.Semaphore(READS_AT_ONCE))
        self._doorkeeper = doorkeeper
        self._sessions = sessions
        self.attendance = attendance
        self._lines = Lines(reader, tail, now)
        self._turns: list[set[Stream]] = [set() for _ in range(HEARTBEAT_S)]
        self._turn = 0
        self._by_token: dict[str, set[Stream]] = {}
        self._by_community: dict[int, set[Stream]] = {}
        self._is_stopping = False
        self._is_away = False  # the database, when it was asked last

    def __len__(self) -> int:
        """How many are open."""
        return sum(map(len, self._turns))

    async def serve(self, topic: Topic, connection: Connection) -> bytes:
        """Have a stream from its first byte to its last ones, which are returned."""
        stream = Stream(self._shared, topic, connection)
        turn = min(self._turns, key=len)
        turn.add(stream)
        self._by_token.setdefault(topic.token, set()).add(stream)
        self._by_community.setdefault(topic.community_id, set()).add(stream)
        try:
            if self._is_stopping:
                stream.end(STOPPING)
            self.attendance.join(stream)
            if topic.conversation_id is not None:
                await self._lines.join(stream)
            await stream.run()
        except UnavailableError:
            stream.end(DATABASE_AWAY)
        except Exception as broken:  # noqa: BLE001 - the answer has begun, and no other can be given
            extra = {"error": type(broken).__name__, "where": place_of(broken)}
            log.error("fault", extra=extra)  # noqa: TRY400 - an error's text may repeat what somebody sent
            stream.end(FAULT)
        finally:
            turn.discard(stream)
            self.attendance.leave(stream)
            _forget(self._by_token, topic.token, stream)
            _forget(self._by_community, topic.community_id, stream)
            self._lines.leave(stream)
        return frames.comment(stream.farewell or "")

    def end_session(self, session: str) -> None:
        """End the streams of a session that was ended here. Elsewhere they end when they are checked."""
        self._end(session, SESSION_ENDED)

    def tell_typing(self, typing: Typing) -> None:
        """Show that somebody writes: here at once, whatever the database does, and in the other processes soon."""
        self.show_typing(typing)
        self._neighbours.tell(written(typing))

    def show_typing(self, typing: Typing) -> None:
        """Show the other teammates, and whoever follows the conversation, that somebody writes in it."""
        what, frame = typing.frame, frames.typing_frame(typing.frame)
        for stream in self._by_community.get(typing.community_id, ()):
            topic = stream.topic
            if topic.conversation_id == what.conversation_id or topic.user_id not in {None, what.user_id}:
                stream.show(frame)

    def stop(self) -> None:
        """End all streams, and at once every one that is opened from now on."""
        self._is_stopping = True
        for turn in self._turns:
            for stream in turn:
                stream.end(STOPPING)

    async def keep_beating(self) -> None:
        """Give heartbeats until cancelled."""
        while True:
            await asyncio.sleep(TURN_S)
            self.beat()

    async def keep_checking(self) -> None:
        """Look at the tokens until cancelled."""
        while True:
            await asyncio.sleep(RECHECKED_EVERY_S)
            await self.check()

    async def keep_telling(self) -> None:
        """Tell places until cancelled."""
        while True:
            await asyncio.sleep(PLACES_EVERY_S)
            with contextlib.suppress(UnavailableError):
                await self.tell()

    def beat(self) -> None:
        """Give those whose turn it is their heartbeat."""
        self._turn = (self._turn + 1) % HEARTBEAT_S
        for stream in self._turns[self._turn]:
            stream.beat()

    async def check(self) -> None:
        """Look up every token once, and end the streams of those that are no longer good."""
        self._is_away = False
        tokens = iter(list(self._by_token))

        async def look() -> None:
            for token in tokens:
                await self._check(token)

        await asyncio.gather(*(look() for _ in range(CHECKS_AT_ONCE)))

    async def tell(self) -> None:
        """Tell those who wait their places, if these changed."""
        await self._lines.tell()

    async def _check(self, token: str) -> None:
        """Look one up. A database that has been away for a minute is asked once a round, not for every token."""
        streams = self._by_token.get(token)
        if not streams:
            return
        is_session = next(iter(streams)).topic.user_id is not None
        keeper = self._sessions if is_session else self._doorkeeper
        words = SESSION_ENDED if is_session else TOKEN_ENDED
        if not self._is_away and keeper.remembered(token) is None:
            try:
                await keeper.verify(token)
            except UnauthorizedError:
                self._end(token, words)
            except UnavailableError:
                self._is_away = True
        if self._is_away and keeper.known(token) is None:
            self._end(token, DATABASE_AWAY)

    def _end(self, token: str, words: str) -> None:
        for stream in self._by_token.get(token, ()):
            stream.end(words)


def _forget(streams: dict[T, set[Stream]], key: T, stream: Stream) -> None:
    those = streams[key]
    those.discard(stream)
    if not those:
        del streams[key]
