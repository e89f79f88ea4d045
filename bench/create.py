"""The create benchmark: durable creates of the seed's request, every target in turn, round after round."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.errors import BenchError
from bench.figure import draw
from bench.load import Job, Outcome, run
from bench.machine import this_machine
from bench.progress import Steps
from bench.report import show, write
from bench.results import Report, Result, Round
from bench.seed import Creates
from bench.servers import Running, Target, has_ended
from bench.targets import TARGETS, Trivial
from bench.usage import resident_bytes

CALLERS = 64
"""Keep-alive connections that call at once."""

WARM_UP_S = 1.0
"""Unmeasured time at the start of every run of load: connections, caches and the processor's clock settle."""

ALONE_PART = 0.5
"""One caller alone is measured for this part of the seconds: its figures are steady much sooner."""

STARTS = 3
"""How often each server is started to find the time until it is ready."""

SETTLE_S = 1.0
"""How long a ready server is left alone before its idle memory is read."""

ENOUGH_PER_S = 15_000
"""A generator that cannot carry this much on this machine would be what is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure and for how long."""

    targets: tuple[str, ...]
    rounds: int
    seconds: float
    results: Path
    size: int = 1_000_000
    """How many wait in the long queue, and how many messages the long conversation has."""

    conversations: int = 10_000
    speed: float = 200.0
    """Of the day that is replayed: how many conversations, and how many times faster than it was."""


@dataclass(slots=True)
class _Entry:
    """A target on its way through the benchmark."""

    target: Target
    running: Running
    ready_after_s: list[float]
    idle_bytes: int
    next_number: int = 1
    rounds: list[Round] = field(default_factory=list)


def create(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=1 + len(plan.targets) * (1 + 2 * plan.rounds))
    with run_folder() as folder, steps:
        report = Report(
            machine=this_machine(folder),
            callers=CALLERS,
            seconds=plan.seconds,
            limit=_limit(plan, folder / Trivial.name, steps),
            results=_results(plan, folder, steps),
        )
    write(report, plan.results)
    draw(report, plan.results / "create.svg")
    show(report, console)


@contextmanager
def run_folder() -> Iterator[Path]:
    """Make a folder for the databases beside this file: the system's temporary one may be no disk."""
    folder = Path(tempfile.mkdtemp(prefix=".run-", dir=Path(__file__).parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _limit(plan: Plan, folder: Path, steps: Steps) -> Outcome:
    steps.begin("the load generator's own limit")
    with ExitStack() as stack:
        entry = _started(Trivial(), folder, stack, starts=1)
        outcome = _measured(entry, callers=CALLERS, seconds=plan.seconds)
    enough = "" if outcome.per_s > ENOUGH_PER_S else f" (less than {ENOUGH_PER_S:,}: mind it below)"
    steps.done(f"generator alone: {_told(outcome)}{enough}")
    return outcome


def _results(plan: Plan, folder: Path, steps: Steps) -> list[Result]:
    with ExitStack() as stack:
        entries = []
        for name in plan.targets:
            steps.begin(f"{name}: starting")
            entry = _started(TARGETS[name](), folder / name, stack, starts=STARTS)
            steps.done(f"{name}: ready after {min(entry.ready_after_s) * 1e3:.0f} ms")
            entries.append(entry)
        for number in range(1, plan.rounds + 1):
            for entry in entries:
                entry.rounds.append(_round(entry, plan, steps, f"round {number} {entry.target.name}"))
    return [
        Result(
            name=entry.target.name,
            label=entry.target.label,
            ready_after_s=entry.ready_after_s,
            idle_bytes=entry.idle_bytes,
            rounds=entry.rounds,
        )
        for entry in entries
    ]


def _started(target: Target, folder: Path, stack: ExitStack, *, starts: int) -> _Entry:
    folder.mkdir()
    target.prepare(folder)
    stack.callback(target.stop)
    running = target.start()
    ready_after_s = [running.ready_after_s]
    for _ in range(starts - 1):
        target.stop()
        running = target.start()
        ready_after_s.append(running.ready_after_s)
    if has_ended(running.process, within_s=SETTLE_S):
        raise BenchError(f"{target.name}: the server ended by itself")
    idle_bytes = resident_bytes(running.process.pid)
    return _Entry(target=target, running=running, ready_after_s=ready_after_s, idle_bytes=idle_bytes)


def _round(entry: _Entry, plan: Plan, steps: Steps, name: str) -> Round:
    steps.begin(f"{name}: {CALLERS} callers")
    crowd = _measured(entry, callers=CALLERS, seconds=plan.seconds)
    steps.done(f"{name}: {_told(crowd)}")
    steps.begin(f"{name}: one caller")
    alone = _measured(entry, callers=1, seconds=plan.seconds * ALONE_PART)
    steps.done(f"{name}, one caller: {_told(alone)}")
    return Round(crowd=crowd, alone=alone)


def _measured(entry: _Entry, *, callers: int, seconds: float) -> Outcome:
    job = Job(
        address=entry.running.address,
        server_pid=entry.running.process.pid,
        callers=callers,
        warm_up_s=WARM_UP_S,
        seconds=seconds,
        asks=Creates(first_number=entry.next_number),
    )
    outcome = run(job)
    _check(entry, outcome)
    entry.next_number = outcome.next_number
    return outcome


def _check(entry: _Entry, outcome: Outcome) -> None:
    """Refuse failed replies; and as nobody leaves the queue, its last place must be the number of creates."""
    name = entry.target.name
    if outcome.failed:
        raise BenchError(f"{name}: {outcome.failed} calls failed, the first with {outcome.first_failure}")
    if outcome.highest != outcome.next_number - 1:
        raise BenchError(f"{name}: the last place is {outcome.highest} after {outcome.next_number - 1} creates")
    if not outcome.calls:
        raise BenchError(f"{name}: no call was answered in {outcome.seconds:.1f} s")


def _told(outcome: Outcome) -> str:
    return (
        f"{outcome.per_s:,.0f} creates/s, p50 {outcome.p50_ms:.2f} ms, p99 {outcome.p99_ms:.2f} ms, "
        f"server {outcome.server_cpu_us:,.0f} µs each, generator at {outcome.generator_share:.0%} of a core"
    )
