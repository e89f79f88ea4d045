"""The PostgreSQL benchmark: every target in turn, round after round, on one PostgreSQL started for it."""

from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from rich.console import Console

from bench.create import CALLERS, WARM_UP_S, Plan, run_folder
from bench.errors import BenchError
from bench.load import Job, Outcome, run
from bench.machine import this_machine
from bench.postgres import ledger
from bench.postgres.cluster import Postgres, made, started
from bench.postgres.figure import draw
from bench.postgres.ledger import LedgerJob, LedgerRun
from bench.postgres.pgbench import CLIENTS, Pgbench
from bench.postgres.report import show, write
from bench.postgres.results import Report, Served, Turn
from bench.postgres.targets import BaselineOnPostgres, ParleyOnPostgres
from bench.postgres.watching import watched
from bench.progress import Steps
from bench.seed import Creates
from bench.servers import Running, Target
from bench.targets import Parley

WORKERS = (1, 2, 4)

_DRIVERS = ("asyncpg", "psycopg")
_ALONE = "ledger_alone"


@dataclass(slots=True)
class _Entry:
    target: Target
    running: Running
    watches: bool
    next_number: int = 1
    turns: list[Turn] = field(default_factory=list)

    def served(self) -> Served:
        return Served(name=self.target.name, label=self.target.label, turns=self.turns)


def postgres(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=len(WORKERS) + 2 + plan.rounds * (len(WORKERS) + 4))
    with run_folder() as folder, started(folder / "postgres") as server, steps:
        report = _measured(plan, folder, server, steps)
    write(report, plan.results)
    draw(report, plan.results / "postgres.svg")
    show(report, console)


def _measured(plan: Plan, folder: Path, server: Postgres, steps: Steps) -> Report:
    with ExitStack() as stack:
        sqlite = _started(Parley(lambda path: made(f"sqlite:///{path.absolute()}")), folder, stack, steps)
        baseline = _started(BaselineOnPostgres(server), folder, stack, steps)
        workers = {
            count: _started(ParleyOnPostgres(server, workers=count), folder, stack, steps, watches=True)
            for count in WORKERS
        }
        alone = _Alone(server)
        pgbench = Pgbench(server, folder)
        ledger_runs, pgbench_runs = [], []
        for number in range(1, plan.rounds + 1):
            for entry in (sqlite, workers[1], baseline, *(workers[count] for count in WORKERS[1:])):
                _turn(entry, plan, server, steps, f"round {number}")
            steps.begin(f"round {number}: the ledger alone")
            ledger_runs.append(alone.run(plan.seconds))
            steps.done(f"round {number} the ledger alone: {ledger_runs[-1].per_s:,.0f} creates/s")
            steps.begin(f"round {number}: pgbench")
            pgbench_runs.append(pgbench.run(plan.seconds))
            steps.done(f"round {number} pgbench: {pgbench_runs[-1].per_s:,.0f} creates/s")
        return Report(
            machine=this_machine(folder),
            postgres=server.facts(),
            drivers={name: metadata.version(name) for name in _DRIVERS},
            callers=CALLERS,
            clients=CLIENTS,
            seconds=plan.seconds,
            sqlite=sqlite.served(),
            baseline=baseline.served(),
            workers={count: entry.served() for count, entry in workers.items()},
            alone=ledger_runs,
            pgbench=pgbench_runs,
        )


def _started(target: Target, folder: Path, stack: ExitStack, steps: Steps, *, watches: bool = False) -> _Entry:
    steps.begin(f"{target.label}: starting")
    place = folder / target.name
    place.mkdir()
    target.prepare(place)
    stack.callback(target.stop)
    running = target.start()
    steps.done(f"{target.label}: ready after {running.ready_after_s * 1e3:.0f} ms")
    return _Entry(target=target, running=running, watches=watches)


def _turn(entry: _Entry, plan: Plan, server: Postgres, steps: Steps, name: str) -> None:
    steps.begin(f"{name}: {entry.target.label}")
    job = Job(
        address=entry.running.address,
        server_pid=entry.running.process.pid,
        callers=CALLERS,
        warm_up_s=WARM_UP_S,
        seconds=plan.seconds,
        asks=Creates(first_number=entry.next_number),
    )
    cpu_s = server.cpu_seconds()
    with watched(server.url(entry.target.name)) if entry.watches else nullcontext() as watcher:
        outcome = run(job)
    _check(entry, outcome)
    entry.next_number = outcome.next_number
    turn = Turn(
        outcome=outcome,
        postgres_cpu_s=server.cpu_seconds() - cpu_s,
        watch=None if watcher is None else watcher.watch,
    )
    entry.turns.append(turn)
    steps.done(f"{name} {entry.target.label}: {_told(turn)}")


def _check(entry: _Entry, outcome: Outcome) -> None:
    """Refuse failed replies; and as nobody leaves the queue, its last place must be the number of creates."""
    name = entry.target.label
    if outcome.failed:
        raise BenchError(f"{name}: {outcome.failed} calls failed, the first with {outcome.first_failure}")
    if outcome.highest != outcome.next_number - 1:
        raise BenchError(f"{name}: the last place is {outcome.highest} after {outcome.next_number - 1} creates")


def _told(turn: Turn) -> str:
    outcome = turn.outcome
    seen = "" if turn.watch is None else f", groups of {turn.watch.group_size:.0f}, lock {turn.watch.held:.0%} held"
    return (
        f"{outcome.per_s:,.0f} creates/s, p50 {outcome.p50_ms:.2f} ms, process {outcome.server_cpu_us:,.0f} µs, "
        f"PostgreSQL {turn.postgres_cpu_us:,.0f} µs each{seen}"
    )


class _Alone:
    """The ledger without HTTP, on a database of its own."""

    def __init__(self, server: Postgres) -> None:
        self._url = server.make_database(_ALONE)
        self._account = made(self._url)
        self._next_number = 1

    def run(self, seconds: float) -> LedgerRun:
        job = LedgerJob(
            url=self._url,
            community_id=self._account.community_id,
            callers=CALLERS,
            warm_up_s=WARM_UP_S,
            seconds=seconds,
            first_number=self._next_number,
        )
        result = ledger.run(job)
        self._next_number = result.next_number
        return result
