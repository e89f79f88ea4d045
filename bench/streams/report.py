"""The results of the streams benchmark in words: JSON, a table in Markdown and on the terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from bench.report import GOAL_HEADS, goal_row, once_row, show_table, write_goals
from bench.results import MIB
from bench.streams.results import KIB_GOAL, SILENCE_GOAL_S, Report, Round

_METHOD = """\
One machine whose cores are shared by Parley, the load, the process that holds the streams and whatever else runs.
Parley runs as `parley serve` on SQLite with `synchronous=FULL` (writing a page and waiting for the disk takes
{sync_us:,.0f} µs here) and its default settings. A stream is `GET /events` with `Accept: text/event-stream` on a
connection of its own, without TLS. All are those of one quiet community with one access token; the creates are
another community's, so that no create is told to any stream.

*Memory* is the resident memory of the server's process: after {seconds:g} s of creates, with the first {some:,}
streams, and with {all:,}, each time when every stream has had a heartbeat; measured once. The first streams may move
into memory that the creates have left behind, so the figure is that of the streams beyond them. What the system keeps
for a connection in its own memory is not in it.

*Creates*: medians over {rounds} rounds of {seconds:g} s with {callers} callers; in each round the same creates on
three servers, one without streams, one with one, and one with {all:,}. The first stream has the server read its own
log as it grows; the other {others:,} add their heartbeats, {beats:,.0f} a second. Ratios are medians of the ratios of
each round. Every reply was read and checked, and that the last place in the queue is the number of all creates.

*To the end*: all {all:,} streams were held for {held_s:,.0f} s while creates went on, and until each had had another
heartbeat, of which each had at least {fewest} by then; and then until each had an event: something that happened in
the quiet community after all, {rounds} times; that time has the reading of {all:,} frames by the one process that
holds the streams in it. *Heard nothing* counts from the opening of a stream on.
"""

_HEARTBEAT_S = 15


def write(report: Report, folder: Path) -> None:
    """Write `streams.json` and `streams.md`."""
    method = _METHOD.format(
        rounds=len(report.rounds),
        seconds=report.seconds,
        callers=report.callers,
        sync_us=report.machine.sync_us,
        some=report.memory.some,
        all=report.memory.all,
        others=report.memory.all - 1,
        beats=report.memory.all / _HEARTBEAT_S,
        held_s=report.held_s,
        fewest=report.held.fewest_beats,
    )
    write_goals(report, _rows(report), folder, name="streams", title="Live streams", method=method)


def show(report: Report, console: Console) -> None:
    """Print the table."""
    show_table(GOAL_HEADS, _rows(report), console)


def _rows(report: Report) -> Iterator[list[str]]:
    yield from _memory_rows(report)
    yield from _create_rows(report)
    yield from _end_rows(report)


def _memory_rows(report: Report) -> Iterator[list[str]]:
    memory = report.memory
    yield once_row("resident memory after creates, without streams, MiB", f"{memory.without_bytes / MIB:.1f}")
    yield once_row(f"… with {memory.some:,} streams, MiB", f"{memory.some_bytes / MIB:.1f}")
    yield once_row(f"… with {memory.all:,} streams, MiB", f"{memory.all_bytes / MIB:.1f}")
    yield once_row(f"… with {memory.all:,} streams after all creates, MiB", f"{memory.end_bytes / MIB:.1f}")
    yield once_row(f"for each of the first {memory.some:,} streams, KiB", f"{memory.some_kib:.1f}")
    yield once_row(
        "for each stream beyond them, KiB", f"{memory.kib:.1f}", f"< {KIB_GOAL:g}", is_met=memory.kib < KIB_GOAL
    )


def _create_rows(report: Report) -> Iterator[list[str]]:
    def row(name: str, what: Callable[[Round], float], form: str) -> list[str]:
        return goal_row(name, report.values(what), form)

    streams = f"{report.memory.all:,} streams"
    yield row("CPU for a create without streams, µs", lambda one: one.without.server_cpu_us, ".0f")
    yield row("… beside one stream, µs", lambda one: one.one.server_cpu_us, ".0f")
    yield row(f"… beside {streams}, µs", lambda one: one.all.server_cpu_us, ".0f")
    yield row(f"beside {streams}, by without", lambda one: one.cpu_ratio, ".2f")
    yield row(f"beside {streams}, by beside one", lambda one: one.cpu_ratio_to_one, ".2f")
    yield row("creates without streams: p50, ms", lambda one: one.without.p50_ms, ".2f")
    yield row("… beside one stream, ms", lambda one: one.one.p50_ms, ".2f")
    yield row(f"… beside {streams}, ms", lambda one: one.all.p50_ms, ".2f")
    yield row(f"beside {streams}, by without", lambda one: one.p50_ratio, ".2f")
    yield row(f"beside {streams}, by beside one", lambda one: one.p50_ratio_to_one, ".2f")
    yield row("creates without streams: p99, ms", lambda one: one.without.p99_ms, ".2f")
    yield row(f"… beside {streams}, ms", lambda one: one.all.p99_ms, ".2f")
    yield row("creates/s without streams", lambda one: one.without.per_s, ",.0f")
    yield row(f"… beside {streams}", lambda one: one.all.per_s, ",.0f")


def _end_rows(report: Report) -> Iterator[list[str]]:
    held, wanted = report.held, report.memory.all
    yield once_row(
        "streams open at the end and with another heartbeat",
        f"{held.heard:,}",
        f"{wanted:,}",
        is_met=held.heard == wanted,
    )
    yield once_row(
        "the longest that any of them heard nothing, s",
        f"{held.silence_s:.1f}",
        f"< {SILENCE_GOAL_S:g}",
        is_met=held.silence_s < SILENCE_GOAL_S,
    )
    yield goal_row(f"an event: the last of {wanted:,} has it after the answer, ms", report.told_ms, ".0f")
