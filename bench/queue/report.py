"""The results of the queue benchmark in words: JSON with every round, tables in Markdown and on the terminal."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from rich.console import Console

from bench.queue.asking import CLOSE, CREATE, PLACE, TAKE
from bench.queue.database import CHATS
from bench.queue.results import GOAL, Length, Report, Value, cpu_us, p50_ms, p99_ms
from bench.report import described, markdown_table, show_table, write_json
from bench.results import MIB

NAMES = {
    CREATE: "create",
    PLACE: "read a place",
    CLOSE: "leave by closing",
    TAKE: "leave, taken over",
}

_FIGURES: tuple[tuple[str, Value, str], ...] = (
    ("server CPU, µs", cpu_us, ",.0f"),
    ("p50, ms", p50_ms, ".2f"),
    ("p99, ms", p99_ms, ".2f"),
)

_METHOD = """\
One community with {short:,} and one with {long:,} waiting conversations, each filled through Parley's own ledger and
served by a `parley serve` of its own over real connections to 127.0.0.1. Both ran side by side and took turns: {rounds}
rounds of {seconds:g} s for one caller alone and as long for {callers} callers. Within a turn there were bursts of one
kind of call after another: creates, whose replies tell the place; reads of a place anywhere between a quarter and three
quarters of the queue; and as many leave from there as were created, by `PATCH …/close` or by `PATCH …/takeover` to a
teammate, so the length stays. Figures are medians over the rounds, “times” is the median of the ratios of each round.
CPU is user and system time of the whole server process.

Every place in every reply was held against the one it must be. The waits were estimated ({chats} chats had ended, a
teammate was online), for that is part of the cost. SQLite wrote with `synchronous=FULL`; writing a page and waiting for
the disk takes {sync_us:,.0f} µs here.

p99 is what a call waits for while SQLite folds its write-ahead log into the file, after each 1,000 pages: in the long
queue nearly each that leaves touches pages of its own, so it comes more often. It is a matter of some 20 calls a round,
and of whatever else the disk does.

After the rounds each server was killed with SIGKILL, after writes that no checkpoint had seen, and started again,
{restarts} times. Nothing is counted at the start and nothing later: the counters are rows, written with each change.
"""


def write(report: Report, folder: Path) -> None:
    """Write `queue.json` and `queue.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "queue.json")
    (folder / "queue.md").write_text(_markdown(report), encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    for is_crowd in (False, True):
        show_table(_heads(report, is_crowd=is_crowd), _rows(report, is_crowd=is_crowd), console)
    show_table(_restart_heads(report), _restart_rows(report), console)
    console.print(_verdict(report), highlight=False, markup=False)


def _markdown(report: Report) -> str:
    method = _METHOD.format(
        short=report.short.waiting,
        long=report.long.waiting,
        rounds=len(report.short.rounds),
        seconds=report.seconds,
        callers=report.callers,
        chats=CHATS,
        sync_us=report.machine.sync_us,
        restarts=len(report.short.restarts),
    )
    parts = (
        f"# The queue at {report.short.waiting:,} and at {report.long.waiting:,} waiting",
        _verdict(report),
        *(
            markdown_table(_heads(report, is_crowd=is_crowd), _rows(report, is_crowd=is_crowd))
            for is_crowd in (False, True)
        ),
        markdown_table(_restart_heads(report), _restart_rows(report)),
        "![The same as a figure](queue.svg)",
        method,
        described(report.machine),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _verdict(report: Report) -> str:
    most, slowest = _most(report, cpu_us, p50_ms), _most(report, p99_ms)
    word = "met" if most <= GOAL else "missed"
    return (
        f"Goal: at most {GOAL:g} times the cost at {report.long.waiting:,} waiting. {word.capitalize()}: "
        f"the most is {most:.2f} times, of CPU and p50 of every kind of call. p99: {slowest:.2f} times."
    )


def _most(report: Report, *values: Value) -> float:
    return max(
        report.times(kind, value, is_crowd=is_crowd) for kind in NAMES for value in values for is_crowd in (False, True)
    )


def _heads(report: Report, *, is_crowd: bool) -> list[str]:
    who = f"{report.callers} callers" if is_crowd else "one caller alone"
    return [who, f"{report.short.waiting:,} waiting", f"{report.long.waiting:,} waiting", "times"]


def _rows(report: Report, *, is_crowd: bool) -> Iterator[list[str]]:
    for kind, name in NAMES.items():
        for unit, value, form in _FIGURES:
            yield [
                f"{name}: {unit}",
                *(
                    format(length.figure(kind, value, is_crowd=is_crowd), form)
                    for length in (report.short, report.long)
                ),
                f"{report.times(kind, value, is_crowd=is_crowd):.2f}",
            ]


def _restart_heads(report: Report) -> list[str]:
    return ["after SIGKILL", f"{report.short.waiting:,} waiting", f"{report.long.waiting:,} waiting"]


def _restart_rows(report: Report) -> Iterator[list[str]]:
    lengths = (report.short, report.long)

    def row(name: str, *cells: str) -> list[str]:
        return [name, *cells]

    yield row("process start to ready, ms", *(f"{median(_ready_ms(length)):,.0f}" for length in lengths))
    yield row(
        "least to most, ms", *(f"{min(_ready_ms(length)):,.0f} to {max(_ready_ms(length)):,.0f}" for length in lengths)
    )
    yield row(
        "the first place told, ms",
        *(f"{median(each.first_place_ms for each in length.restarts):.1f}" for length in lengths),
    )
    yield row(
        "places asked for, all of them right",
        *(f"{sum(each.places_checked for each in length.restarts):,}" for length in lengths),
    )
    yield row("database file, MiB", *(f"{length.file_bytes / MIB:,.0f}" for length in lengths))
    yield row("server's memory after the rounds, MiB", *(f"{length.resident_bytes / MIB:,.0f}" for length in lengths))


def _ready_ms(length: Length) -> list[float]:
    return [each.ready_s * 1e3 for each in length.restarts]
