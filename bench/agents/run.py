"""Running the agents benchmark: fill, serve both communities, take turns, tell."""

import random
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console

from bench.agents import database, turns
from bench.agents.asking import KINDS, MESSAGES, sign_in
from bench.agents.figure import draw
from bench.agents.report import show, write
from bench.agents.results import Report, Size
from bench.agents.turns import Side, Turn, Turned
from bench.create import Plan, run_folder
from bench.machine import this_machine
from bench.progress import Steps
from bench.targets import Parley

SHORT, LONG = 1_000, 100_000
"""Conversations of the two communities."""


@dataclass(slots=True)
class _Entry:
    """A community on its way through the benchmark."""

    size: Size
    side: Side


def agents(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=2 + plan.rounds)
    with run_folder() as folder, steps, ExitStack() as stack:
        short, long = (_started(size, folder, stack, steps) for size in (SHORT, LONG))
        dice = random.Random(LONG)
        rounds = [
            _round(_turn(short, long, plan, dice), steps, f"round {number}") for number in range(1, plan.rounds + 1)
        ]
        report = Report(
            machine=this_machine(folder), rounds=rounds, seconds=plan.seconds, short=short.size, long=long.size
        )
    write(report, plan.results)
    draw(report, plan.results / "agents.svg")
    show(report, console)


def _started(size: int, folder: Path, stack: ExitStack, steps: Steps) -> _Entry:
    name = f"{size:,} conversations"
    steps.begin(f"{name}: {'copying' if database.is_filled(size) else 'filling'}")
    began_at = perf_counter()
    mine = folder / str(size)
    mine.mkdir()
    parley = Parley(lambda path: database.make(path, size, steps.part(f"{name}: filling", size)))
    parley.prepare(mine)
    stack.callback(parley.stop)
    running = parley.start()
    side = Side(address=sign_in(running.address.port), server_pid=running.process.pid, size=size, held=database.HELD)
    steps.done(f"{name}: ready after {perf_counter() - began_at:.1f} s")
    kept = Size(conversations=size, messages=size * MESSAGES, file_bytes=parley.database.stat().st_size)
    return _Entry(kept, side)


def _turn(short: _Entry, long: _Entry, plan: Plan, dice: random.Random) -> Turn:
    return Turn(short=short.side, long=long.side, seconds=plan.seconds, dice=dice.getrandbits(32))


def _round(turn: Turn, steps: Steps, name: str) -> Turned:
    steps.begin(name)
    turned = turns.run(turn)
    told = (
        f"{kind} {turned.short[kind].server_cpu_us:,.0f} → {turned.long[kind].server_cpu_us:,.0f} µs" for kind in KINDS
    )
    steps.done(f"{name}: {', '.join(told)}")
    return turned
