"""A stretch of load: so many callers ask the same kind of request for so long.

`run` starts the generator, hands it a `Job` and reads an `Outcome`. The loop is closed: each caller waits for its
answer before it calls again, so latency is that of so many callers at once and says nothing about a server that is
offered more than it can carry.
"""

import asyncio
from time import perf_counter, process_time

import msgspec

from bench.asking import Address
from bench.callers import CONNECT_S, Tally, connected, drained
from bench.generator import answer, carried_out, percentiles_ms
from bench.messages.asking import Adds, Reads
from bench.seed import Creates
from bench.usage import cpu_seconds, resident_bytes

DRAIN_S = 15.0
"""How long requests may still take after the window: more than the 10 s a caller waits at the worst."""

_MEMORY_EVERY_S = 0.5
"""Looking for child processes takes a millisecond or two; twice a second that is not seen in the figures."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One run of load against one server."""

    address: Address
    server_pid: int
    callers: int
    warm_up_s: float
    seconds: float
    asks: Creates | Adds | Reads


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measured; calls and latencies are those of the measured window, unless said otherwise."""

    calls: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server_cpu_s: float
    generator_cpu_s: float
    resident_peak_bytes: int
    answered_in_all: int
    next_number: int
    """The number with which the next run may go on."""

    highest: int
    """The highest number in any reply; of what depends on what was asked."""

    failed: int
    first_failure: str

    @property
    def per_s(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds

    @property
    def server_cpu_us(self) -> float:
        """Processor time of the server for one call, in microseconds."""
        return self.server_cpu_s / max(self.calls, 1) * 1e6

    @property
    def generator_share(self) -> float:
        """The part of one core the generator used: near 1 it is the generator that is measured."""
        return self.generator_cpu_s / self.seconds


def run(job: Job) -> Outcome:
    """Run a job in a process of its own."""
    return carried_out("bench.load", job, Outcome, within_s=CONNECT_S + job.warm_up_s + job.seconds + DRAIN_S)


async def _carry_out(job: Job) -> Outcome:
    asking = job.asks.begin(job.address)
    tally = Tally()
    callers = await connected(job.address.port, job.callers)
    calls = [caller.begin(asking, tally) for caller in callers]
    await asyncio.sleep(job.warm_up_s)
    window = _Window(job.server_pid)
    tally.is_measuring = True
    while window.elapsed_s() < job.seconds:
        await asyncio.sleep(min(_MEMORY_EVERY_S, job.seconds))
        window.see_memory()
    tally.is_measuring = False
    seconds, server_cpu_s, generator_cpu_s = window.close()
    tally.is_over = True
    await drained(calls, tally, within_s=DRAIN_S)
    for caller in callers:
        caller.close()
    p50_ms, p99_ms = percentiles_ms(tally.latencies_ns)
    return Outcome(
        calls=len(tally.latencies_ns),
        seconds=seconds,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        server_cpu_s=server_cpu_s,
        generator_cpu_s=generator_cpu_s,
        resident_peak_bytes=window.resident_peak_bytes,
        answered_in_all=tally.answered,
        next_number=asking.next_number,
        highest=asking.highest,
        failed=tally.failed,
        first_failure=tally.first_failure,
    )


class _Window:
    """The measured stretch of time: clocks at its start, memory on the way, differences at its end."""

    def __init__(self, server_pid: int) -> None:
        self._pid = server_pid
        self.resident_peak_bytes = resident_bytes(server_pid)
        self._server_cpu_s = cpu_seconds(server_pid)
        self._generator_cpu_s = process_time()
        self._began_at = perf_counter()

    def elapsed_s(self) -> float:
        return perf_counter() - self._began_at

    def see_memory(self) -> None:
        self.resident_peak_bytes = max(self.resident_peak_bytes, resident_bytes(self._pid))

    def close(self) -> tuple[float, float, float]:
        return (
            self.elapsed_s(),
            cpu_seconds(self._pid) - self._server_cpu_s,
            process_time() - self._generator_cpu_s,
        )


if __name__ == "__main__":
    answer(Job, _carry_out)
