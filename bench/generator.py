"""The load generator as a process of its own, so that the server has a core to itself.

A module that generates load reads its job from standard input and writes what it measured to standard output.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
import uvloop

from bench.errors import BenchError

_MS_PER_NS = 1e-6
_FEWEST_FOR_QUANTILES = 2

J = TypeVar("J")
T = TypeVar("T")


def carried_out(module: str, job: Any, result: type[T], *, within_s: float) -> T:
    """Run a module with a job in a process of its own; it is ended if it does not end in time."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", module],
            input=msgspec.json.encode(job),
            stdout=subprocess.PIPE,
            timeout=within_s,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise BenchError(f"the load generator {module} did not finish: {error}") from error
    try:
        return msgspec.json.decode(finished.stdout, type=result)
    except msgspec.DecodeError as error:
        raise BenchError(f"the load generator {module} wrote {len(finished.stdout)} bytes: {error}") from error


def answer(job: type[J], carry_out: Callable[[J], Coroutine[Any, Any, Any]]) -> None:
    """Be the process that `carried_out` runs."""
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=job)
    try:
        measured = uvloop.run(carry_out(given))
    except BenchError as error:
        sys.exit(str(error))  # said on standard error, which is the benchmark's own
    sys.stdout.buffer.write(msgspec.json.encode(measured))


def percentiles_ms(latencies_ns: Sequence[int]) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds; zeros when there are too few to tell."""
    if len(latencies_ns) < _FEWEST_FOR_QUANTILES:
        return 0.0, 0.0
    hundredths = statistics.quantiles(latencies_ns, n=100)
    return hundredths[49] * _MS_PER_NS, hundredths[98] * _MS_PER_NS
