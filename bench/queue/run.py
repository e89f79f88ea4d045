"""Running the queue benchmark: fill, take turns, kill and start again, tell."""

import http.client
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from rich.console import Console

from bench.asking import RequestError
from bench.create import Plan, run_folder
from bench.errors import BenchError
from bench.fill import Account
from bench.machine import this_machine
from bench.progress import Steps
from bench.queue import database, turns
from bench.queue.asking import CLOSE, CREATE, PLACE, TAKE, judge_place
from bench.queue.figure import draw
from bench.queue.line import Line, State
from bench.queue.report import show, write
from bench.queue.results import Length, Report, Restart, Round
from bench.queue.turns import Turn, Turned
from bench.seed import PATH
from bench.servers import Running
from bench.targets import Parley
from bench.usage import resident_bytes

SHORT = 1_000
"""The length that the other is compared with."""

CALLERS = 16
"""Keep-alive connections that call at once."""

BURST_ALONE = 32
BURST_CROWD = 160
"""Calls of one kind before the next kind has its turn; the short queue swings by so many."""

PART = 0.75
"""Each turn is measured for this part of the seconds: there are two a round, and both servers have them."""

RESTARTS = 5
PLACES_CHECKED = 200
"""Places asked for after each restart."""

_BEFORE_KILL_S = 0.2
"""A short turn before each SIGKILL, so that there are writes that no checkpoint has seen."""

_CALL_S = 10.0


@dataclass(slots=True)
class _Entry:
    """A length on its way through the benchmark."""

    waiting: int
    parley: Parley
    account: Account
    running: Running
    state: State
    dice: random.Random
    rounds: list[Round] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    resident_bytes: int = 0


def queue(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=2 + 4 * plan.rounds + 2 * RESTARTS)
    with run_folder() as folder, steps:
        report = Report(
            machine=this_machine(folder),
            seconds=plan.seconds * PART,
            callers=CALLERS,
            **_lengths(plan, folder, steps),
        )
    write(report, plan.results)
    draw(report, plan.results / "queue.svg")
    show(report, console)


def _lengths(plan: Plan, folder: Path, steps: Steps) -> dict[str, Length]:
    with ExitStack() as stack:
        entries = [_started(waiting, folder, stack, steps) for waiting in (SHORT, plan.size)]
        for number in range(1, plan.rounds + 1):
            for entry in entries:
                entry.rounds.append(_round(entry, plan, steps, f"round {number}, {entry.waiting:,} waiting"))
        for entry in entries:
            entry.resident_bytes = resident_bytes(entry.running.process.pid)
        for _ in range(RESTARTS):
            for entry in entries:
                entry.restarts.append(_restart(entry, steps))
        short, long = map(_length, entries)
        return {"short": short, "long": long}


def _length(entry: _Entry) -> Length:
    return Length(
        waiting=entry.waiting,
        file_bytes=entry.parley.database.stat().st_size,
        resident_bytes=entry.resident_bytes,
        rounds=entry.rounds,
        restarts=entry.restarts,
    )


def _started(waiting: int, folder: Path, stack: ExitStack, steps: Steps) -> _Entry:
    name = f"{waiting:,} waiting"
    steps.begin(f"{name}: {'copying' if database.is_filled(waiting) else 'filling'}")
    began_at = perf_counter()
    mine = folder / str(waiting)
    mine.mkdir()
    made: list[tuple[Account, State]] = []

    def make(path: Path) -> Account:
        made.append(database.make(path, waiting, steps.part(f"{name}: filling", waiting)))
        return made[0][0]

    parley = Parley(make)
    parley.prepare(mine)
    stack.callback(parley.stop)
    running = parley.start()
    steps.done(f"{name}: ready after {perf_counter() - began_at:.1f} s")
    ((account, state),) = made
    return _Entry(waiting, parley, account, running, state, random.Random(waiting))


def _round(entry: _Entry, plan: Plan, steps: Steps, name: str) -> Round:
    steps.begin(f"{name}: one caller")
    alone = _turned(entry, callers=1, burst=BURST_ALONE, seconds=plan.seconds * PART)
    steps.done(f"{name}, one caller: {_told(alone)}")
    steps.begin(f"{name}: {CALLERS} callers")
    crowd = _turned(entry, callers=CALLERS, burst=BURST_CROWD, seconds=plan.seconds * PART)
    steps.done(f"{name}, {CALLERS} callers: {_told(crowd)}")
    return Round(alone=alone.laps, crowd=crowd.laps)


def _turned(entry: _Entry, *, callers: int, burst: int, seconds: float) -> Turned:
    turned = turns.run(
        Turn(
            address=entry.running.address,
            server_pid=entry.running.process.pid,
            teammate_id=entry.account.teammate_id,
            callers=callers,
            burst=burst,
            seconds=seconds,
            state=entry.state,
            dice=entry.dice.getrandbits(32),
        )
    )
    entry.state = turned.state
    return turned


def _restart(entry: _Entry, steps: Steps) -> Restart:
    """Kill the server in the middle of its work for others, start it, and ask for places at once."""
    name = f"{entry.waiting:,} waiting, after SIGKILL"
    steps.begin(name)
    _turned(entry, callers=CALLERS, burst=BURST_CROWD, seconds=_BEFORE_KILL_S)
    entry.parley.kill()
    entry.running = entry.parley.start()
    line = Line(entry.state)
    asked = line.in_the_middle(PLACES_CHECKED, entry.dice)
    told = _places(entry.running, line, asked)
    first_ms = next(told)
    restart = Restart(
        ready_s=entry.running.ready_after_s, first_place_ms=first_ms, places_checked=1 + sum(1 for _ in told)
    )
    steps.done(
        f"{name}: ready after {restart.ready_s * 1e3:.0f} ms, the first place told in {first_ms:.1f} ms, "
        f"{restart.places_checked} places right"
    )
    return restart


def _places(running: Running, line: Line, conversation_ids: list[int]) -> Iterator[float]:
    """Ask for places, hold each against the line, and return how many milliseconds each took."""
    connection = http.client.HTTPConnection("127.0.0.1", running.address.port, timeout=_CALL_S)
    try:
        for conversation_id in conversation_ids:
            began_at = perf_counter()
            connection.request(
                "GET",
                f"{PATH}/{conversation_id}/queue",
                headers={"Authorization": f"Bearer {running.address.token}"},
            )
            response = connection.getresponse()
            body = response.read()
            took_ms = (perf_counter() - began_at) * 1e3
            judge_place(line.place(conversation_id), response.status, body)
            yield took_ms
    except RequestError as error:
        raise BenchError(f"after SIGKILL: {error}") from error
    finally:
        connection.close()


def _told(turned: Turned) -> str:
    return ", ".join(
        f"{kind} {turned.laps[kind].server_cpu_us:,.0f} µs p50 {turned.laps[kind].p50_ms:.2f} ms"
        for kind in (CREATE, PLACE, CLOSE, TAKE)
    )
