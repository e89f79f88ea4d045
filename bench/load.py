"""The load generator: a process of its own, so that the server has a core to itself.

`run` starts it, hands it a `Job` on standard input and reads an `Outcome` from its standard output. The loop
is closed: each caller waits for its answer before it calls again, so latency is that of so many callers at
once and says nothing about a server that is offered more than it can carry.
"""

import asyncio
import statistics
import subprocess
import sys
from time import perf_counter, process_time

import msgspec
import uvloop

from bench.callers import Caller, Tally
from bench.errors import BenchError
from bench.seed import Seed
from bench.usage import cpu_seconds, resident_bytes

DRAIN_S = 15.0
"""How long requests may still take after the window: more than the 10 s a caller waits at the worst."""

START_S = 10.0
"""How long the generator itself may take to start and to connect."""

_MEMORY_EVERY_S = 0.5
"""Looking for child processes takes a millisecond or two; twice a second that is not seen in the figures."""

_MS_PER_NS = 1e-6
_FEWEST_FOR_QUANTILES = 2


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One run of load against one server."""

    port: int
    token: str
    server_pid: int
    callers: int
    warm_up_s: float
    seconds: float
    first_number: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measured; counts and latencies are those of the measured window, unless said otherwise."""

    creates: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server_cpu_s: float
    generator_cpu_s: float
    resident_peak_bytes: int
    answered_in_all: int
    next_number: int
    highest_place: int
    failed: int
    first_failure: str

    @property
    def creates_per_s(self) -> float:
        """Durable creates a second."""
        return self.creates / self.seconds

    @property
    def server_cpu_us(self) -> float:
        """Processor time of the server for one request, in microseconds."""
        return self.server_cpu_s / max(self.creates, 1) * 1e6

    @property
    def generator_share(self) -> float:
        """The part of one core the generator used: near 1 it is the generator that is measured."""
        return self.generator_cpu_s / self.seconds


def run(job: Job) -> Outcome:
    """Run a job in a process of its own; it is ended if it does not end in time."""
    limit_s = START_S + job.warm_up_s + job.seconds + DRAIN_S
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=msgspec.json.encode(job),
            stdout=subprocess.PIPE,
            timeout=limit_s,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise BenchError(f"the load generator did not finish: {error}") from error
    return msgspec.json.decode(finished.stdout, type=Outcome)


async def _carry_out(job: Job) -> Outcome:
    seed = Seed(port=job.port, token=job.token, first_number=job.first_number)
    tally = Tally()
    callers = await _connected(job, seed, tally)
    for caller in callers:
        caller.call()
    await asyncio.sleep(job.warm_up_s)
    window = _Window(job.server_pid)
    tally.is_measuring = True
    while window.elapsed_s() < job.seconds:
        await asyncio.sleep(min(_MEMORY_EVERY_S, job.seconds))
        window.see_memory()
    tally.is_measuring = False
    seconds, server_cpu_s, generator_cpu_s = window.close()
    tally.is_over = True
    await _drained(callers, tally)
    p50_ms, p99_ms = _percentiles_ms(tally)
    return Outcome(
        creates=len(tally.latencies_ns),
        seconds=seconds,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        server_cpu_s=server_cpu_s,
        generator_cpu_s=generator_cpu_s,
        resident_peak_bytes=window.resident_peak_bytes,
        answered_in_all=tally.answered,
        next_number=seed.next_number,
        highest_place=tally.highest_place,
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


async def _connected(job: Job, seed: Seed, tally: Tally) -> list[Caller]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(START_S):
        return [
            (await loop.create_connection(lambda: Caller(seed, tally), "127.0.0.1", job.port))[1]
            for _ in range(job.callers)
        ]


async def _drained(callers: list[Caller], tally: Tally) -> None:
    _, waiting = await asyncio.wait([caller.done for caller in callers], timeout=DRAIN_S)
    for _ in waiting:
        tally.failure(f"no answer within {DRAIN_S:.0f} s of the end of the run")


def _percentiles_ms(tally: Tally) -> tuple[float, float]:
    if len(tally.latencies_ns) < _FEWEST_FOR_QUANTILES:
        return 0.0, 0.0
    hundredths = statistics.quantiles(tally.latencies_ns, n=100)
    return hundredths[49] * _MS_PER_NS, hundredths[98] * _MS_PER_NS


def _main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_carry_out(job))))


if __name__ == "__main__":
    _main()
