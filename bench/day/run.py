"""The day benchmark: one Parley process on SQLite lives through a day in minutes."""

from pathlib import Path

from rich.console import Console

from bench.create import SETTLE_S, Plan, run_folder
from bench.day.figure import draw
from bench.day.replay import DayJob, run
from bench.day.report import show, write
from bench.day.results import Report
from bench.errors import BenchError
from bench.fill import TEAMMATE, Account, url_of
from bench.machine import this_machine
from bench.postgres.cluster import made
from bench.progress import Steps
from bench.servers import has_ended
from bench.targets import Parley
from bench.usage import resident_bytes


class _Made:
    """Makes the community, and keeps what is known of it."""

    def __call__(self, database: Path) -> Account:
        self.account = made(url_of(database))
        return self.account


def day(plan: Plan, console: Console) -> None:
    """Replay the day and write its results."""
    steps = Steps(console, total=2)
    with run_folder() as folder, steps:
        report = _replayed(plan, folder, steps)
    write(report, plan.results)
    draw(report, plan.results / "day.svg")
    show(report, console)


def _replayed(plan: Plan, folder: Path, steps: Steps) -> Report:
    steps.begin("starting")
    make = _Made()
    target = Parley(make)
    target.prepare(folder)
    empty_file_bytes = target.database.stat().st_size
    try:
        running = target.start()
        pid = running.process.pid
        if has_ended(running.process, within_s=SETTLE_S):
            raise BenchError("the server ended by itself")
        idle_bytes = resident_bytes(pid)
        steps.done(f"ready after {running.ready_after_s * 1e3:.0f} ms")
        steps.begin(f"a day of {plan.conversations:,} conversations at {plan.speed:g}×")
        replayed = run(
            DayJob(
                address=running.address,
                server_pid=pid,
                conversations=plan.conversations,
                speed=plan.speed,
                teammate_id=make.account.teammate_id,
                teammate_email=TEAMMATE,
            )
        )
        settled_bytes = resident_bytes(pid)
        wal_bytes = target.database.with_name("parley.db-wal").stat().st_size
    finally:
        target.stop()
    steps.done(f"replayed in {replayed.seconds:,.0f} s")
    return Report(
        machine=this_machine(folder),
        conversations=plan.conversations,
        speed=plan.speed,
        idle_bytes=idle_bytes,
        replayed=replayed,
        settled_bytes=settled_bytes,
        empty_file_bytes=empty_file_bytes,
        file_bytes=target.database.stat().st_size,
        wal_bytes=wal_bytes,
    )
