"""What a run of the PostgreSQL benchmark measured, and the medians and ratios drawn from it."""

from collections.abc import Callable, Sequence
from statistics import median

import msgspec

from bench.load import Outcome
from bench.machine import Machine
from bench.postgres.ledger import LedgerRun
from bench.postgres.pgbench import PgbenchRun
from bench.postgres.watching import Watch

BASELINE_GOAL = 15.0
PGBENCH_GOAL = 1.0
CPU_GOAL = 1.0


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one target over HTTP."""

    outcome: Outcome
    postgres_cpu_s: float
    """Of all processes of the database's server, warm-up included; 0 for a target that does not use it."""

    watch: Watch | None

    @property
    def postgres_cpu_us(self) -> float:
        """Processor time of the database's server for one create, in microseconds."""
        return self.postgres_cpu_s / max(self.outcome.answered_in_all, 1) * 1e6

    @property
    def cpu_us(self) -> float:
        """The same of the target's own processes and the database's server together."""
        return self.outcome.server_cpu_us + self.postgres_cpu_us


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """All turns of one target."""

    name: str
    label: str
    turns: list[Turn]

    def of(self, value: Callable[[Outcome], float]) -> float:
        """Return the median over the turns."""
        return median(value(turn.outcome) for turn in self.turns)

    def times(self, other: "Served", value: Callable[[Outcome], float]) -> float:
        """Return how many times the other's figure this one's is: the median of the ratios of each round."""
        pairs = zip(self.turns, other.turns, strict=True)
        return median(value(mine.outcome) / value(theirs.outcome) for mine, theirs in pairs)

    def cpu_times(self, other: "Served") -> float:
        """Return how many times the other's CPU for a create this one takes, PostgreSQL's included."""
        pairs = zip(self.turns, other.turns, strict=True)
        return median(mine.cpu_us / theirs.cpu_us for mine, theirs in pairs)

    def watched(self, value: Callable[[Watch], float]) -> float:
        """Return the median over the turns of what was seen of the lock."""
        return median(value(turn.watch) for turn in self.turns if turn.watch is not None)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the PostgreSQL benchmark."""

    machine: Machine
    postgres: dict[str, str]
    drivers: dict[str, str]
    callers: int
    clients: int
    seconds: float
    sqlite: Served
    baseline: Served
    workers: dict[int, Served]
    alone: list[LedgerRun]
    pgbench: list[PgbenchRun]

    @property
    def parley(self) -> Served:
        """Parley on PostgreSQL in one process."""
        return self.workers[1]

    @property
    def served(self) -> Sequence[Served]:
        """Everything that was measured over HTTP."""
        return [self.baseline, *self.workers.values(), self.sqlite]

    @property
    def times_baseline(self) -> float:
        """Parley's rate by the baseline's on the same PostgreSQL."""
        return self.parley.times(self.baseline, per_s)

    @property
    def cpu_times_baseline(self) -> float:
        """The baseline's CPU for a create by Parley's, PostgreSQL's included."""
        return self.baseline.cpu_times(self.parley)

    @property
    def alone_us(self) -> float:
        """CPU of the ledger's process for a create."""
        return median(each.cpu_us for each in self.alone)

    @property
    def times_pgbench(self) -> float:
        """The ledger's rate by pgbench's."""
        return median(mine.per_s / theirs.per_s for mine, theirs in zip(self.alone, self.pgbench, strict=True))

    @property
    def times_sqlite_cpu(self) -> float:
        """CPU for a create of the process on PostgreSQL by that on SQLite."""
        return self.parley.times(self.sqlite, cpu_us)


def per_s(outcome: Outcome) -> float:
    """Return creates a second."""
    return outcome.per_s


def cpu_us(outcome: Outcome) -> float:
    """Return processor time of Parley's processes for one create."""
    return outcome.server_cpu_us
