"""How the formulas did: mean absolute errors with their uncertainty, and how Parley's range holds."""

import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from bench.wait.day import Ticket
from bench.wait.formulas import MEAN, PARLEY, PEERS, PUBLISHED
from bench.wait.scenarios import AGENTS, CHAT_MIN, CHAT_SIGMA, CHATS_EACH, HOURS, PATIENCE_MIN, SEEDS, Scenario
from parley.core.waiting import Estimate

Day = Sequence[Ticket]

T_95 = 2.045
"""Student's t for 29 degrees of freedom: 95 % intervals from 30 days that know nothing of each other."""

DIGITS = 4
GOAL = 3
"""In so many of the four scenarios Parley's error has to be below that of every other formula."""


class Mean(msgspec.Struct, frozen=True):
    """A mean over everybody who waited, and half the width of its 95 % interval, from how the days differ."""

    value: float
    give: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One formula in one scenario.

    `error` is over all who got an answer, `answers` their part of all. `behind` is how much larger its error is than
    Parley's, over those who got an answer from both; None for Parley itself.
    """

    formula: str
    answers: float
    error: Mean
    behind: Mean | None


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the true waits was at most Parley's P10, P50 and P90; 0.1, 0.5 and 0.9 were promised."""

    p10: float
    p50: float
    p90: float

    @property
    def inside(self) -> float:
        """Which part lay between P10 and P90; 0.8 was promised."""
        return self.p90 - self.p10


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario, with or without customers who give up."""

    scenario: str
    gives_up: bool
    waited: int
    gave_up: float
    true_mean_min: float
    scores: list[Score]
    range: Range

    def score(self, formula: str) -> Score:
        """The score of a formula."""
        return next(score for score in self.scores if score.formula == formula)

    @property
    def not_beaten(self) -> list[str]:
        """The other formulas whose error is not above Parley's."""
        return [name for name in PEERS if _behind(self.score(name)).value <= 0]

    @property
    def ties(self) -> list[str]:
        """The other formulas that differ from Parley's by no more than chance can explain."""
        return [name for name in PEERS if abs(_behind(self.score(name)).value) <= _behind(self.score(name)).give]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run. It has no date and no machine: the same seeds make the same report."""

    agents: int = AGENTS
    chats_each: int = CHATS_EACH
    chat_min: float = CHAT_MIN
    chat_sigma: float = CHAT_SIGMA
    patience_min: float = PATIENCE_MIN
    hours: float = HOURS
    seeds: int = SEEDS
    cells: list[Cell]

    def of(self, *, gives_up: bool) -> list[Cell]:
        """The four scenarios of a variant."""
        return [cell for cell in self.cells if cell.gives_up == gives_up]

    def won(self, *, gives_up: bool) -> int:
        """In how many scenarios Parley's error is below that of every other formula."""
        return sum(not cell.not_beaten for cell in self.of(gives_up=gives_up))


def score(scenario: Scenario, days: Sequence[Day], *, gives_up: bool) -> Cell:
    """Hold what was told against what happened."""
    tickets = [ticket for day in days for ticket in day]
    return Cell(
        scenario=scenario.name,
        gives_up=gives_up,
        waited=len(tickets),
        gave_up=_part(ticket.gave_up for ticket in tickets),
        true_mean_min=_mean(days, lambda ticket: ticket.true_wait).value,
        scores=[_score(formula, days) for formula in (*PEERS, PARLEY, MEAN, PUBLISHED)],
        range=_range([(ticket.told.estimate, ticket.true_wait) for ticket in tickets]),
    )


def _score(formula: str, days: Sequence[Day]) -> Score:
    return Score(
        formula=formula,
        answers=_part(_error(formula, ticket) is not None for day in days for ticket in day),
        error=_mean(days, lambda ticket: _error(formula, ticket)),
        behind=_mean(days, lambda ticket: _behind_parley(formula, ticket)) if formula in PEERS else None,
    )


def _range(waits: Sequence[tuple[Estimate | None, float]]) -> Range:
    told = [(estimate, wait) for estimate, wait in waits if estimate is not None]
    return Range(
        p10=_part(wait <= estimate.p10 for estimate, wait in told),
        p50=_part(wait <= estimate.p50 for estimate, wait in told),
        p90=_part(wait <= estimate.p90 for estimate, wait in told),
    )


def _error(formula: str, ticket: Ticket) -> float | None:
    told = ticket.told.minutes[formula]
    return None if told is None else abs(told - ticket.true_wait)


def _behind_parley(formula: str, ticket: Ticket) -> float | None:
    theirs, ours = _error(formula, ticket), _error(PARLEY, ticket)
    return None if theirs is None or ours is None else theirs - ours


def _behind(score: Score) -> Mean:
    assert score.behind is not None
    return score.behind


def _mean(days: Sequence[Day], value: Callable[[Ticket], float | None]) -> Mean:
    """The mean over all tickets that have the value; a ratio of two sums, and each day is one draw of both."""
    sums, counts = [], []
    for day in days:
        values = [known for ticket in day if (known := value(ticket)) is not None]
        sums.append(math.fsum(values))
        counts.append(len(values))
    mean = math.fsum(sums) / sum(counts)
    squares = math.fsum((total - mean * count) ** 2 for total, count in zip(sums, counts, strict=True))
    deviation = math.sqrt(squares * len(days) / (len(days) - 1)) / sum(counts)
    return Mean(round(mean, DIGITS), round(T_95 * deviation, DIGITS))


def _part(facts: Iterable[bool]) -> float:
    known = list(facts)
    return round(sum(known) / len(known), DIGITS)
