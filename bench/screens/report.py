"""The results of the screens benchmark in words: JSON, two tables in Markdown and on the terminal."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from rich.console import Console

from bench.report import GOAL_HEADS, described, goal_row, markdown_table, once_row, show_table, verdict, write_json
from bench.screens.database import CONVERSATIONS
from bench.screens.pace import IDLE, LOADED
from bench.screens.results import GOAL_MS, Report, Way
from bench.screens.seats import HEIGHT, WIDTH

_METHOD = """\
Medians over {rounds} rounds; *most* is that of all rounds. In each round {idle:g} message a second for {seconds:g} s,
then {loaded:g} a second for as long, to a `parley serve` on SQLite with `synchronous=FULL` (writing a page and
waiting for the disk takes {sync_us:,.0f} µs here). The server, the process that writes, {browser} with both pages,
and whatever else runs share the machine's cores; the benchmark ran at a niceness of {niceness}.

Clients write over the External Chat API, each message when it is due, whether or not others are answered. Two
teammates are signed in at pages of their own, with {conversations} open conversations in the list and the same one
opened: at the low rate each message is one of that conversation, under load every {every}th. The others go in turn to
{written} of the {conversations}, the opened one among them. One of the teammates replies in it, {replies:g} times a
second under load, by the key that sends. The pages are {width} × {height:,}, so that each row is drawn. They are loaded
anew before each stretch of messages.

Each text has a mark. *In* a place is when the page's own observer of mutations sees the mark there, *painted* when
the frame after that has been painted; a client's message counts on both screens, a reply on the other teammate's. A
row shows the last message alone: it is there when it or a later one of its conversation is. Times are from just
before the request is written, or from the pressing of the key, until then, all by the system's clock, from which the
pages' clocks were at most {clock_off:.2f} ms off. In all {messages:,} messages and {replied:,} replies.
"""

LABELS = {
    Way.CLIENT_ANSWER: "a client's message: answered",
    Way.CLIENT_STREAM: "… on the integrator's live stream",
    Way.CLIENT_THREAD: "… in the opened thread",
    Way.CLIENT_THREAD_PAINTED: "… painted there",
    Way.CLIENT_ROW: "… in its row of the list",
    Way.CLIENT_ROW_PAINTED: "… painted there",
    Way.REPLY_STREAM: "a teammate's reply: on the integrator's live stream",
    Way.REPLY_THREAD: "… in the other's thread",
    Way.REPLY_THREAD_PAINTED: "… painted there",
    Way.REPLY_ROW: "… in its row of the other's list",
    Way.REPLY_ROW_PAINTED: "… painted there",
}

HEADS = (
    "ms",
    f"{IDLE.per_s:g}/s: p50",
    "p99",
    f"{LOADED.per_s:g}/s: p50",
    "p95",
    "p99",
    "least to most",
    f"≤ {GOAL_MS:g}",
    "most",
)
_WITHOUT_GOAL = {Way.CLIENT_ANSWER, Way.CLIENT_STREAM}


def write(report: Report, folder: Path) -> None:
    """Write `screens.json` and `screens.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "screens.json")
    parts = (
        "# A message on the other screen",
        markdown_table(HEADS, _rows(report)),
        "![The same as a figure](screens.svg)",
        markdown_table(GOAL_HEADS, _server_rows(report)),
        _method(report),
        described(report.machine, browser=report.browser),
    )
    (folder / "screens.md").write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    show_table(HEADS, _rows(report), console)
    show_table(GOAL_HEADS, _server_rows(report), console)


def _method(report: Report) -> str:
    stretches = report.stretches()
    return _METHOD.format(
        rounds=len(report.rounds),
        idle=IDLE.per_s,
        loaded=LOADED.per_s,
        seconds=report.seconds,
        sync_us=report.machine.sync_us,
        niceness=report.niceness,
        browser=report.browser.partition(" built")[0],
        conversations=CONVERSATIONS,
        every=LOADED.opened_every,
        written=CONVERSATIONS - CONVERSATIONS // LOADED.opened_every,  # the turns of the rest fall to the opened one
        replies=LOADED.replies_per_s,
        width=WIDTH,
        height=HEIGHT,
        clock_off=max(abs(each.clock_off_ms) for each in stretches),
        messages=sum(each.messages for each in stretches),
        replied=sum(each.replies for each in stretches),
    )


def _rows(report: Report) -> Iterator[list[str]]:
    for way, label in LABELS.items():
        idle, loaded = report.idle(way), report.loaded(way)
        p99 = [each.p99_ms for each in loaded]
        is_met = None if way in _WITHOUT_GOAL else median(p99) <= GOAL_MS
        yield [
            label,
            f"{median(each.p50_ms for each in idle):.0f}",
            f"{median(each.p99_ms for each in idle):.0f}",
            f"{median(each.p50_ms for each in loaded):.0f}",
            f"{median(each.p95_ms for each in loaded):.0f}",
            f"{median(p99):.0f}",
            f"{min(p99):.0f} to {max(p99):.0f}",
            verdict(is_met=is_met),
            f"{max(each.most_ms for each in loaded):.0f}",
        ]


def _server_rows(report: Report) -> Iterator[list[str]]:
    yield goal_row(
        f"server CPU at {IDLE.per_s:g}/s, of a core", report.values(lambda one: one.idle.server_share), ".1%"
    )
    yield goal_row(f"… at {LOADED.per_s:g}/s, of a core", report.values(lambda one: one.loaded.server_share), ".1%")
    yield goal_row(
        "… for a message at that rate, with all that the pages ask, ms",
        report.values(lambda one: one.loaded.server_cpu_s / (one.loaded.messages + one.loaded.replies) * 1e3),
        ".2f",
    )
    yield goal_row(
        "a message is sent later than due, p99, ms", report.values(lambda one: one.loaded.late_p99_ms), ".1f"
    )
    yield goal_row("other work on the machine, of a core", report.values(lambda one: one.loaded.others_share), ".0%")
    missing = report.missing()
    yield once_row("texts that never came", f"{missing}", "0", is_met=missing == 0)
