"""A clock on which a day passes in a moment: when all who look at it rest, it is the time that is waited for first."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.clock import ManualClock

LOOKERS = (
    "postman",
    "attendants",
    "mail office",
    "attendance office",
    "attendance:",
)  # what the names of the tasks begin with that look around every second
WORKERS = (
    *LOOKERS,
    "webhooks:",
    "delivery",
    "bots:",
    "bot ",
    "mail:",
    "mail closed:",
    "mail ",
)  # … that look at it at all
LOOKS = 500  # of a looker while a long time passes: one who looks every second would look for ever
WITHIN_S = 60.0  # for real, after which somebody is stuck who ought to rest


class VirtualClock(ManualClock):
    """Satisfies `parley.shifts.Clock`, and is a clock like any other for the ledger."""

    def __init__(self) -> None:
        super().__init__()
        self._resting: dict[asyncio.Task[Any], tuple[asyncio.Event, datetime | None]] = {}
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        """The present time."""
        return self.at

    async def rest(self, wake: asyncio.Event, until: datetime | None) -> None:
        """Return when woken, and at the latest then. Whoever waits for a time is woken at that time."""
        if until is not None and until <= self.at:
            wake.set()
        task = asyncio.current_task()
        assert task is not None
        self._resting[task] = (wake, until)
        self._changed.set()
        try:
            if wake.is_set():
                await asyncio.sleep(0)  # the others have their turn
            await wake.wait()
        finally:
            del self._resting[task]

    async def take(self, time: timedelta) -> None:
        """Do something that takes so long."""
        await self.rest(asyncio.Event(), self.at + time)

    async def pass_by(self, time: timedelta) -> None:
        """Let so much time pass, and everything happen that happens meanwhile."""
        end = self.at + time
        async with asyncio.timeout(WITHIN_S):
            while True:
                await self.settle()
                times = list(self._times(not_before=self.at + time / LOOKS))
                if not times or min(times) > end:
                    break
                self._go_to(min(times))
        self.at = end

    def _times(self, *, not_before: datetime) -> Iterator[datetime]:
        """What is waited for. Who only looks around may be late."""
        for task, (_, until) in self._resting.items():
            if until is not None:
                yield max(until, not_before) if task.get_name().startswith(LOOKERS) else until

    async def settle(self) -> None:
        """Let everything happen that happens now."""
        while busy := self._busy():
            self._changed.clear()
            change = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([*busy, change], return_when=asyncio.FIRST_COMPLETED)
            change.cancel()

    def _go_to(self, at: datetime) -> None:
        self.at = max(at, self.at)
        for wake, until in self._resting.values():
            if until is not None and until <= at:
                wake.set()

    def _busy(self) -> list[asyncio.Task[Any]]:
        """The workers that do not rest, or have just been woken."""
        return [task for task in asyncio.all_tasks() if task.get_name().startswith(WORKERS) and not self._rests(task)]

    def _rests(self, task: asyncio.Task[Any]) -> bool:
        return task in self._resting and not self._resting[task][0].is_set()
