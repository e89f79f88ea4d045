"""Running the webhooks benchmark."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench.create import WARM_UP_S, Plan, run_folder
from bench.errors import BenchError
from bench.fill import Account
from bench.load import Job, run
from bench.machine import this_machine
from bench.progress import Steps
from bench.seed import PATH, Creates
from bench.servers import Running, Server, free_port
from bench.targets import Parley
from bench.usage import cpu_seconds
from bench.webhooks import database
from bench.webhooks.figure import draw
from bench.webhooks.report import show, write
from bench.webhooks.results import Arrivals, Load, Report, Round, Sending
from parley.webhooks.courier import AT_ONCE

RATE = 100.0
"""Writes a second while it is measured how soon webhooks arrive."""

SENT = 10_000
"""Deliveries sent as fast as it goes."""

PENDING = 100_000
"""Events that wait for the dead endpoint."""

CALLERS = 16
"""Keep-alive connections that create while it is measured what a create costs."""

_STEADY_PART = 2.0
"""The steady writes go on for so many times the plan's seconds: a p99 wants many of them."""

_ARRIVED_WITHIN_S = 60.0
_FIRST_STEADY = 50_000_000
_CALL_S = 10.0


class Receiver:
    """The receiver's process."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._server = Server(folder / "receiver.log")

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "bench.webhooks.receiver", str(self.port)]
        self._server.start(command, port=self.port, ready="/")

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    def arrivals(self) -> dict[int, int]:
        """When each conversation's webhook came, in nanoseconds; told once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_CALL_S)
        try:
            connection.request("GET", "/arrivals")
            return dict(json.loads(connection.getresponse().read()))
        finally:
            connection.close()

    def until(self, holds: Callable[[dict[int, int]], bool]) -> dict[int, int]:
        """Wait until what came is so; what came."""
        found: dict[int, int] = {}
        deadline = time.monotonic() + _ARRIVED_WITHIN_S
        while not holds(found):
            if time.monotonic() > deadline:
                raise BenchError(f"only {len(found)} webhooks arrived")
            found |= self.arrivals()
        return found


def webhooks(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=4 * plan.rounds)
    with run_folder() as folder, steps:
        receiver = Receiver(folder)
        receiver.start()
        try:
            rounds = [_round(plan, folder / str(number), receiver, steps) for number in range(1, plan.rounds + 1)]
        finally:
            receiver.stop()
        report = Report(machine=this_machine(folder), rate=RATE, pending=PENDING, rounds=rounds)
    write(report, plan.results)
    draw(report, plan.results / "webhooks.svg")
    show(report, console)


def _round(plan: Plan, folder: Path, receiver: Receiver, steps: Steps) -> Round:
    folder.mkdir()
    steps.begin("steady writes")
    arrivals = _steady(plan, folder / "steady", receiver)
    steps.done(f"steady writes: arrive {arrivals.p50_ms:.2f} ms after the answer, p99 {arrivals.p99_ms:.2f} ms")
    steps.begin("as fast as it goes")
    sending = _sending(folder / "sending", receiver)
    steps.done(
        f"{SENT:,} deliveries: {sending.cpu_s / SENT * 1e6:,.0f} µs each, "
        f"the plain loop {sending.plain_cpu_s / SENT * 1e6:,.0f} µs; {SENT / sending.seconds:,.0f}/s"
    )
    loads = {}
    for name, is_dead in (("without a dead endpoint", False), ("beside a dead endpoint", True)):
        steps.begin(name)
        loads[is_dead] = load = _loaded(plan, folder / name.replace(" ", "-"), receiver, steps, is_dead=is_dead)
        steps.done(f"{name}: a create {load.create_cpu_us:,.0f} µs, arrive after {load.arrivals.p50_ms:.2f} ms")
    return Round(arrivals=arrivals, sending=sending, alone=loads[False], beside_dead=loads[True])


@contextmanager
def _serving(folder: Path, make: Callable[[Path], Account]) -> Iterator[Running]:
    folder.mkdir()
    target = Parley(make)
    target.prepare(folder)
    try:
        yield target.start()
    finally:
        target.stop()


