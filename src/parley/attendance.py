"""Sees to it that teammates who gave no sign of life are known to be gone, and that what they have goes back in time.

What is to come is a column of their rows (`due_at`), so nothing is lost when a process dies: the next one reads it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta

from parley.actions.attendance import TendTeammates
from parley.core.errors import ParleyError
from parley.core.people import Teammate
from parley.ledger import Ledger
from parley.ports import SERVER, Reader
from parley.shifts import Clock

PAGE = 100  # teammates looked after at a time, each with what they have
LOOKS_EVERY = timedelta(seconds=2)  # one look into an index that holds nobody but those for whom something is to come

log = logging.getLogger("parley.attendance")


class Registrar:
    """Looks after whoever is due for as long as `run` runs."""

    def __init__(self, *, ledger: Ledger, reader: Reader, clock: Clock) -> None:
        self._ledger = ledger
        self._reader = reader
        self._clock = clock

    def change(self, thing: None) -> None:
        """There is nothing to change."""

    async def run(self) -> None:
        """Look after them until cancelled."""
        while True:
            try:
                is_all = await self._look()
            except ParleyError as failed:
                log.warning("attendance_waits", extra={"code": failed.code})
                is_all = True
            if is_all:
                await self._clock.rest(asyncio.Event(), self._clock.now() + LOOKS_EVERY)

    async def _look(self) -> bool:
        """Look after those who are due; whether these were all."""
        due = await self._reader.due_teammates(until=self._clock.now(), take=PAGE)
        for community_id, user_ids in _by_community(due).items():
            await self._ledger.submit(TendTeammates(community_id=community_id, user_ids=tuple(user_ids)))
        return len(due) < PAGE


class Registry:
    """Appoints the registrar. Satisfies `parley.shifts.Trade`."""

    name = "attendance"

    def __init__(self, *, ledger: Ledger, reader: Reader, clock: Clock) -> None:
        self._ledger = ledger
        self._reader = reader
        self._clock = clock

    async def things(self) -> Mapping[int, None]:
        """The whole server's teammates."""
        return {SERVER: None}

    async def begin(self, number: int, thing: None) -> Registrar:
        """A registrar."""
        return Registrar(ledger=self._ledger, reader=self._reader, clock=self._clock)

    def end(self, number: int) -> None:
        """There is nothing to undo."""


def _by_community(teammates: Iterable[Teammate]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for teammate in teammates:
        found.setdefault(teammate.community_id, []).append(teammate.user_id)
    return found
