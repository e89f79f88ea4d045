"""The results of the day benchmark in words: JSON, tables in Markdown and on the terminal."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from bench.day.plan import MESSAGES, POLL_EVERY_MIN
from bench.day.replay import Kind
from bench.day.results import MEMORY_GOAL_MIB, Report
from bench.report import described, markdown_table, show_table, write_json
from bench.results import MIB

_NAMES = {
    "create": "create a conversation",
    "take": "a teammate takes it",
    "message": "add a message",
    "close": "close it",
    "place": "ask for the place in the queue",
}

_METHOD = """\
A day of {conversations:,} conversations with {messages} messages each, half of them the client's, replayed {speed:g}
times faster than it was, in {seconds:,.0f} s, against one `parley serve` on SQLite with `synchronous=FULL` (writing a
page and waiting for the disk takes {sync_us:,.0f} µs here). The day is drawn from dice with a fixed seed
(`bench/day/plan.py`): customers come by the hours of a working day, a team takes the longest waiting first, chats last
10 minutes on the average, and who waits asks for the place every {poll_s:.0f} seconds of the day. At most {open_most:,}
conversations were open at once.

Calls are sent when they are due, over connections that are kept open, whether or not others have been answered. One is
late when its customer's call before it is not answered yet, or the generator had no core: 1 of 100 was sent
{late_ms:,.0f} ms late or more. Latency is from sending a call to its whole reply and does not count that. Every reply
was read and checked. The machine's cores are shared by the server, the generator and whatever else runs on it.

The file's size is that after the server has ended, less that of the empty database. It holds for each conversation its
author, {messages} messages, the stay in the queue, and an event in the log for each thing that happened, which holds
the text of the messages once more; and the indexes.
"""


def write(report: Report, folder: Path) -> None:
    """Write `day.json` and `day.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "day.json")
    (folder / "day.md").write_text(_markdown(report), encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    show_table(_CALL_HEADS, _call_rows(report), console)
    show_table(_SIZE_HEADS, _size_rows(report), console)
    console.print(_verdict(report), highlight=False, markup=False)


def _markdown(report: Report) -> str:
    replayed = report.replayed
    method = _METHOD.format(
        conversations=report.conversations,
        messages=MESSAGES,
        speed=report.speed,
        seconds=replayed.seconds,
        sync_us=report.machine.sync_us,
        poll_s=POLL_EVERY_MIN * 60,
        open_most=replayed.open_most,
        late_ms=replayed.late_p99_ms,
    )
    parts = (
        f"# A day of {report.conversations:,} conversations at {report.speed:g}×",
        _verdict(report),
        markdown_table(_CALL_HEADS, _call_rows(report)),
        _busy(report),
        markdown_table(_SIZE_HEADS, _size_rows(report)),
        "![The same as a figure](day.svg)",
        method,
        described(report.machine),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _busy(report: Report) -> str:
    """Where the time of the slow calls went."""
    replayed = report.replayed
    return (
        f"The server was at work for {replayed.server_cpu_s / replayed.seconds:.0%} of one core and the generator for "
        f"{replayed.generator_cpu_s / replayed.seconds:.0%}: where a call took long, it most likely waited for "
        f"the disk, or for a core that something else on the machine had. The latencies are those of a shared machine."
    )


def _verdict(report: Report) -> str:
    memory = report.settled_bytes / MIB
    word = "Met" if memory < MEMORY_GOAL_MIB else "Missed"
    return f"Goal: under {MEMORY_GOAL_MIB:g} MiB of resident memory at the end. {word}: {memory:.0f} MiB."


_CALL_HEADS = ("", "calls", "p50, ms", "p99, ms", "slowest, ms")


def _call_rows(report: Report) -> Iterator[list[str]]:
    yield _call_row("all writes", report.replayed.writes)
    yield _call_row("all reads", report.replayed.reads)
    for kind, name in _NAMES.items():
        yield _call_row(name, report.replayed.kinds[kind])


def _call_row(name: str, kind: Kind) -> list[str]:
    return [name, f"{kind.calls:,}", f"{kind.p50_ms:.2f}", f"{kind.p99_ms:.2f}", f"{kind.most_ms:.0f}"]


_SIZE_HEADS = ("", "")


def _size_rows(report: Report) -> Iterator[list[str]]:
    replayed = report.replayed
    calls = replayed.writes.calls + replayed.reads.calls
    yield ["resident memory before the first call, MiB", f"{report.idle_bytes / MIB:.0f}"]
    yield ["the most on the way, MiB", f"{report.peak_bytes / MIB:.0f}"]
    yield ["at the end, MiB", f"{report.settled_bytes / MIB:.0f}"]
    yield ["database file, MiB", f"{report.file_bytes / MIB:.0f}"]
    yield ["of it for a conversation, KiB", f"{report.bytes_per_conversation / 1024:.1f}"]
    yield ["write-ahead log, MiB", f"{report.wal_bytes / MIB:.1f}"]
    yield ["calls a second", f"{calls / replayed.seconds:,.0f}"]
    yield ["server CPU for a call, µs", f"{replayed.server_cpu_s / calls * 1e6:,.0f}"]
    yield ["server's part of a core", f"{replayed.server_cpu_s / replayed.seconds:.0%}"]
    yield ["generator's part of a core", f"{replayed.generator_cpu_s / replayed.seconds:.0%}"]
