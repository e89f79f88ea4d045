"""A stretch of writes at a steady rate, client after client: each is sent when it is due, however late others are.

`run` starts the generator, hands it a `Job` and reads a `Written`. Latency is from sending to the answer; how late a
write is sent, because the machine is busy, is told beside it.

When a write is due within its part of the second is left to dice, the same for every server of a round. On a beat, the
bot's answers would be on it too: always just after a write, or never.
"""

import asyncio
import random
from array import array
from collections import deque
from time import perf_counter, process_time

import msgspec

from bench.asking import Address
from bench.bots.asking import Say
from bench.callers import CONNECT_S, Caller, Tally, connected, drained
from bench.errors import BenchError
from bench.generator import answer, carried_out, percentiles_ms
from bench.usage import cpu_seconds, resident_bytes

CONNECTIONS = 16
"""Keep-alive connections that writes take turns on; when all are busy, another is opened."""

DRAIN_S = 15.0
"""How long writes may still take after the last was sent."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """So many writes a second against one server, in these conversations in turn."""

    address: Address
    server_pid: int
    conversation_ids: list[int]
    """By client."""

    rate: float
    warm_up_s: float
    seconds: float
    dice: int


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What one stretch measured; all but `writes_in_all` is of the time after the warm-up."""

    writes: int
    seconds: float
    p50_ms: float
    p99_ms: float
    late_p99_ms: float
    """How late a write was sent, against when it was due."""

    server_cpu_s: float
    generator_cpu_s: float
    resident_bytes: int
    """Of the server, at the end."""

    connections: int
    writes_in_all: int

    @property
    def server_cpu_us(self) -> float:
        """Processor time of the server for one write and all that comes of it, in microseconds."""
        return self.server_cpu_s / max(self.writes, 1) * 1e6


def run(job: Job) -> Written:
    """Run a job in a process of its own."""
    within_s = 2 * CONNECT_S + job.warm_up_s + job.seconds + DRAIN_S
    return carried_out("bench.bots.writing", job, Written, within_s=within_s)


class _Clients:
    """The connections, the time, and how late writes were sent."""

    def __init__(self, job: Job, callers: list[Caller]) -> None:
        self.callers = callers
        self.late_ns = array("q")
        self._job = job
        self._free = deque(callers)  # the one that was used longest ago is next: none is idle for long
        self._dice = random.Random(job.dice)
        self._began_at = perf_counter()

    async def until(self, due_s: float) -> None:
        await asyncio.sleep(self._began_at + due_s - perf_counter())

    async def write(self, number: int, tally: Tally) -> asyncio.Future[None]:
        """Send the next write, which has this number, when it is due; the future is done with its answer."""
        due_s = (number + self._dice.random()) / self._job.rate
        await self.until(due_s)
        caller = self._free.popleft() if self._free else await self._another()
        client = number % len(self._job.conversation_ids)
        conversation_id = self._job.conversation_ids[client]
        say = Say(self._job.address, client=client, conversation_id=conversation_id, number=number)
        if tally.is_measuring:
            self.late_ns.append(max(0, round((perf_counter() - self._began_at - due_s) * 1e9)))
        call = caller.begin(say, tally)
        call.add_done_callback(lambda _: self._free.append(caller))
        return call

    async def _another(self) -> Caller:
        (caller,) = await connected(self._job.address.port, 1)
        self.callers.append(caller)
        return caller


async def _carry_out(job: Job) -> Written:
    clients = _Clients(job, await connected(job.address.port, CONNECTIONS))
    before, measured = round(job.rate * job.warm_up_s), round(job.rate * job.seconds)
    warm_up, tally = Tally(), Tally()
    tally.is_measuring = True
    calls = [await clients.write(number, warm_up) for number in range(before)]
    await clients.until(before / job.rate)
    server_s, generator_s, began_at = cpu_seconds(job.server_pid), process_time(), perf_counter()
    calls += [await clients.write(number, tally) for number in range(before, before + measured)]
    await clients.until((before + measured) / job.rate)
    seconds = perf_counter() - began_at
    server_cpu_s, generator_cpu_s = cpu_seconds(job.server_pid) - server_s, process_time() - generator_s
    resident = resident_bytes(job.server_pid)
    await drained(calls, tally, within_s=DRAIN_S)
    for caller in clients.callers:
        caller.close()
    if failed := warm_up.failed + tally.failed:
        raise BenchError(f"{failed} writes failed, the first with {warm_up.first_failure or tally.first_failure}")
    p50_ms, p99_ms = percentiles_ms(tally.latencies_ns)
    return Written(
        writes=measured,
        seconds=seconds,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        late_p99_ms=percentiles_ms(clients.late_ns)[1],
        server_cpu_s=server_cpu_s,
        generator_cpu_s=generator_cpu_s,
        resident_bytes=resident,
        connections=len(clients.callers),
        writes_in_all=before + measured,
    )


if __name__ == "__main__":
    answer(Job, _carry_out)
