"""The results of the agents benchmark in words: JSON, a table in Markdown and on the terminal."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from rich.console import Console

from bench.agents.asking import KINDS, MESSAGES, PAGE
from bench.agents.database import HELD, OF_AUTHOR
from bench.agents.results import GOAL, Report
from bench.report import GOAL_HEADS, goal_row, show_table, write_goals
from bench.results import MIB

_METHOD = """\
A community of {short:,} conversations and one of {long:,}, of {each} messages each ({messages:,} messages, {file:,.0f}
MiB), filled through Parley's own ledger and served by a `parley serve` of its own each, on SQLite. Of each hundred
conversations 10 wait, 10 are with the bot, 2 with a teammate and 78 are closed; a teammate has {held}, so the large
community has more teammates; a client has {of_author}.

A teammate, signed in with a session, asks over one connection: for the counts of all views, for the first {page} of a
list with what was said last in each, and for conversations anywhere, each with all of its messages and events and the
client's earlier ones. Both servers ran side by side and were asked in turns, {rounds} rounds of {seconds:g} s. Each
reply was read: the counts must be those that follow from the size, the lists full, the conversations whole. CPU is user
and system time of the whole server process for one call; “times” are the ratios of each round.
"""


def write(report: Report, folder: Path) -> None:
    """Write `agents.json` and `agents.md`."""
    method = _METHOD.format(
        short=report.short.conversations,
        long=report.long.conversations,
        each=MESSAGES,
        messages=report.long.messages,
        file=report.long.file_bytes / MIB,
        held=HELD,
        of_author=OF_AUTHOR,
        page=PAGE,
        rounds=len(report.rounds),
        seconds=report.seconds,
    )
    write_goals(report, _rows(report), folder, name="agents", title="What teammates read", method=method)


def show(report: Report, console: Console) -> None:
    """Print the table."""
    show_table(GOAL_HEADS, _rows(report), console)


def _rows(report: Report) -> Iterator[list[str]]:
    for kind in KINDS:
        times = report.times(kind)
        yield goal_row(f"{kind}: times", times, ".2f", f"≤ {GOAL:g}", is_met=median(times) <= GOAL)
        yield goal_row(
            f"… server CPU at {report.short.conversations:,}, µs", report.cpu_us(kind, is_long=False), ",.0f"
        )
        yield goal_row(f"… at {report.long.conversations:,}, µs", report.cpu_us(kind, is_long=True), ",.0f")
        yield goal_row(f"… p50 at {report.long.conversations:,}, ms", report.p50_ms(kind, is_long=True), ".2f")