def _steady(plan: Plan, folder: Path, receiver: Receiver) -> Arrivals:
    with _serving(folder, database.maker(receiver.port, events=0, told=_nobody)) as running:
        return _arrivals(running, receiver, seconds=plan.seconds * _STEADY_PART)


def _arrivals(running: Running, receiver: Receiver, *, seconds: float) -> Arrivals:
    """Write at a steady rate and hold each answer against the arrival; the first write of all is waited out before."""
    _created(running, 0)
    receiver.until(bool)
    receiver.arrivals()
    answered = {}
    began = time.monotonic()
    count = int(seconds * RATE)
    for number in range(1, count + 1):
        time_left = began + number / RATE - time.monotonic()
        if time_left > 0:
            _wait(time_left)
        answered[_created(running, number)] = time.monotonic_ns()
    found = receiver.until(lambda found: answered.keys() <= found.keys())
    late = sorted((found[conversation] - at) / 1e6 for conversation, at in answered.items())
    return Arrivals(writes=count, p50_ms=late[len(late) // 2], p99_ms=late[len(late) * 99 // 100])


def _sending(folder: Path, receiver: Receiver) -> Sending:
    """The CPU of a server from its start to the last arrival, less that of one that has nothing to send."""
    with _serving(folder, database.maker(receiver.port, events=SENT, told=_nobody)) as running:
        began = time.monotonic()
        receiver.until(lambda found: len(found) >= SENT)
        seconds = time.monotonic() - began
        _wait(1.0)  # for what came of the last attempts to be written
        cpu_s = cpu_seconds(running.process.pid)
    with _serving(folder.with_name("idle"), database.maker(receiver.port, events=0, told=_nobody)) as running:
        _wait(seconds + 1.0)
        cpu_s -= cpu_seconds(running.process.pid)
    return Sending(deliveries=SENT, seconds=seconds, cpu_s=cpu_s, plain_cpu_s=_posted(receiver))


def _posted(receiver: Receiver) -> float:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    command = [sys.executable, "-m", "bench.webhooks.poster", url, str(SENT), str(AT_ONCE)]
    finished = subprocess.run(command, capture_output=True, timeout=_ARRIVED_WITHIN_S, check=True)
    receiver.arrivals()
    return float(finished.stdout)


def _loaded(plan: Plan, folder: Path, receiver: Receiver, steps: Steps, *, is_dead: bool) -> Load:
    """The same events in the log both times; they wait for the dead endpoint, or its cursor is at their end."""
    told = steps.part("filling", PENDING)
    make = database.filled(receiver.port, events=PENDING, is_dead=is_dead, told=told)
    with _serving(folder, make) as running:
        arrivals = _arrivals(running, receiver, seconds=plan.seconds)
        outcome = run(
            Job(
                address=running.address,
                server_pid=running.process.pid,
                callers=CALLERS,
                warm_up_s=WARM_UP_S,
                seconds=plan.seconds,
                asks=Creates(first_number=1),
            )
        )
        receiver.arrivals()
    if outcome.failed:
        raise BenchError(f"{outcome.failed} calls failed, the first with {outcome.first_failure}")
    return Load(create_cpu_us=outcome.server_cpu_us, arrivals=arrivals)


def _created(running: Running, number: int) -> int:
    """Create a conversation; its id."""
    body = json.dumps({"author": {"email": f"steady{_FIRST_STEADY + number}@dow.com"}, "message": "Hi"})
    connection = _connection(running)
    headers = {"Authorization": f"Bearer {running.address.token}", "Content-Type": "application/json"}
    connection.request("POST", PATH, body, headers)
    reply = json.loads(connection.getresponse().read())
    if reply["errorCode"] != -1:
        raise BenchError(f"a create was answered with {reply['errorCode']}")
    return int(reply["data"]["id"])


_connections: dict[int, http.client.HTTPConnection] = {}


def _connection(running: Running) -> http.client.HTTPConnection:
    """One that is kept open, for each server."""
    port = running.address.port
    if port not in _connections:
        _connections[port] = http.client.HTTPConnection("127.0.0.1", port, timeout=_CALL_S)
    return _connections[port]


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def _nobody(done: int) -> None:
    """Nobody looks on."""
