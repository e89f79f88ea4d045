"""The results of the bots benchmark in words: JSON, a table in Markdown and on the terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from bench.bots.results import P99_GOAL, Report, Round
from bench.report import GOAL_HEADS, goal_row, show_table, write_goals
from bench.results import MIB

_METHOD = """\
Medians over {rounds} rounds, each with both servers in turn, on one machine whose cores are shared by Parley, the load,
the bot and whatever else runs; which of the two is first changes from round to round, and ratios are medians of the
ratios of each round. Parley runs as `parley serve`, one process, on a new SQLite database with `synchronous=FULL`
(writing a page and waiting for the disk takes {sync_us:,.0f} µs here). The bot is a process that answers each question
after {answer_s:g} s.

{conversations:,} conversations are created with `isBotEnabled` and a first message, as fast as 16 connections go: that
is *all at once*, and the next begins when all have their answer. Then clients write {rate:g} times a second, one after
the other, so that each writes again after {again_s:g} s and {steady:,.0f} answers are on their way at any time; after
{warm_up_s:g} s it is measured for {seconds:g} s. When a write is due within its {each_ms:g} ms is left to dice, the
same for both servers; it is sent when it is due, whether or not others are answered. Its latency is from sending to
the answer; *late* is how long after it was due it was sent. Every reply was read and checked. CPU is user and system
time of the whole server process, by the number of clients' writes: what a server does by itself each second is in it,
and with the bot the asking and the writing down of answers.

In the end it was waited until the bot owed nothing, and the rows were counted: no conversation was lost, every client
has an answer to the last that was written, there are as many answers as questions that the bot answered, and no two
are to the same.
"""


def write(report: Report, folder: Path) -> None:
    """Write `bots.json` and `bots.md`."""
    method = _METHOD.format(
        rounds=len(report.rounds),
        sync_us=report.machine.sync_us,
        answer_s=report.answer_s,
        conversations=report.conversations,
        rate=report.rate,
        again_s=report.conversations / report.rate,
        each_ms=1000 / report.rate,
        steady=report.rate * report.answer_s,
        warm_up_s=report.warm_up_s,
        seconds=report.seconds,
    )
    write_goals(report, _rows(report), folder, name="bots", title="Bots", method=method)


def show(report: Report, console: Console) -> None:
    """Print the table."""
    show_table(GOAL_HEADS, _rows(report), console)


def _rows(report: Report) -> Iterator[list[str]]:
    def row(
        name: str, what: Callable[[Round], float], form: str, goal: str = "", *, met: bool | None = None
    ) -> list[str]:
        return goal_row(name, report.values(what), form, goal, is_met=met)

    def bounded(name: str, what: Callable[[Round], float]) -> list[str]:
        """What holds in every round or not at all."""
        return row(name, what, ",.0f", f"≤ {report.at_once}", met=max(report.values(what)) <= report.at_once)

    yield row("a client's write without a bot: p50, ms", lambda one: one.without.written.p50_ms, ".2f")
    yield row("… with the bot, ms", lambda one: one.beside.written.p50_ms, ".2f")
    yield row("the one by the other", lambda one: one.p50_ratio, ".2f")
    slowest = report.middle(lambda one: one.p99_ratio)
    yield row("a client's write without a bot: p99, ms", lambda one: one.without.written.p99_ms, ".2f")
    yield row("… with the bot, ms", lambda one: one.beside.written.p99_ms, ".2f")
    yield row("the one by the other", lambda one: one.p99_ratio, ".2f", f"≤ {P99_GOAL}", met=slowest <= P99_GOAL)
    yield row("server CPU for a write without a bot, µs", lambda one: one.without.written.server_cpu_us, ",.0f")
    yield row("… with the bot, its answer included, µs", lambda one: one.beside.written.server_cpu_us, ",.0f")
    yield row("memory before the load, MiB", lambda one: one.beside.idle_bytes / MIB, ".1f")
    yield row("… after it without a bot, MiB", lambda one: one.without.written.resident_bytes / MIB, ".1f")
    yield row("… after it with the bot, MiB", lambda one: one.beside.written.resident_bytes / MIB, ".1f")
    yield bounded(
        f"questions on their way, {report.conversations:,} asking at once", lambda one: one.answered.crowd_most
    )
    yield bounded(f"… at {report.rate:g} writes a second", lambda one: one.answered.steady_most)
    yield row(f"{report.conversations:,} at once: all answered after, s", lambda one: one.answered.crowd_s, ".1f")
    yield row("answers given, each once and none missing", lambda one: one.answered.answers, ",.0f")
    yield row("writes measured", lambda one: one.beside.written.writes, ",.0f")
    yield row("sent late without a bot: p99, ms", lambda one: one.without.written.late_p99_ms, ".2f")
    yield row("… with the bot, ms", lambda one: one.beside.written.late_p99_ms, ".2f")
