"""The ledger alone, without HTTP: so many callers inside one process submit the seed's create again and again."""

import asyncio
from time import perf_counter, process_time

import msgspec

from bench.fill import BY
from bench.generator import answer, carried_out
from bench.seed import CATEGORY, NAME, TITLE, URL, email_of
from parley import wiring
from parley.actions.create_conversation import CreateConversation
from parley.core.people import Author
from parley.ledger import Ledger

_SPARE_S = 30.0
"""For the start and the end of the process."""


class LedgerJob(msgspec.Struct, frozen=True, kw_only=True):
    """One run of load."""

    url: str
    community_id: int
    callers: int
    warm_up_s: float
    seconds: float
    first_number: int


class LedgerRun(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measured inside its window."""

    calls: int
    seconds: float
    cpu_s: float
    next_number: int

    @property
    def per_s(self) -> float:
        """Creates a second."""
        return self.calls / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor time of the process for one create, in microseconds."""
        return self.cpu_s / max(self.calls, 1) * 1e6


def run(job: LedgerJob) -> LedgerRun:
    """Run a job in a process of its own."""
    return carried_out("bench.postgres.ledger", job, LedgerRun, within_s=job.warm_up_s + job.seconds + _SPARE_S)


class _Crowd:
    """The callers, and what they have done together."""

    def __init__(self, ledger: Ledger, job: LedgerJob) -> None:
        self._ledger = ledger
        self._job = job
        self.number = job.first_number
        self.done = 0
        self.is_over = False

    async def call(self) -> None:
        while not self.is_over:
            number = self.number
            self.number += 1
            await self._ledger.submit(
                CreateConversation(
                    community_id=self._job.community_id,
                    by=BY,
                    author=Author(email=email_of(number), name=NAME),
                    title=TITLE,
                    category_id=CATEGORY,
                    url=URL,
                )
            )
            self.done += 1


async def _carry_out(job: LedgerJob) -> LedgerRun:
    async with wiring.opened(job.url) as parts, asyncio.TaskGroup() as callers:
        crowd = _Crowd(parts.ledger, job)
        for _ in range(job.callers):
            callers.create_task(crowd.call())
        await asyncio.sleep(job.warm_up_s)
        done, began_at, cpu_s = crowd.done, perf_counter(), process_time()
        await asyncio.sleep(job.seconds)
        measured = (crowd.done - done, perf_counter() - began_at, process_time() - cpu_s)
        crowd.is_over = True
    calls, seconds, cpu_s = measured
    return LedgerRun(calls=calls, seconds=seconds, cpu_s=cpu_s, next_number=crowd.number)


if __name__ == "__main__":
    answer(LedgerJob, _carry_out)
