"""One who follows the log and remembers what was heard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from parley.core.events import Event
from parley.feeds.tail import LogTail
from parley.ports import Reader, Watch

WITHIN_S = 20
NEVER = timedelta(hours=1)  # a poll that does not help out


class Ear:
    """Hears events."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self._changed = asyncio.Event()

    def hear(self, event: Event) -> None:
        """Remember it."""
        self.heard.append(event)
        self._changed.set()

    @property
    def numbers(self) -> list[int]:
        """The numbers of what was heard."""
        return [event.number for event in self.heard]

    async def until(self, holds: Callable[[list[Event]], bool]) -> None:
        """Return when what was heard is so."""
        async with asyncio.timeout(WITHIN_S):
            while not holds(self.heard):
                self._changed.clear()
                await self._changed.wait()

    async def until_number(self, number: int) -> None:
        """Return when this event was heard, or a later one."""
        await self.until(lambda heard: bool(heard) and heard[-1].number >= number)


class DeafEar(Ear):
    """Has a fault of its own."""

    def hear(self, event: Event) -> None:
        """Fail."""
        super().hear(event)
        raise ZeroDivisionError


@asynccontextmanager
async def running(reader: Reader, *, watch: Watch | None = None) -> AsyncIterator[LogTail]:
    """A tail that runs until the block ends, woken by hand or by a watch alone."""
    tail = LogTail(reader, poll=NEVER)
    tasks = [asyncio.create_task(tail.run())]
    if watch is not None:
        tasks.append(asyncio.create_task(watch.watch(tail.wake)))
    try:
        yield tail
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Neighbour:
    """A process that serves: it remembers how often it began to listen, as nobody writes, and what it was told."""

    def __init__(self, watch: Watch) -> None:
        self.tell = watch.tell
        self.begun = 0
        self.words: list[str] = []
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """It listens."""
        self.begun += 1
        self._changed.set()

    def hear(self, word: str) -> None:
        """Remember it."""
        self.words.append(word)
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return when it has come so far."""
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def serving(watch: Watch) -> AsyncIterator[Neighbour]:
    """A process that listens, until the block ends."""
    neighbour = Neighbour(watch)
    task = asyncio.create_task(watch.watch(neighbour.wake, hear=neighbour.hear))
    try:
        await neighbour.until(lambda: neighbour.begun == 1)
        yield neighbour
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
