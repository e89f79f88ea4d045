"""Running the streams benchmark."""

import http.client
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, monotonic_ns

from rich.console import Console

from bench.asking import Address
from bench.create import WARM_UP_S, Plan, run_folder
from bench.errors import BenchError
from bench.load import Job, Outcome, run
from bench.machine import this_machine
from bench.progress import Steps
from bench.seed import PATH, Creates
from bench.servers import Running
from bench.streams.database import Communities
from bench.streams.figure import draw
from bench.streams.holding import Holder
from bench.streams.report import show, write
from bench.streams.results import Memory, Report, Round
from bench.targets import Parley, access_token
from bench.usage import resident_bytes

SOME = 1_000
"""Streams that are open when what each further one takes begins to be counted."""

ALL = 5_000

CALLERS = 16
"""Keep-alive connections that create."""

_CALL_S = 10.0


@dataclass(slots=True)
class _Entry:
    """A server and who holds its streams."""

    name: str
    running: Running
    quiet: Address
    holder: Holder
    next_number: int = 1
    rounds: list[Outcome] = field(default_factory=list)

    @property
    def resident_bytes(self) -> int:
        return resident_bytes(self.running.process.pid)


def streams(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    steps = Steps(console, total=7 + 3 * plan.rounds)
    with run_folder() as folder, steps:
        report = _report(plan, folder, steps)
    write(report, plan.results)
    draw(report, plan.results / "streams.svg")
    show(report, console)


def _report(plan: Plan, folder: Path, steps: Steps) -> Report:
    with ExitStack() as stack:
        names = ("no stream", "one stream", f"{ALL:,} streams")
        without, one, many = entries = [_started(name, plan, folder, stack, steps) for name in names]
        one.holder.hold(1)
        without_bytes = many.resident_bytes
        some_bytes = _held(many, SOME, steps)
        all_bytes = _held(many, ALL, steps)
        began_at = monotonic()
        for number in range(1, plan.rounds + 1):
            for entry in entries:
                entry.rounds.append(_creates(entry, plan, steps, f"round {number}, {entry.name}"))
        end_bytes = many.resident_bytes
        steps.begin("the last heartbeat")
        many.holder.ask("beat")
        held = many.holder.answer()
        held_s = monotonic() - began_at
        steps.done(f"{held.heard:,} of {ALL:,} streams had another heartbeat, {held.cut:,} were cut")
        told_ms = _told_all(many, plan.rounds, steps)
    return Report(
        machine=this_machine(folder),
        callers=CALLERS,
        seconds=plan.seconds,
        memory=Memory(
            some=SOME,
            all=ALL,
            without_bytes=without_bytes,
            some_bytes=some_bytes,
            all_bytes=all_bytes,
            end_bytes=end_bytes,
        ),
        rounds=[
            Round(without=each, one=beside_one, all=beside_all)
            for each, beside_one, beside_all in zip(without.rounds, one.rounds, many.rounds, strict=True)
        ],
        held_s=held_s,
        held=held,
        told_ms=told_ms,
    )


def _started(name: str, plan: Plan, folder: Path, stack: ExitStack, steps: Steps) -> _Entry:
    """Start a server and have it create for a while: what that takes of memory belongs to no stream."""
    mine = folder / name.replace(" ", "-")
    mine.mkdir()
    communities = Communities()
    target = Parley(communities)
    target.prepare(mine)
    stack.callback(target.stop)
    running = target.start()
    port = running.address.port
    quiet = Address(port=port, token=access_token(port, communities.quiet))
    holder = Holder(quiet)
    stack.callback(holder.stop)
    holder.start()
    entry = _Entry(name=name, running=running, quiet=quiet, holder=holder)
    _creates(entry, plan, steps, f"warm-up, {name}")
    return entry


def _held(entry: _Entry, count: int, steps: Steps) -> int:
    """Open so many, and return the server's memory once each has had a heartbeat."""
    steps.begin(f"opening {count:,} streams")
    entry.holder.hold(count)
    resident = entry.resident_bytes
    steps.done(f"{count:,} streams are open and had a heartbeat: {resident / 2**20:.1f} MiB")
    return resident


def _creates(entry: _Entry, plan: Plan, steps: Steps, name: str) -> Outcome:
    steps.begin(name)
    outcome = run(
        Job(
            address=entry.running.address,
            server_pid=entry.running.process.pid,
            callers=CALLERS,
            warm_up_s=WARM_UP_S,
            seconds=plan.seconds,
            asks=Creates(first_number=entry.next_number),
        )
    )
    entry.next_number = outcome.next_number
    _check(outcome, name)
    steps.done(
        f"{name}: {outcome.per_s:,.0f} creates/s, p50 {outcome.p50_ms:.2f} ms, p99 {outcome.p99_ms:.2f} ms, "
        f"server {outcome.server_cpu_us:,.0f} µs each"
    )
    return outcome


def _check(outcome: Outcome, name: str) -> None:
    """Refuse failed replies; and as nobody leaves the queue, its last place must be the number of creates."""
    if outcome.failed:
        raise BenchError(f"{name}: {outcome.failed} calls failed, the first with {outcome.first_failure}")
    if outcome.highest != outcome.next_number - 1:
        raise BenchError(f"{name}: the last place is {outcome.highest} after {outcome.next_number - 1} creates")
    if not outcome.calls:
        raise BenchError(f"{name}: no call was answered in {outcome.seconds:.1f} s")


def _told_all(entry: _Entry, times: int, steps: Steps) -> list[float]:
    """Have something happen in the quiet community, and see how soon after the answer the last stream has it."""
    steps.begin("an event for all streams")
    told_ms = [_told_once(entry) for _ in range(times)]
    steps.done(f"an event for all streams: the last has it after {', '.join(f'{each:.0f}' for each in told_ms)} ms")
    return told_ms


def _told_once(entry: _Entry) -> float:
    entry.holder.ask("event")
    _create_quietly(entry.quiet)
    answered_ns = monotonic_ns()
    held = entry.holder.answer()
    if held.heard < ALL:
        raise BenchError(f"{held.heard:,} of {ALL:,} streams had the event; {held.cut:,} were cut: {held.first_cut}")
    return (held.last_ns - answered_ns) / 1e6


def _create_quietly(address: Address) -> None:
    """Create a conversation where nothing else happens."""
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=_CALL_S)
    headers = {"Authorization": f"Bearer {address.token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", PATH, json.dumps({"author": {"email": "john@dow.com"}}), headers)
        reply = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if reply["errorCode"] != -1:
        raise BenchError(f"a create was answered with {reply['errorCode']}")
