"""The results in words: JSON, tables in Markdown, and the table of errors on the terminal."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.wait.formulas import MEAN, PARLEY, PEERS, PUBLISHED
from bench.wait.scenarios import SCENARIOS
from bench.wait.scores import GOAL, Cell, Report

_METHOD = """\
One first-come queue, {agents} agents with {chats_each} chats each, lognormal chats of {chat_min:g} min on average
(the logarithm's standard deviation is {chat_sigma:g}), Poisson arrivals for {hours:g} hours, {seeds} seeds; the same
customers in both halves. With giving up, each customer's patience is exponential with a mean of {patience_min:g} min.
Everybody who has to wait asks every formula on joining, and is held against the wait that followed. For those who gave
up that is the wait they would have had: their shadow stays in line, which changes nothing for the others and is exact
in a first-come queue.

An error is the mean of the absolute differences in minutes over all who got an answer; ± is half of its 95 % interval,
from how the days differ. Each formula is the peer's as documented or coded, simplified to one queue and one kind of
agent (`bench/wait/formulas.py`); where a maker's words leave something open, the reading with the smaller errors was
taken. Parley is `parley.core.waiting.estimate` itself, told what Parley's counters hold; its P50 is compared,
which an absolute error favours over a mean, so its mean is shown too. *{published}* is the P50 rounded up to whole
minutes, as the API publishes it. Where nobody gives up, Parley's mean comes down to p × D / (c·k) but for the chats of
those who have left.

It is one simulator: arrivals are Poisson, the length of a chat does not depend on the load, all agents are alike, and
everybody is taken as soon as a seat is free.

`make bench ARGS=wait` repeats it in seconds, and with the same seeds to the last byte.
"""


def write(report: Report, folder: Path) -> None:
    """Write `wait.json` and `wait.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
    (folder / "wait.json").write_bytes(encoded + b"\n")
    (folder / "wait.md").write_text(_markdown(report), encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the errors and the verdict."""
    for gives_up in (True, False):
        table = Table(*_heads(report.of(gives_up=gives_up)), title=_variant(gives_up=gives_up))
        for column in table.columns[1:]:
            column.justify = "right"
        for row in _errors(report.of(gives_up=gives_up)):
            table.add_row(*row)
        console.print(table)
    console.print(_verdict(report), highlight=False, markup=False)


def _markdown(report: Report) -> str:
    parts = ["# Expected wait: what was told and what happened", _verdict(report)]
    for gives_up in (True, False):
        cells = report.of(gives_up=gives_up)
        parts += [f"## {_variant(gives_up=gives_up)}", "Mean absolute error in minutes."]
        parts += [_table(_heads(cells), _errors(cells)), "How much larger than Parley's, where both answer."]
        parts += [_table(_heads(cells), _behind(cells)), "Which part of those who waited got an answer."]
        parts.append(_table(_heads(cells), _answers(cells)))
    parts += [
        "## Parley's range",
        "Which part of the true waits was at most P10, P50 and P90, and which part lay between P10 and P90.",
        _table(["", "P10 (10 %)", "P50 (50 %)", "P90 (90 %)", "inside (80 %)"], _ranges(report)),
        "![The same as a figure](wait.svg)",
        "## How",
        "\n".join(f"* **{scenario.name}**: {scenario.told}." for scenario in SCENARIOS),
        _METHOD.format(published=PUBLISHED, **msgspec.structs.asdict(report)),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _verdict(report: Report) -> str:
    return "\n".join(
        f"* {sentence}" for gives_up in (True, False) for sentence in _sentences(report, gives_up=gives_up)
    )


def _sentences(report: Report, *, gives_up: bool) -> Iterator[str]:
    won, cells = report.won(gives_up=gives_up), report.of(gives_up=gives_up)
    yield (
        f"{_variant(gives_up=gives_up)}: Parley's error is below that of every other formula in {won} of {len(cells)} "
        f"scenarios (the goal of {GOAL} is {'reached' if won >= GOAL else 'missed'})."
    )
    for cell in cells:
        if cell.not_beaten:
            yield f"In “{cell.scenario}” it is not below that of {', '.join(cell.not_beaten)}."
        if cell.ties:
            yield f"In “{cell.scenario}” chance can explain the difference to {', '.join(cell.ties)}."


def _variant(*, gives_up: bool) -> str:
    return "Some give up" if gives_up else "Nobody gives up"


def _heads(cells: Sequence[Cell]) -> list[str]:
    return ["", *(f"{cell.scenario} (true mean {cell.true_mean_min:.1f})" for cell in cells)]


def _errors(cells: Sequence[Cell]) -> Iterator[list[str]]:
    for name in (*PEERS, PARLEY, MEAN, PUBLISHED):
        errors = [cell.score(name).error for cell in cells]
        yield [name, *(f"{error.value:.2f} ± {error.give:.2f}" for error in errors)]


def _behind(cells: Sequence[Cell]) -> Iterator[list[str]]:
    for name in PEERS:
        found = [cell.score(name).behind for cell in cells]
        yield [name, *("–" if mean is None else f"{mean.value:+.3f} ± {mean.give:.3f}" for mean in found)]


def _answers(cells: Sequence[Cell]) -> Iterator[list[str]]:
    for name in (*PEERS, PARLEY):
        yield [name, *(f"{cell.score(name).answers:.0%}" for cell in cells)]


def _ranges(report: Report) -> Iterator[list[str]]:
    for cell in report.cells:
        found = cell.range
        shown = (found.p10, found.p50, found.p90, found.inside)
        yield [f"{cell.scenario}, {_variant(gives_up=cell.gives_up).lower()}", *(f"{part:.1%}" for part in shown)]


def _table(heads: list[str], rows: Iterator[list[str]]) -> str:
    return "\n".join([_line(heads), _line(["---", *("---:" for _ in heads[1:])]), *map(_line, rows)])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
