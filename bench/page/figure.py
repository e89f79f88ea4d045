"""The page benchmark as a figure: scores, and when there is something to see."""

from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import HEADROOM, styled
from bench.page.lighthouse import CATEGORIES
from bench.page.results import Report

_INCHES = (12.0, 4.2)
_COLOURS = ("#0b6e4f", "#8fbfae", "#5b6b7b")
_WIDTH = 0.8
"""Of all bars of one page together, as a part of the distance between pages."""

_PAINTS = {"first-contentful-paint": "first", "largest-contentful-paint": "largest"}


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    columns = [report.of(column) for column in report.columns()]
    scores = {
        label: [median(each.scores[name] for each in column) for column in columns]
        for name, label in CATEGORIES.items()
    }
    paints = {
        label: [median(each.measured[name] for each in column) for column in columns] for name, label in _PAINTS.items()
    }
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        left, right = figure.subplots(1, 2)
        _bars(left, report, scores, title="Scores, of 100 (more is better)")
        _bars(right, report, paints, title="Contentful paint, ms (less is better)")
        figure.suptitle("The inbox, by Lighthouse", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "The inbox, by Lighthouse"})


def _bars(axes: Axes, report: Report, values: dict[str, list[float]], *, title: str) -> None:
    width = _WIDTH / len(values)
    for index, ((label, heights), colour) in enumerate(zip(values.items(), _COLOURS, strict=False)):
        places = [x + (index - (len(values) - 1) / 2) * width for x in range(len(heights))]
        bars = axes.bar(places, heights, width, color=colour, label=label)
        axes.bar_label(bars, [f"{height:,.0f}" for height in heights], padding=2, fontsize=7)
    names = [f"{page},\n{form}" for page, form in report.columns()]
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(0, max(map(max, values.values())) * HEADROOM)
    axes.set_title(title, fontsize=10)
    axes.legend(loc="lower center", ncols=len(values), fontsize=8)
