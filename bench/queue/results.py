"""What a run of the queue benchmark measured, and the medians and ratios drawn from it."""

from collections.abc import Callable, Iterator
from statistics import median

import msgspec

from bench.bursts import Lap
from bench.machine import Machine

GOAL = 2.0
"""At the greater length everything may cost at most so many times what it costs at the lesser."""

Value = Callable[[Lap], float]


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one caller alone and one of many, kind by kind."""

    alone: dict[str, Lap]
    crowd: dict[str, Lap]

    def of(self, *, is_crowd: bool) -> dict[str, Lap]:
        """Return one of the two."""
        return self.crowd if is_crowd else self.alone


class Restart(msgspec.Struct, frozen=True, kw_only=True):
    """One SIGKILL and what came after: the start of a new process, and its first place told."""

    ready_s: float
    first_place_ms: float
    places_checked: int


class Length(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured at one length of the queue."""

    waiting: int
    file_bytes: int
    resident_bytes: int
    rounds: list[Round]
    restarts: list[Restart]

    def figure(self, kind: str, value: Value, *, is_crowd: bool) -> float:
        """Return the median over the rounds."""
        return median(self.figures(kind, value, is_crowd=is_crowd))

    def figures(self, kind: str, value: Value, *, is_crowd: bool) -> Iterator[float]:
        """Return the figure of every round."""
        return (value(each.of(is_crowd=is_crowd)[kind]) for each in self.rounds)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the queue benchmark."""

    machine: Machine
    seconds: float
    callers: int
    short: Length
    long: Length

    def times(self, kind: str, value: Value, *, is_crowd: bool) -> float:
        """Return how many times as much it is at the greater length: the median of the ratios of each round."""
        short = self.short.figures(kind, value, is_crowd=is_crowd)
        long = self.long.figures(kind, value, is_crowd=is_crowd)
        return median(more / less for less, more in zip(short, long, strict=True))


def cpu_us(lap: Lap) -> float:
    """Return the server's processor time for one call."""
    return lap.server_cpu_us


def p50_ms(lap: Lap) -> float:
    """Return the latency that half of the calls stayed under."""
    return lap.p50_ms


def p99_ms(lap: Lap) -> float:
    """Return the latency that 99 of 100 calls stayed under."""
    return lap.p99_ms
