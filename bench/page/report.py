"""The results of the page benchmark in words: JSON, two tables in Markdown and on the terminal."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from rich.console import Console

from bench.agents.asking import MESSAGES
from bench.page.lighthouse import CATEGORIES, LOAD_S, MEASURES
from bench.page.results import Report
from bench.report import described, markdown_table, show_table, write_json

_METHOD = """\
Lighthouse {version} on `/inbox` of a `parley serve` on SQLite, on the machine that runs all of it. Medians over
{rounds} rounds, each with every page in turn. *Mobile* and *desktop* are Lighthouse's own forms: a phone on a slow line
with a slow processor, and a desktop; both computed from a load that was not slowed (its “simulated throttling”). Scores
are of 100.

A teammate is signed in by a session's cookie. “60 wait” is a community of 600 conversations, “10,000 stored” one of
10,000 of which 1,000 wait; each has {messages} messages, and both lists show the first 50. The live stream never ends,
so Lighthouse is told to wait {load} s for a quiet line and no longer. Search engines, another of its categories, are
not asked about: the page is not for them, and says so.
"""

_REASONS = {
    "errors-in-console": (
        "Without a session the page's first question is answered with 401, as the API promises, and browsers log that."
    ),
    "render-blocking-insight": "One style sheet of 7 KB: drawing before it is there would move everything afterwards.",
    "network-dependency-tree-insight": "Page, script, then what the script asks for: three steps, none to spare.",
    "unused-javascript": "One script for signing in and for the inbox behind it: the next step needs the rest.",
}
"""Why an audit that wants more is left as it is."""


def write(report: Report, folder: Path) -> None:
    """Write `page.json` and `page.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(report, folder / "page.json")
    method = _METHOD.format(version=report.lighthouse, rounds=len(report.rounds), messages=MESSAGES, load=LOAD_S)
    parts = (
        "# The inbox, by Lighthouse",
        markdown_table(_heads(report), _rows(report)),
        "![The same as a figure](page.svg)",
        method,
        "What Lighthouse would have more of, in so many of the rounds:",
        markdown_table([*_heads(report), "why it is as it is"], _wanting_rows(report)),
        described(report.machine, Lighthouse=report.lighthouse, browser=report.browser),
    )
    (folder / "page.md").write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def show(report: Report, console: Console) -> None:
    """Print the first table."""
    show_table(_heads(report), _rows(report), console)


def _heads(report: Report) -> list[str]:
    return ["", *(f"{page}, {form}" for page, form in report.columns())]


def _rows(report: Report) -> Iterator[list[str]]:
    columns = [report.of(column) for column in report.columns()]
    for name, label in CATEGORIES.items():
        yield [label, *(f"{median(each.scores[name] for each in column):.0f}" for column in columns)]
    for name, measure in MEASURES.items():
        values = (median(each.measured[name] for each in column) / measure.unit for column in columns)
        yield [measure.label, *(f"{value:{measure.form}}" for value in values)]


def _wanting_rows(report: Report) -> Iterator[list[str]]:
    for name, counts in report.wanting().items():
        cells = (f"{counts[column]}" if counts[column] else "" for column in report.columns())
        yield [f"`{name}`", *cells, _REASONS.get(name, "")]
