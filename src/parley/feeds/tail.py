"""The tail of the log: read once, told to all who follow, in order and without a gap (design §1.4).

Whoever writes wakes it: the ledger of this process at once, other processes through the database (`ports.Watch`). A
wake that is missed costs a short wait, never an event.
"""

import asyncio
import contextlib
import logging
from datetime import timedelta

from parley.core.errors import UnavailableError
from parley.core.events import Event
from parley.ports import Listener, Reader

POLL = timedelta(seconds=5)  # the longest that an event is overlooked when nobody wakes us
PAGE = 500  # events read at a time
PAUSE_S = 0.5  # before the next try while the database is away

Key = tuple[int | None, int | None]  # community and conversation; None stands for all

log = logging.getLogger("parley.feeds")


class LogTail:
    """Satisfies `parley.ports.Tail`. It reads nothing while nobody follows."""

    def __init__(self, reader: Reader, *, poll: timedelta = POLL) -> None:
        self._reader = reader
        self._poll_s = poll.total_seconds()
        self._listeners: dict[Key, dict[Listener, None]] = {}
        self._keys: dict[Listener, Key] = {}
        self._number: int | None = None  # the last event that was told; None while nobody follows
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Somebody has written."""
        self._wake.set()

    async def follow(
        self, listener: Listener, *, community_id: int | None = None, conversation_id: int | None = None
    ) -> None:
        """Let it hear every event from now on. Raises UnavailableError; then it does not follow."""
        key = (community_id, conversation_id)
        self._keys[listener] = key
        self._listeners.setdefault(key, {})[listener] = None
        if self._number is None:
            try:
                end = await self._reader.last_number()
            except BaseException:
                self.leave(listener)
                raise
            self._begin(end)
        self._wake.set()

    def _begin(self, end: int) -> None:
        """Tell from here on, unless others have begun meanwhile or everybody has left."""
        if self._number is None and self._keys:
            self._number = end

    def leave(self, listener: Listener) -> None:
        """Let it hear no more."""
        key = self._keys.pop(listener, None)
        if key is not None:
            del self._listeners[key][listener]
            if not self._listeners[key]:
                del self._listeners[key]
        if not self._keys:
            self._number = None

    async def run(self) -> None:
        """Read and tell until cancelled."""
        while True:
            self._wake.clear()
            try:
                while await self._read_page():
                    pass
            except UnavailableError as failed:
                log.warning("tail_waits", extra={"code": failed.code})
                await asyncio.sleep(PAUSE_S)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._wake.wait()

    async def _read_page(self) -> bool:
        """Tell the next events; whether there may be more."""
        after = self._number
        if after is None:
            return False
        page = await self._reader.events(after=after, take=PAGE)
        if self._number != after:
            return True  # everybody left meanwhile, and somebody came
        for event in page:
            if not self._keys:
                return False  # the last one left
            if event.number != self._number + 1:
                log.error("gap_in_log", extra={"after": self._number, "number": event.number})
            self._number = event.number
            self._tell(event)
        return len(page) == PAGE

    def _tell(self, event: Event) -> None:
        keys: list[Key] = [(None, None), (event.community_id, None), (event.community_id, event.conversation_id)]
        if event.conversation_id is None:
            keys.pop()
        for key in keys:
            for listener in tuple(self._listeners.get(key, ())):
                try:
                    listener.hear(event)
                except Exception as broken:  # noqa: BLE001 - a bug in one must not keep the others from hearing
                    self._drop(listener, event, broken)

    def _drop(self, listener: Listener, event: Event, broken: Exception) -> None:
        """Let it hear no more. What went wrong is told by its name: its text may repeat what somebody wrote."""
        extra = {"number": event.number, "listener": type(listener).__name__, "error": type(broken).__name__}
        log.error("listener_dropped", extra=extra)
        self.leave(listener)
