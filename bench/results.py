"""What a run measured, as it is kept in JSON, and the medians and ratios drawn from it."""

from collections.abc import Callable
from statistics import median
from typing import Generic, TypeVar

import msgspec

from bench.load import Outcome
from bench.machine import Machine

BASELINE = "baseline"
CEILING = "ceiling"
MIB = 2**20
"""Bytes in a mebibyte, the unit memory is shown in."""


R = TypeVar("R")


class Rounds(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """One run of a benchmark that asks the same in every round."""

    machine: Machine
    rounds: list[R]

    def middle(self, what: Callable[[R], float]) -> float:
        """The median over the rounds."""
        return median(self.values(what))

    def values(self, what: Callable[[R], float]) -> list[float]:
        """Each round's."""
        return [what(each) for each in self.rounds]


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one target: all callers at once, then one alone."""

    crowd: Outcome
    alone: Outcome


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured of one target."""

    name: str
    label: str
    ready_after_s: list[float]
    idle_bytes: int
    rounds: list[Round]

    @property
    def crowd_rates(self) -> list[float]:
        """Creates a second of every round."""
        return [each.crowd.per_s for each in self.rounds]

    @property
    def ready_ms(self) -> float:
        """Milliseconds from the start of the process until it is ready."""
        return median(self.ready_after_s) * 1e3

    @property
    def idle_mib(self) -> float:
        """Resident memory before the first request."""
        return self.idle_bytes / MIB

    @property
    def loaded_mib(self) -> float:
        """The most resident memory seen in any round."""
        return max(each.crowd.resident_peak_bytes for each in self.rounds) / MIB

    def crowd(self, value: Callable[[Outcome], float]) -> float:
        """Return the median over the rounds with all callers."""
        return median(value(each.crowd) for each in self.rounds)

    def alone(self, value: Callable[[Outcome], float]) -> float:
        """Return the median over the rounds with one caller."""
        return median(value(each.alone) for each in self.rounds)

    def times(self, other: "Result") -> float:
        """Return how many times the other's rate this one's is: the median of the ratios of each round."""
        return median(mine / theirs for mine, theirs in zip(self.crowd_rates, other.crowd_rates, strict=True))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the create benchmark."""

    machine: Machine
    callers: int
    seconds: float
    limit: Outcome
    results: list[Result]

    def named(self, name: str) -> Result | None:
        """Return the result of a target, if it was measured."""
        return next((result for result in self.results if result.name == name), None)

    def times_baseline(self, result: Result) -> float | None:
        """Return how many times the baseline's rate a target's is, if the baseline was measured."""
        baseline = self.named(BASELINE)
        return None if baseline is None else result.times(baseline)

    def part_of_ceiling(self, result: Result) -> float | None:
        """Return which part of the ceiling's rate a target's is, if the ceiling was measured."""
        ceiling = self.named(CEILING)
        return None if ceiling is None else result.times(ceiling)
