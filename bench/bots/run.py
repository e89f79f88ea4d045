"""Running the bots benchmark."""

import asyncio
import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import msgspec
from rich.console import Console

from bench.asking import Address
from bench.bots.asking import Opens
from bench.bots.bot import ANSWER_S, Seen
from bench.bots.database import check, maker, wait_until_answered
from bench.bots.figure import draw
from bench.bots.report import show, write
from bench.bots.results import Answered, Load, Report, Round
from bench.bots.writing import CONNECTIONS, DRAIN_S, Job, Written, run
from bench.callers import Tally, connected, drained
from bench.create import SETTLE_S, Plan, run_folder
from bench.errors import BenchError
from bench.machine import this_machine
from bench.progress import Steps
from bench.servers import Running, Server, free_port, has_ended
from bench.targets import Parley
from bench.usage import cpu_seconds_alone, resident_bytes
from parley.bots.attendant import AT_ONCE

CONVERSATIONS = 500

AGAIN_S = 10.0
"""A client writes again after so long."""

RATE = CONVERSATIONS / AGAIN_S
"""Writes a second."""

WARM_UP_S = 2.5 * ANSWER_S
"""Writes go on for so long before they are measured: answers come as steadily as questions by then."""

_STEADY_PART = 5.0
"""They are measured for so many times the plan's seconds: a p99 wants a thousand of them."""

_CALL_S = 10.0


class BotProcess:
    """The bot."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._server = Server(folder / "bot.log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "bench.bots.bot", str(self.port)]
        self._process, _ = self._server.start(command, port=self.port, ready="/tally")

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    @property
    def cpu_s(self) -> float:
        """The processor time that it has used."""
        assert self._process is not None
        return cpu_seconds_alone(self._process.pid)

    def seen(self) -> Seen:
        """What it has seen; the most at once count anew from here."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_CALL_S)
        try:
            connection.request("GET", "/tally")
            return msgspec.json.decode(connection.getresponse().read(), type=Seen)
        finally:
            connection.close()


def bots(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=2 * plan.rounds)
    seconds = plan.seconds * _STEADY_PART
    with run_folder() as folder, steps:
        rounds = [_round(number, seconds, folder / str(number), steps) for number in range(1, plan.rounds + 1)]
        report = Report(
            machine=this_machine(folder),
            conversations=CONVERSATIONS,
            rate=RATE,
            answer_s=ANSWER_S,
            warm_up_s=WARM_UP_S,
            seconds=seconds,
            at_once=AT_ONCE,
            rounds=rounds,
        )
    write(report, plan.results)
    draw(report, plan.results / "bots.svg")
    show(report, console)


def _round(number: int, seconds: float, folder: Path, steps: Steps) -> Round:
    """Both servers, one after the other; the next round has the other one first."""
    folder.mkdir()
    without: Load | None = None
    if number % 2:
        without = _without(number, seconds, folder, steps)
    beside, answered = _beside(number, seconds, folder, steps)
    if without is None:
        without = _without(number, seconds, folder, steps)
    return Round(without=without, beside=beside, answered=answered)


def _without(number: int, seconds: float, folder: Path, steps: Steps) -> Load:
    name = f"round {number}, without a bot"
    steps.begin(name)
    with _serving(folder / "without", None) as (target, running):
        idle_bytes = _idle_bytes(running)
        written = run(_job(running, _opened(running.address), seconds, dice=number))
        check(target.database, written=CONVERSATIONS + written.writes_in_all, seen=None)
    steps.done(f"{name}: {_told(written)}")
    return Load(idle_bytes=idle_bytes, written=written)


def _beside(number: int, seconds: float, folder: Path, steps: Steps) -> tuple[Load, Answered]:
    name = f"round {number}, with the bot"
    steps.begin(name)
    bot = BotProcess(folder)
    bot.start()
    try:
        with _serving(folder / "beside", bot.port) as (target, running):
            idle_bytes = _idle_bytes(running)
            began_at = monotonic()
            conversation_ids = _opened(running.address)
            wait_until_answered(target.database)
            crowd_s, crowd = monotonic() - began_at, bot.seen()
            cpu_s = bot.cpu_s
            written = run(_job(running, conversation_ids, seconds, dice=number))
            wait_until_answered(target.database)
            cpu_s, seen = bot.cpu_s - cpu_s, bot.seen()
            answers = check(target.database, written=CONVERSATIONS + written.writes_in_all, seen=seen)
    finally:
        bot.stop()
    answered = Answered(
        answers=answers,
        asked_again=seen.answered - seen.questions,
        crowd_s=crowd_s,
        crowd_most=crowd.most,
        steady_most=seen.most,
        bot_cpu_s=cpu_s,
    )
    steps.done(
        f"{name}: {_told(written)}; {answers:,} answers, at most {crowd.most} and then {seen.most} questions at once"
    )
    return Load(idle_bytes=idle_bytes, written=written), answered


@contextmanager
def _serving(folder: Path, bot_port: int | None) -> Iterator[tuple[Parley, Running]]:
    folder.mkdir()
    target = Parley(maker(bot_port))
    target.prepare(folder)
    try:
        yield target, target.start()
    finally:
        target.stop()


def _idle_bytes(running: Running) -> int:
    if has_ended(running.process, within_s=SETTLE_S):
        raise BenchError("the server ended by itself")
    return resident_bytes(running.process.pid)


def _opened(address: Address) -> list[int]:
    """Begin all conversations; their ids by client."""
    return asyncio.run(_open(address))


async def _open(address: Address) -> list[int]:
    opens, tally = Opens(address, CONVERSATIONS), Tally()
    callers = await connected(address.port, CONNECTIONS)
    await drained([caller.begin(opens, tally) for caller in callers], tally, within_s=DRAIN_S)
    for caller in callers:
        caller.close()
    if tally.failed:
        raise BenchError(f"{tally.failed} creates failed, the first with {tally.first_failure}")
    return [opens.ids[client] for client in range(CONVERSATIONS)]


def _job(running: Running, conversation_ids: list[int], seconds: float, *, dice: int) -> Job:
    return Job(
        address=running.address,
        server_pid=running.process.pid,
        conversation_ids=conversation_ids,
        rate=RATE,
        warm_up_s=WARM_UP_S,
        seconds=seconds,
        dice=dice,
    )


def _told(written: Written) -> str:
    return (
        f"{written.writes:,} writes, p50 {written.p50_ms:.2f} ms, p99 {written.p99_ms:.2f} ms, "
        f"server {written.server_cpu_us:,.0f} µs each, {written.resident_bytes / 2**20:.0f} MiB"
    )
