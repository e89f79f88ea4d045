"""What a run of the messages benchmark measured, and the medians and ratios drawn from it."""

from collections.abc import Callable, Iterator
from statistics import median

import msgspec

from bench.bursts import Lap
from bench.load import Outcome
from bench.machine import Machine
from bench.messages.pages import SKIP, Turned

ADD, READ = "add", "read"
CROWD, ALONE = "crowd", "alone"

GOALS = {ADD: 10.0, READ: 5.0}
"""Times the baseline's rate, at least."""

PAGES_GOAL = 2.0
"""Times the short conversation's cost, at most, for a page of the long one; deep skips are only told."""

PageValue = Callable[[Lap], float]


class Rival(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured of one target; each round has an outcome for every call and number of callers."""

    name: str
    label: str
    rounds: list[dict[str, Outcome]]

    def figure(self, call: str, callers: str, value: Callable[[Outcome], float]) -> float:
        """Return the median over the rounds."""
        return median(self.figures(call, callers, value))

    def figures(self, call: str, callers: str, value: Callable[[Outcome], float]) -> Iterator[float]:
        """Return the figure of every round."""
        return (value(each[key(call, callers)]) for each in self.rounds)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the messages benchmark."""

    machine: Machine
    callers: int
    seconds: float
    page_seconds: float
    short: int
    long: int
    parley: Rival
    baseline: Rival
    pages: list[Turned]

    @property
    def page_kinds(self) -> list[str]:
        """Every kind of page, in order."""
        return list(self.pages[0].short)

    def times_baseline(self, call: str, callers: str) -> float:
        """Return how many times the baseline's rate Parley's is: the median of the ratios of each round."""
        return median(
            mine / theirs
            for mine, theirs in zip(
                self.parley.figures(call, callers, lambda outcome: outcome.per_s),
                self.baseline.figures(call, callers, lambda outcome: outcome.per_s),
                strict=True,
            )
        )

    def page(self, kind: str, value: PageValue) -> tuple[float, float]:
        """Return the medians of the short and of the long conversation."""
        return (
            median(value(turned.short[kind]) for turned in self.pages),
            median(value(turned.long[kind]) for turned in self.pages),
        )

    def page_times(self, kind: str, value: PageValue) -> float:
        """Return how many times as much it is in the long one: the median of the ratios of each round."""
        return median(value(turned.long[kind]) / value(turned.short[kind]) for turned in self.pages)

    def most_page_times(self, value: PageValue) -> float:
        """Return the worst of all kinds that the goal is about."""
        return max(self.page_times(kind, value) for kind in self.page_kinds if kind != SKIP)


def key(call: str, callers: str) -> str:
    """Return the name of an outcome within a round."""
    return f"{call}, {callers}"
