"""The results in words: JSON with every round, a table in Markdown, and the same table on the terminal."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.machine import Machine
from bench.results import Report, Result, Rounds

_METHOD = """\
All targets carried out the same request on the same machine in one run, in turns, round after round.
Figures are medians over {rounds} rounds of {seconds:g} s; ratios are medians of the ratios of each round.
The request is the published example of *create conversation* as strict JSON with a new e-mail address
each time, over {callers} keep-alive connections to 127.0.0.1; each caller waits for its answer before it
calls again. Every reply was read and checked: the status, the error code, the caller's own e-mail
address, and in the end that the last place in the queue is the number of all creates. Every create is
durable before it is answered: SQLite in WAL mode with `synchronous=FULL`; writing a page and waiting for
the disk takes {sync_us:,.0f} µs here.

Server and load generator are one process each and share the machine's cores. The generator alone carries
{limit:,.0f} requests/s against a server that does nothing. CPU is user and system time of the whole
server process. The baseline is described in `bench/baseline/__init__.py`: it keeps the place in the queue
in a counter, because `COUNT(*)` would grow with the queue.
"""


GOAL_HEADS = ("", "goal", "median", "least to most", "")


def write(report: Report, folder: Path) -> None:
    """Write `create.json` and `create.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "create.json")
    (folder / "create.md").write_text(_markdown(report), encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the table."""
    show_table(_heads(report), _rows(report), console)


def write_goals(
    report: Rounds[Any], rows: Iterable[Sequence[str]], folder: Path, *, name: str, title: str, method: str
) -> None:
    """Write `NAME.json`, and `NAME.md` with rows under GOAL_HEADS, the figure `NAME.svg` and the method."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / f"{name}.json")
    parts = (
        f"# {title}",
        markdown_table(GOAL_HEADS, rows),
        f"![The same as a figure]({name}.svg)",
        method,
        described(report.machine),
    )
    (folder / f"{name}.md").write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def goal_row(name: str, values: Sequence[float], form: str, goal: str = "", *, is_met: bool | None = None) -> list[str]:
    """What was measured in every round, under GOAL_HEADS."""
    spread = f"{min(values):{form}} to {max(values):{form}}"
    return [name, goal, f"{median(values):{form}}", spread, verdict(is_met=is_met)]


def once_row(name: str, value: str, goal: str = "", *, is_met: bool | None = None) -> list[str]:
    """What was measured once, under GOAL_HEADS."""
    return [name, goal, value, "", verdict(is_met=is_met)]


def verdict(*, is_met: bool | None) -> str:
    """Say whether a goal is met, if there is one."""
    return "" if is_met is None else "met" if is_met else "missed"


def write_json(report: msgspec.Struct, path: Path) -> None:
    """Write every figure of a report."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]], console: Console) -> None:
    """Print a table whose first column is words and whose others are figures."""
    table = Table(*heads)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    console.print(table)


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return the same as Markdown."""
    return "\n".join([_line(heads), _line(["---", *("---:" for _ in heads[1:])]), *map(_line, rows)])


def described(machine: Machine, **more: str) -> str:
    """Return the table of what was measured on, and of what else was measured with."""
    facts = {
        "date": machine.date,
        "commit": machine.commit,
        "processor": f"{machine.cpu}, {machine.cores} cores",
        "system": machine.system,
        "Python": machine.python,
        "SQLite": machine.sqlite,
        **machine.libraries,
        **more,
    }
    return "\n".join([_line(["measured on", ""]), _line(["---", "---"]), *map(_line, facts.items())])


def _heads(report: Report) -> list[str]:
    return ["", *(result.label for result in report.results)]


def _markdown(report: Report) -> str:
    method = _METHOD.format(
        rounds=len(report.results[0].rounds),
        seconds=report.seconds,
        callers=report.callers,
        sync_us=report.machine.sync_us,
        limit=report.limit.per_s,
    )
    parts = (
        "# Durable creates",
        markdown_table(_heads(report), _rows(report)),
        "![The same as a figure](create.svg)",
        method,
        described(report.machine),
    )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _rows(report: Report) -> Iterator[list[str]]:
    def row(name: str, *cells: str) -> list[str]:
        return [name, *cells]

    results = report.results
    yield row("creates/s, median", *(f"{r.crowd(lambda o: o.per_s):,.0f}" for r in results))
    yield row(
        "creates/s, least to most",
        *(f"{min(r.crowd_rates):,.0f} to {max(r.crowd_rates):,.0f}" for r in results),
    )
    yield row("times the baseline", *(_ratio(report.times_baseline(r)) for r in results))
    yield row("part of the ceiling", *(_ratio(report.part_of_ceiling(r)) for r in results))
    yield row("latency p50, ms", *(f"{r.crowd(lambda o: o.p50_ms):.2f}" for r in results))
    yield row("latency p99, ms", *(f"{r.crowd(lambda o: o.p99_ms):.2f}" for r in results))
    yield row("server CPU for one create, µs", *(f"{r.crowd(lambda o: o.server_cpu_us):,.0f}" for r in results))
    yield row("one caller alone: creates/s", *(f"{r.alone(lambda o: o.per_s):,.0f}" for r in results))
    yield row("one caller alone: p50, ms", *(f"{r.alone(lambda o: o.p50_ms):.2f}" for r in results))
    yield row("one caller alone: p99, ms", *(f"{r.alone(lambda o: o.p99_ms):.2f}" for r in results))
    yield row("memory idle, MiB", *(f"{r.idle_mib:.0f}" for r in results))
    yield row("memory under load, MiB", *(f"{r.loaded_mib:.0f}" for r in results))
    yield row("process start to ready, ms", *(f"{r.ready_ms:,.0f}" for r in results))
    yield row("creates in all", *(f"{_made(r):,}" for r in results))
    yield row("generator's part of a core", *(f"{r.crowd(lambda o: o.generator_share):.0%}" for r in results))


def _made(result: Result) -> int:
    return sum(each.crowd.answered_in_all + each.alone.answered_in_all for each in result.rounds)


def _ratio(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
