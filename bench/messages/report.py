"""The results of the messages benchmark in words: JSON with every round, tables in Markdown and on the terminal."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from bench.bursts import Lap
from bench.load import Outcome
from bench.messages.pages import SKIP
from bench.messages.results import ADD, ALONE, CROWD, GOALS, PAGES_GOAL, READ, Report
from bench.report import described, markdown_table, show_table, write_json

NAMES = {ADD: "add one message", READ: "read a conversation with 100 messages"}

_METHOD = """\
Adding and reading: Parley and the baseline (`bench/baseline/__init__.py`) carried out the same calls on the same
conversations on the same machine in one run, in turns, round after round. Figures are medians over {rounds} rounds of
{seconds:g} s; ratios are medians of the ratios of each round. {callers} keep-alive connections to 127.0.0.1; each
caller waits for its answer before it calls again. Every reply was read and checked: author and text of what was added,
that the last message id is the number of all messages, and that a conversation comes with all its messages, newest
first. Messages go to 1,000 conversations in turn; the 200 that are read have 100 messages of two people each. Every
message is durable before it is answered: SQLite in WAL mode with `synchronous=FULL`; writing a page and waiting for the
disk takes {sync_us:,.0f} µs here. CPU is user and system time of the whole server process.

Pages: 100 messages of a conversation of {short:,} and of one of {long:,} in the same database, filled through Parley's
own ledger; one caller, {rounds} rounds of {page_seconds:g} s of short bursts of each kind in turn. Every page was
checked message by message. A cursor (`after`, `before`) is a message's id and leads straight to its place; `skip` has
to pass over what it skips, so it costs what it skips: it is told, not promised.
"""


def write(report: Report, folder: Path) -> None:
    """Write `messages.json` and `messages.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "messages.json")
    (folder / "messages.md").write_text(_markdown(report), encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    for call in NAMES:
        show_table(_heads(report, call), _rows(report, call), console)
    show_table(_page_heads(report), _page_rows(report), console)
    for line in _verdicts(report):
        console.print(line, highlight=False, markup=False)


def _markdown(report: Report) -> str:
    method = _METHOD.format(
        rounds=len(report.pages),
        seconds=report.seconds,
        callers=report.callers,
        sync_us=report.machine.sync_us,
        short=report.short,
        long=report.long,
        page_seconds=report.page_seconds,
    )
    parts = (
        "# Messages",
        "\n".join(f"- {line}" for line in _verdicts(report)),
        *(markdown_table(_heads(report, call), _rows(report, call)) for call in NAMES),
        markdown_table(_page_heads(report), _page_rows(report)),
        "![The same as a figure](messages.svg)",
        method,
        described(report.machine),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _verdicts(report: Report) -> Iterator[str]:
    for call, goal in GOALS.items():
        times = report.times_baseline(call, CROWD)
        name = NAMES[call].capitalize()
        yield f"{name}, goal at least {goal:g} times the baseline: {times:.1f} times, {_word(is_met=times >= goal)}."
    most = max(report.most_page_times(lambda lap: lap.server_cpu_us), report.most_page_times(lambda lap: lap.p50_ms))
    yield (
        f"Pages of {report.long:,} messages, goal at most {PAGES_GOAL:g} times those of {report.short:,}: at most "
        f"{most:.2f} times (CPU and p50), {_word(is_met=most <= PAGES_GOAL)}."
    )


def _word(*, is_met: bool) -> str:
    return "met" if is_met else "missed"


def _heads(report: Report, call: str) -> list[str]:
    return [NAMES[call], report.parley.label, report.baseline.label, "ratio"]


def _rows(report: Report, call: str) -> Iterator[list[str]]:
    figures: tuple[tuple[str, Callable[[Outcome], float], str], ...] = (
        ("a second", lambda outcome: outcome.per_s, ",.0f"),
        ("p50, ms", lambda outcome: outcome.p50_ms, ".2f"),
        ("p99, ms", lambda outcome: outcome.p99_ms, ".2f"),
        ("server CPU for one, µs", lambda outcome: outcome.server_cpu_us, ",.0f"),
    )
    for who, words in ((CROWD, f"{report.callers} callers"), (ALONE, "one caller alone")):
        for index, (unit, value, form) in enumerate(figures):
            mine, theirs = (rival.figure(call, who, value) for rival in (report.parley, report.baseline))
            ratio = f"{theirs / mine:.1f}" if index else f"{report.times_baseline(call, who):.1f}"
            yield [f"{words}: {unit}", format(mine, form), format(theirs, form), ratio]
    yield [
        "generator's part of a core",
        *(
            f"{rival.figure(call, CROWD, lambda o: o.generator_share):.0%}"
            for rival in (report.parley, report.baseline)
        ),
        "",
    ]


def _page_heads(report: Report) -> list[str]:
    short, long = f"{report.short:,}", f"{report.long:,}"
    return [
        "100 messages",
        f"CPU, µs: of {short}",
        f"of {long}",
        "times",
        f"p50, ms: of {short}",
        f"of {long}",
        "times",
    ]


def _page_rows(report: Report) -> Iterator[list[str]]:
    figures: tuple[tuple[Callable[[Lap], float], str], ...] = (
        (lambda lap: lap.server_cpu_us, ",.0f"),
        (lambda lap: lap.p50_ms, ".2f"),
    )
    for kind in report.page_kinds:
        cells = []
        for value, form in figures:
            cells += [format(figure, form) for figure in report.page(kind, value)]
            cells.append(f"{report.page_times(kind, value):.2f}")
        name = f"`skip` {report.short // 2:,} or {report.long // 2:,}" if kind == SKIP else kind
        yield [name, *cells]
