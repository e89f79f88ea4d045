"""Who of several processes looks after what that never ends: each thing has one who does, here or elsewhere.

The things are rows (an endpoint, a bot), each with a lease of its own. Whoever has the lease runs a worker for the
thing; when the process ends or dies, another takes over.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from parley.actions.leases import HoldLeases, LetGo
from parley.core.errors import ParleyError, place_of
from parley.core.leases import RENEWED_EVERY, Lease
from parley.ledger import Ledger
from parley.ports import Reader

LOOKS_EVERY = timedelta(seconds=1)  # at the things there are: a new one is looked after so late

T = TypeVar("T")
In_contra = TypeVar("In_contra", contravariant=True)

log = logging.getLogger("parley.shifts")


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The present time."""
        ...

    async def rest(self, wake: asyncio.Event, until: datetime | None) -> None:
        """Return when woken, and at the latest then."""
        ...


class Worker(Protocol[In_contra]):
    """Looks after one thing."""

    def change(self, thing: In_contra) -> None:
        """Take over what others changed about it."""
        ...

    async def run(self) -> None:
        """Look after it until cancelled; to return sooner is to give it up until the next look."""
        ...


class Trade(Protocol[T]):
    """What is looked after, and by whom. `name` begins the names of its leases."""

    name: str

    async def things(self) -> Mapping[int, T]:
        """What is to be looked after, by number."""
        ...

    async def begin(self, number: int, thing: T) -> Worker[T]:
        """Who will look after it."""
        ...

    def end(self, number: int) -> None:
        """Its worker is done."""
        ...


class Shifts(Generic[T]):
    """Runs a worker for each thing whose lease this process has. `gone` tells which leases' holders have ended."""

    def __init__(
        self,
        trade: Trade[T],
        *,
        ledger: Ledger,
        reader: Reader,
        clock: Clock,
        holder: str,
        gone: Callable[[Collection[Lease]], tuple[str, ...]],
    ) -> None:
        self._trade = trade
        self._ledger = ledger
        self._reader = reader
        self._clock = clock
        self._holder = holder
        self._gone = gone
        self._workers: dict[int, Worker[T]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._ending: set[int] = set()  # told to end, and not done yet
        self._held: frozenset[str] = frozenset()
        self._renews_at = clock.now()

    async def run(self) -> None:
        """Look after the things until cancelled; then end what is on its way and give the leases back."""
        try:
            while True:
                try:
                    await self._look()
                except ParleyError as failed:
                    log.warning("shifts_wait", extra={"trade": self._trade.name, "code": failed.code})
                await self._clock.rest(asyncio.Event(), self._clock.now() + LOOKS_EVERY)
        finally:
            await self._end()

    async def _look(self) -> None:
        """See which things there are, hold their leases, start and stop workers."""
        self._forget_done()  # before the things are read, so that what these workers wrote of them is seen
        things = await self._trade.things()
        await self._hold(things)
        mine = {number: thing for number, thing in things.items() if self._lease_of(number) in self._held}
        for number in self._tasks.keys() - mine.keys():
            self._tell_to_end(number)
        for number, thing in mine.items():
            if number in self._workers:
                self._workers[number].change(thing)
            else:
                await self._start(number, thing)

    async def _hold(self, numbers: Collection[int]) -> None:
        """Renew the leases when it is time, or take those that are free."""
        names = set(map(self._lease_of, numbers))
        now = self._clock.now()
        is_time = now >= self._renews_at
        if not names or not (is_time or names - self._held):
            return
        leases = await self._reader.leases()
        gone = self._gone(leases)
        others = {lease.name for lease in leases if not lease.is_free_for(self._holder, now=now, gone=gone)}
        if is_time or names - self._held - others:
            self._held = await self._ledger.submit(HoldLeases(holder=self._holder, names=tuple(names), gone=gone))
            self._renews_at = now + RENEWED_EVERY

    async def _start(self, number: int, thing: T) -> None:
        worker = await self._trade.begin(number, thing)
        self._workers[number] = worker
        self._tasks[number] = asyncio.create_task(worker.run(), name=self._lease_of(number))

    def _tell_to_end(self, number: int) -> None:
        """It takes its time over its last words; telling it again would cut them short."""
        if number not in self._ending:
            self._ending.add(number)
            self._tasks[number].cancel()

    def _forget_done(self) -> None:
        """Forget the workers that are done. One that ended by itself may have lost its lease: see which are held."""
        for number in [number for number, task in self._tasks.items() if task.done()]:
            if number not in self._ending:
                self._renews_at = self._clock.now()
            self._ending.discard(number)
            del self._workers[number]
            task = self._tasks.pop(number)
            self._trade.end(number)
            if not task.cancelled() and (broken := task.exception()) is not None:
                extra = {"lease": self._lease_of(number), "error": type(broken).__name__, "where": place_of(broken)}
                log.error("shift_broken", extra=extra)

    async def _end(self) -> None:
        for number in self._tasks:
            self._tell_to_end(number)
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        self._forget_done()
        held, self._held = self._held, frozenset()
        if held:
            try:
                await self._ledger.submit(LetGo(holder=self._holder, names=tuple(held)))
            except ParleyError as failed:
                log.warning("leases_kept", extra={"trade": self._trade.name, "code": failed.code})

    def _lease_of(self, number: int) -> str:
        return f"{self._trade.name}:{number}"
