"""Running the screens benchmark: serve, sit two teammates down, write at both rates in turns, tell."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter

from rich.console import Console

from bench.browsers import browser_version, found_browser, require_inbox
from bench.create import Plan, run_folder
from bench.errors import BenchError
from bench.fill import TEAMMATE
from bench.machine import this_machine
from bench.progress import Steps
from bench.screens import database, seats, writing
from bench.screens.figure import draw
from bench.screens.pace import IDLE, LOADED, Pace
from bench.screens.report import show, write
from bench.screens.results import Report, Round, Stretch, Way, spreads
from bench.screens.seats import Seat
from bench.screens.writing import Writing, Written
from bench.servers import Running
from bench.targets import Parley
from bench.usage import cpu_seconds, others_cpu_seconds

PART = 5.0
"""A stretch takes so many times the plan's seconds: a p99 wants many messages."""

APART = 1_000_000
"""Between the first numbers of two stretches: no two messages of a run have the same mark."""

_BEFORE_THE_END_S = 2.0
"""The last reply is written so long before the last message, that the stream is still followed when it comes."""

_LOOK_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """The server, and the two at their screens: who replies, and who looks on."""

    running: Running
    writer: Seat
    other: Seat


def screens(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    require_inbox()
    steps = Steps(console, total=1 + 2 * plan.rounds)
    with run_folder() as folder, steps, ExitStack() as stack:
        steps.begin("starting the server and the browser")
        parley = Parley(database.make)
        parley.prepare(folder)
        stack.callback(parley.stop)
        running = parley.start()
        at = stack.enter_context(seats.browser())
        writer, other = (seats.sit(at, running.address.port, email) for email in (TEAMMATE, database.OTHER))
        room = _Room(running=running, writer=writer, other=other)
        steps.done("two teammates are signed in")
        rounds = [_round(room, plan, number, steps) for number in range(plan.rounds)]
        report = Report(
            machine=this_machine(folder),
            browser=browser_version(found_browser()),
            seconds=plan.seconds * PART,
            niceness=os.nice(0),
            rounds=rounds,
        )
    write(report, plan.results)
    draw(report, plan.results / "screens.svg")
    show(report, console)


def _round(room: _Room, plan: Plan, number: int, steps: Steps) -> Round:
    measured = []
    for place, pace in enumerate((IDLE, LOADED)):
        name = f"round {number + 1}, {pace.per_s:g}/s"
        steps.begin(name)
        stretch = _stretch(room, pace, 2 * number + place, plan.seconds * PART)
        measured.append(stretch)
        steps.done(f"{name}: {_told(stretch)}")
    idle, loaded = measured
    return Round(idle=idle, loaded=loaded)


def _told(stretch: Stretch) -> str:
    ways = (Way.CLIENT_THREAD_PAINTED, Way.CLIENT_ROW_PAINTED, Way.REPLY_THREAD_PAINTED)
    p99 = ", ".join(f"{way.value.replace('_', ' ')} {stretch.ways[way].p99_ms:.0f}" for way in ways)
    return f"p99 in ms: {p99}; server {stretch.server_share:.0%} of a core, other work {stretch.others_share:.0%}"


def _stretch(room: _Room, pace: Pace, number: int, seconds: float) -> Stretch:
    """Write at one pace with a conversation of its own opened on freshly loaded pages, so that none grows long."""
    job = Writing(
        address=room.running.address,
        first_number=APART * (number + 1),
        count=round(pace.per_s * seconds),
        per_s=pace.per_s,
        opened=number % database.CONVERSATIONS + 1,
        opened_every=pace.opened_every,
    )
    both = (room.writer, room.other)
    for seat in both:
        seat.open(job.opened)
    pid = room.running.process.pid
    cpu_s, others_s, began_at = cpu_seconds(pid), others_cpu_seconds(), perf_counter()
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(writing.run, job)
        replies = _reply(room.writer, job, pace, seconds, under_way)
        written = under_way.result()
    cpu_s, others_s = cpu_seconds(pid) - cpu_s, others_cpu_seconds() - others_s
    took_s = perf_counter() - began_at
    opened = {mark for mark in (*job.numbers(), *replies) if job.conversation_of(mark) == job.opened}
    writer, other = (seat.shown(opened) for seat in both)
    if writer.pressed.keys() != set(replies):
        raise BenchError(f"{len(replies)} replies were written, and {len(writer.pressed)} were sent by their key")
    return Stretch(
        messages=job.count,
        replies=len(replies),
        seconds=took_s,
        server_cpu_s=cpu_s,
        others_cpu_s=others_s,
        late_p99_ms=written.late_p99_ms,
        clock_off_ms=max((seat.clock_off_ms() for seat in both), key=abs),
        ways=spreads(job, written, writer, other),
    )


def _reply(seat: Seat, job: Writing, pace: Pace, seconds: float, under_way: Future[Written]) -> range:
    """Reply at its pace once the first message is on the screen; the numbers of the replies."""
    while not seat.has_shown_any() and not under_way.done():
        seat.wait(_LOOK_MS)
    began_at = perf_counter()
    replies = range(job.first_reply, job.first_reply + int((seconds - _BEFORE_THE_END_S) * pace.replies_per_s))
    for index, number in enumerate(replies):
        seat.wait(max(0.0, (began_at + index / pace.replies_per_s - perf_counter()) * 1e3))
        seat.reply(number)
    return replies
