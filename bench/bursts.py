"""Bursts of load: so many requests of one kind, then so many of the next, each kind measured by itself.

Kinds that take turns within milliseconds share whatever else the machine does, so that their figures can be compared.
"""

from array import array
from collections.abc import Sequence
from time import perf_counter, process_time

import msgspec

from bench.asking import Asking
from bench.callers import Caller, Tally, drained
from bench.errors import BenchError
from bench.generator import percentiles_ms
from bench.usage import cpu_seconds_alone

BURST_S = 30.0
"""A burst is done in less than a second; after this long it is taken to be stuck."""


class Lap(msgspec.Struct, frozen=True, kw_only=True):
    """What all bursts of one kind measured together."""

    calls: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server_cpu_s: float
    generator_cpu_s: float

    @property
    def server_cpu_us(self) -> float:
        """Processor time of the server for one call, in microseconds."""
        return self.server_cpu_s / self.calls * 1e6


class _Sum:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.server_cpu_s = 0.0
        self.generator_cpu_s = 0.0
        self.latencies_ns = array("q")


class Bursts:
    """Runs bursts over the same connections and sums up what they measured, kind by kind."""

    def __init__(self, callers: Sequence[Caller], server_pid: int) -> None:
        """Take the connections and the server, which is one process."""
        self._callers = callers
        self._pid = server_pid
        self._sums: dict[str, _Sum] = {}

    async def burst(self, kind: str, asking: Asking) -> None:
        """Ask until nothing more is to be asked. A wrong reply ends the benchmark."""
        tally = Tally()
        tally.is_measuring = True
        server_s, generator_s, began_at = cpu_seconds_alone(self._pid), process_time(), perf_counter()
        await drained([caller.begin(asking, tally) for caller in self._callers], tally, within_s=BURST_S)
        seconds = perf_counter() - began_at
        if tally.failed:
            raise BenchError(f"{kind}: {tally.failed} calls failed, the first with {tally.first_failure}")
        kept = self._sums.setdefault(kind, _Sum())
        kept.seconds += seconds
        kept.server_cpu_s += cpu_seconds_alone(self._pid) - server_s
        kept.generator_cpu_s += process_time() - generator_s
        kept.latencies_ns.extend(tally.latencies_ns)

    def forget(self) -> None:
        """Begin to sum up anew: what was until now was the warm-up."""
        self._sums.clear()

    def laps(self) -> dict[str, Lap]:
        """Return what was measured of each kind."""
        return {kind: _lap(kept) for kind, kept in self._sums.items()}


def _lap(kept: _Sum) -> Lap:
    p50_ms, p99_ms = percentiles_ms(kept.latencies_ns)
    return Lap(
        calls=len(kept.latencies_ns),
        seconds=kept.seconds,
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        server_cpu_s=kept.server_cpu_s,
        generator_cpu_s=kept.generator_cpu_s,
    )
