"""The results of the webhooks benchmark in words: JSON, a table in Markdown and on the terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from bench.report import GOAL_HEADS, goal_row, show_table, write_goals
from bench.webhooks.results import CPU_GOAL, LATENCY_GOAL, PLAIN_GOAL, Report, Round

_METHOD = """\
Medians over {rounds} rounds, each with all questions in turn, on one machine whose cores are shared by Parley, the
load, the receiver and whatever else runs. Parley runs as `parley serve` on SQLite with `synchronous=FULL` (writing a
page and waiting for the disk takes {sync_us:,.0f} µs here); the receiver is a process that answers 200 at once.

*Arrival* is from reading a write's answer to the receiver having its webhook, at {rate:g} writes a second; one that
is there before the answer counts less than nothing. *As fast as it goes*: {sent:,} events wait in the log when the
server starts; its CPU until all have arrived and are written down, less that of a server with nothing to send, beside
the CPU of a loop with aiohttp that posts as many bodies of the same size over as many connections, and keeps no log,
no order, no signature and no record. *Beside a dead endpoint*: the same {pending:,} events in the log, waiting for an
endpoint that refuses every connection, or for nobody.
"""


def write(report: Report, folder: Path) -> None:
    """Write `webhooks.json` and `webhooks.md`."""
    method = _METHOD.format(
        rounds=len(report.rounds),
        sync_us=report.machine.sync_us,
        rate=report.rate,
        sent=report.rounds[0].sending.deliveries,
        pending=report.pending,
    )
    write_goals(report, _rows(report), folder, name="webhooks", title="Webhooks", method=method)


def show(report: Report, console: Console) -> None:
    """Print the table."""
    show_table(GOAL_HEADS, _rows(report), console)


def _rows(report: Report) -> Iterator[list[str]]:
    def row(
        name: str, what: Callable[[Round], float], form: str, goal: str = "", *, met: bool | None = None
    ) -> list[str]:
        return goal_row(name, report.values(what), form, goal, is_met=met)

    yield row("arrival after the answer, p50, ms", lambda one: one.arrivals.p50_ms, ".2f")
    yield row("arrival after the answer, p99, ms", lambda one: one.arrivals.p99_ms, ".2f")
    yield row("deliveries a second", lambda one: one.sending.deliveries / one.sending.seconds, ",.0f")
    yield row("CPU for a delivery, µs", lambda one: one.sending.cpu_s / one.sending.deliveries * 1e6, ".0f")
    yield row("… of the plain loop, µs", lambda one: one.sending.plain_cpu_s / one.sending.deliveries * 1e6, ".0f")
    part = report.middle(lambda one: one.sending.part_of_plain)
    yield row(
        "deliveries for each second of CPU, by the plain loop's",
        lambda one: one.sending.part_of_plain,
        ".2f",
        f"≥ {PLAIN_GOAL}",
        met=part >= PLAIN_GOAL,
    )
    cpu = report.middle(lambda one: one.cpu_ratio)
    yield row("CPU for a create, µs", lambda one: one.alone.create_cpu_us, ".0f")
    yield row("… beside a dead endpoint, µs", lambda one: one.beside_dead.create_cpu_us, ".0f")
    yield row("the one by the other", lambda one: one.cpu_ratio, ".2f", f"≤ {CPU_GOAL}", met=cpu <= CPU_GOAL)
    late = report.middle(lambda one: one.latency_ratio)
    yield row("arrival at another endpoint, p50, ms", lambda one: one.alone.arrivals.p50_ms, ".2f")
    yield row("… beside a dead endpoint, ms", lambda one: one.beside_dead.arrivals.p50_ms, ".2f")
    yield row(
        "the one by the other", lambda one: one.latency_ratio, ".2f", f"≤ {LATENCY_GOAL}", met=late <= LATENCY_GOAL
    )
