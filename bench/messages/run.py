"""Running the messages benchmark: Parley and the baseline in turns, then the pages, then tell."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from rich.console import Console

from bench.baseline.fill import fill
from bench.create import Plan, run_folder
from bench.errors import BenchError
from bench.load import Job, Outcome
from bench.load import run as run_load
from bench.machine import this_machine
from bench.messages import database, pages
from bench.messages.asking import PER_READING, READINGS, Adds, Reads
from bench.messages.figure import draw
from bench.messages.pages import Turn, Turned
from bench.messages.report import show, write
from bench.messages.results import ADD, ALONE, CROWD, READ, Report, Rival, key
from bench.progress import Steps
from bench.servers import Running, Target
from bench.targets import Baseline, Parley

CALLERS = 64
"""Keep-alive connections that call at once."""

WARM_UP_S = 0.5
"""Unmeasured time at the start of every run of load."""

CROWD_PART = 0.75
ALONE_PART = 0.25
PAGES_PART = 0.75
"""For which part of the seconds each is measured: there are four runs a round for each target, and one of pages."""


@dataclass(slots=True)
class _Entry:
    """A target on its way through the benchmark."""

    target: Target
    running: Running
    next_number: int = 0
    rounds: list[dict[str, Outcome]] = field(default_factory=list)

    @property
    def rival(self) -> Rival:
        return Rival(name=self.target.name, label=self.target.label, rounds=self.rounds)


def messages(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=3 + 9 * plan.rounds)
    with run_folder() as folder, steps:
        parley, baseline = _rivals(plan, folder, steps)
        short, long = database.talks_of(plan.size)
        report = Report(
            machine=this_machine(folder),
            callers=CALLERS,
            seconds=plan.seconds * CROWD_PART,
            page_seconds=plan.seconds * PAGES_PART,
            short=short.length,
            long=long.length,
            parley=parley,
            baseline=baseline,
            pages=_pages(plan, folder, steps),
        )
    write(report, plan.results)
    draw(report, plan.results / "messages.svg")
    show(report, console)


def _rivals(plan: Plan, folder: Path, steps: Steps) -> tuple[Rival, Rival]:
    with ExitStack() as stack:
        parley = _started(Parley(database.make_talks), folder, stack, steps)
        baseline = _started(Baseline("baseline", "FastAPI + ORM", fill=fill), folder, stack, steps)
        for number in range(1, plan.rounds + 1):
            for entry in (parley, baseline):
                entry.rounds.append(_round(entry, plan, steps, f"round {number} {entry.target.name}"))
        return parley.rival, baseline.rival


def _started(target: Target, folder: Path, stack: ExitStack, steps: Steps) -> _Entry:
    steps.begin(f"{target.name}: filling and starting")
    mine = folder / target.name
    mine.mkdir()
    target.prepare(mine)
    stack.callback(target.stop)
    entry = _Entry(target, target.start())
    steps.done(f"{target.name}: ready")
    return entry


def _round(entry: _Entry, plan: Plan, steps: Steps, name: str) -> dict[str, Outcome]:
    outcomes = {}
    for call in (ADD, READ):
        for who, callers, part in ((CROWD, CALLERS, CROWD_PART), (ALONE, 1, ALONE_PART)):
            told = f"{name}, {call}, {'one caller' if callers == 1 else f'{callers} callers'}"
            steps.begin(told)
            outcome = _measured(entry, call, callers=callers, seconds=plan.seconds * part)
            outcomes[key(call, who)] = outcome
            steps.done(
                f"{told}: {outcome.per_s:,.0f}/s, p50 {outcome.p50_ms:.2f} ms, p99 {outcome.p99_ms:.2f} ms, "
                f"server {outcome.server_cpu_us:,.0f} µs each, generator at {outcome.generator_share:.0%} of a core"
            )
    return outcomes


def _measured(entry: _Entry, call: str, *, callers: int, seconds: float) -> Outcome:
    first = entry.next_number if call == ADD else 0
    job = Job(
        address=entry.running.address,
        server_pid=entry.running.process.pid,
        callers=callers,
        warm_up_s=WARM_UP_S,
        seconds=seconds,
        asks=Adds(first_number=first) if call == ADD else Reads(first_number=first),
    )
    outcome = run_load(job)
    name = f"{entry.target.name}, {call}"
    if outcome.failed:
        raise BenchError(f"{name}: {outcome.failed} calls failed, the first with {outcome.first_failure}")
    if not outcome.calls:
        raise BenchError(f"{name}: no call was answered in {outcome.seconds:.1f} s")
    if call == ADD:
        entry.next_number = outcome.next_number
        wanted = READINGS * PER_READING + outcome.next_number  # those of the fill, then one for each call
        if outcome.highest != wanted:
            raise BenchError(f"{name}: the last message is {outcome.highest}, but {wanted} were stored")
    return outcome


def _pages(plan: Plan, folder: Path, steps: Steps) -> list[Turned]:
    size = plan.size
    name = f"a conversation of {size:,} messages"
    steps.begin(f"{name}: {'copying' if database.is_filled(size) else 'filling'}")
    began_at = perf_counter()
    told = steps.part(f"{name}: filling", size)
    parley = Parley(lambda path: database.make_long(path, size, told))
    mine = folder / "pages"
    mine.mkdir()
    parley.prepare(mine)
    try:
        running = parley.start()
        steps.done(f"{name}: ready after {perf_counter() - began_at:.1f} s")
        return [_page_turn(running, plan, steps, f"round {number} pages") for number in range(1, plan.rounds + 1)]
    finally:
        parley.stop()


def _page_turn(running: Running, plan: Plan, steps: Steps, name: str) -> Turned:
    steps.begin(name)
    short, long = database.talks_of(plan.size)
    turned = pages.run(
        Turn(
            address=running.address,
            server_pid=running.process.pid,
            seconds=plan.seconds * PAGES_PART,
            short=short,
            long=long,
        )
    )
    told = (
        f"{kind} {turned.short[kind].server_cpu_us:,.0f} → {turned.long[kind].server_cpu_us:,.0f} µs"
        for kind in turned.short
    )
    steps.done(f"{name}: {', '.join(told)}")
    return turned
