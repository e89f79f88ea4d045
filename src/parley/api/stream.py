"""One live stream: what happens, sent to one caller as it happens."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from parley.api import frames
from parley.api.courses import Course
from parley.api.frames import Frames
from parley.core import events
from parley.core.events import Event
from parley.core.waiting import NOT_WAITING
from parley.ports import Place, Reader, Tail

OUTBOX_LIMIT = 262_144  # bytes that may wait for a reader: then no more is written until it has taken them
PAGE = 25  # events read at a time: each can hold a call's 100 messages

SESSION_ENDED = "session ended"
FAULT = "server fault"  # the words of a stream that ends by a bug of ours

# What changes who holds a conversation, and with it whether it waits.
MOVES = (
    events.TakeoverChanged,
    events.ConversationAssigned,
    events.ConversationReleased,
    events.ConversationClosed,
)


# What ends all sessions of a teammate.
SIGN_OUTS = (events.TeammateDisabled, events.TeammateRoleChanged, events.PasswordChanged)


class Connection(Protocol):
    """The caller's connection, past the request that is under way on it."""

    @property
    def backlog(self) -> int:
        """Bytes that the system has not taken yet, because the caller has not."""
        ...

    @property
    def taken(self) -> int:
        """Bytes that the system has taken so far."""
        ...

    @property
    def is_choked(self) -> bool:
        """Whether the caller takes less than it is sent: `drained` would wait."""
        ...

    @property
    def silent_s(self) -> float:
        """How long ago the caller gave the last sign of life, so far as is known."""
        ...

    def keep(self, lost: Callable[[], None]) -> None:
        """Have the answer last. `lost` is called when the caller goes away, at once if it has already."""
        ...

    def push(self, body: bytes) -> None:
        """Write a part of the answer, and wait for nobody."""
        ...

    async def drained(self) -> None:
        """Return when the caller has taken nearly everything, or has gone."""
        ...

    def abort(self) -> None:
        """Drop the connection with whatever waits in it."""
        ...


class Shared(msgspec.Struct, frozen=True):
    """What all streams of a process share."""

    reader: Reader
    tail: Tail
    frames: Frames
    turns: asyncio.Semaphore  # so that a thousand who come back at once leave the database to others, too


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream is about, with what it was opened with, and the number that it begins behind.

    It was opened with an access token, or by the teammate `user_id` with a session, named by its hash and begun then.
    `is_answered`: whoever opened it answers each heartbeat.
    """

    community_id: int
    conversation_id: int | None
    token: str
    after: int
    place: Place | None = None
    user_id: str | None = None
    begun_at: datetime | None = None
    is_answered: bool = False

    def tells(self, event: Event) -> bool:
        """Whether the event is for whoever opened it."""
        return self.user_id is not None or not events.is_for_teammates(event.what)

    def ends_with(self, event: Event) -> bool:
        """Whether the event ends the session that it was opened with."""
        if self.begun_at is None or not isinstance(event.what, SIGN_OUTS):
            return False
        return event.what.user_id == self.user_id and event.at > self.begun_at


class Stream:
    """Sends what it hears, and what it has not heard it reads from the log: as fast as the caller takes it.

    Satisfies `parley.ports.Listener`.
    """

    __slots__ = (
        "_connection",
        "_course",
        "_is_gone",
        "_shared",
        "_stuck_at",
        "_told",
        "_waker",
        "farewell",
        "is_unsure",
        "topic",
    )

    def __init__(self, shared: Shared, topic: Topic, connection: Connection) -> None:
        self.topic = topic
        self.is_unsure = False  # whether its place in the queue has to be asked for
        self.farewell: str | None = None  # why it ends
        self._shared = shared
        self._connection = connection
        self._course = Course(topic.after)
        self._told: bytes | None = None  # the last frame of its place, while it waits
        self._is_gone = False
        self._stuck_at: int | None = None
        self._waker: asyncio.Future[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether its conversation waits, as far as the caller was told."""
        return self._told is not None

    @property
    def silent_s(self) -> float:
        """How long ago the caller gave the last sign of life: none is later than the last heartbeat that was taken."""
        return self._connection.silent_s

    async def run(self) -> None:
        """Send until it is to end, or the caller has gone. Raises UnavailableError."""
        self._connection.keep(self._lose)
        self._connection.push(frames.HELLO)
        if self.topic.place is not None:
            self.tell(self.topic.place)
        topic, tail = self.topic, self._shared.tail
        try:
            await tail.follow(self, community_id=topic.community_id, conversation_id=topic.conversation_id)
            while not self._has_ended():
                await self._catch_up()
                await self._until_woken()
        finally:
            tail.leave(self)

    def hear(self, event: Event) -> None:
        """Send an event, if it is the next one and the caller keeps up."""
        if isinstance(event.what, MOVES):
            self.is_unsure = True
        if self.topic.ends_with(event):
            self.end(SESSION_ENDED)
        if self._has_ended():
            return
        try:
            self._hear(event)
        except BaseException:
            self.end(FAULT)  # rather than be silent from here on
            raise

    def tell(self, place: Place) -> None:
        """Send its place in the queue, if it is another one; once more when it waits no longer."""
        if self._has_ended() or self._connection.is_choked:
            return
        self.is_unsure = False
        frame = frames.queue_frame(self.topic.conversation_id or 0, place)
        if frame != self._told and (self.is_waiting or place.position != NOT_WAITING):
            self._connection.push(frame)
        self._told = None if place.position == NOT_WAITING else frame

    def show(self, frame: bytes) -> None:
        """Send what is no event and soon no longer true, if the caller has everything else."""
        if self._course.is_live and not self._has_ended() and self._connection.backlog == 0:
            self._connection.push(frame)

    def beat(self) -> None:
        """Show that the stream lives; cut off a caller who has taken nothing since the last beat but one."""
        if self._connection.backlog == 0:
            self._stuck_at = None
            self._connection.push(frames.HEARTBEAT)
        elif self._stuck_at == self._connection.taken:
            self._connection.abort()
        else:
            self._stuck_at = self._connection.taken

    def end(self, words: str) -> None:
        """Let it end with these words as a comment; when the caller is not reading, without."""
        self.farewell = self.farewell or words
        if self._connection.is_choked:
            self._connection.abort()
        self._wake()

    def _hear(self, event: Event) -> None:
        if self._course.is_live and self._connection.backlog > OUTBOX_LIMIT:
            self._course.fall_behind()
            self._wake()
        elif self._course.hear(event) and self.topic.tells(event):
            self._connection.push(self._shared.frames.of(event))

    def _has_ended(self) -> bool:
        return self._is_gone or self.farewell is not None

    async def _catch_up(self) -> None:
        """Send the log from what was sent last to its end, each page when the caller has taken the one before."""
        topic = self.topic
        while not (self._course.is_live or self._has_ended()):
            await self._connection.drained()
            async with self._shared.turns:
                page = await self._shared.reader.events_of(
                    topic.community_id, after=self._course.begin(), take=PAGE, conversation_id=topic.conversation_id
                )
            if self._has_ended():  # since its token ended, nothing more may be told
                return
            for event in self._course.turn(page, is_end=len(page) < PAGE):
                if topic.tells(event):
                    self._connection.push(frames.frame(event))

    async def _until_woken(self) -> None:
        if self._course.is_live and not self._has_ended():
            self._waker = asyncio.get_running_loop().create_future()
            await self._waker

    def _wake(self) -> None:
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    def _lose(self) -> None:
        self._is_gone = True
        self._wake()
