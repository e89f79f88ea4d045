"""The results as a figure: the errors per scenario, and beside them how Parley's range held."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.wait.formulas import PARLEY, PEERS
from bench.wait.scores import Cell, Report

_INCHES = (13.0, 8.4)
_WIDTHS = (3, 1)
_GROUP = 0.86
"""Width of a scenario's bars together, as a part of the distance between scenarios."""

_PARLEY = "#0b6e4f"
_OTHERS = ("#3d4a57", "#5b6b7b", "#8795a3", "#b8c2cc", "#8a4312", "#b2561a", "#d98a4f", "#edc19c")
_MARKS = "osD^"
_PROMISED = (0.1, 0.5, 0.9)


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with mpl.rc_context(
        {
            "svg.hashsalt": "parley",  # the same figures make the same file
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    ):
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        rows = figure.subplots(2, 2, width_ratios=_WIDTHS)
        for gives_up, (errors, held) in zip((True, False), rows, strict=True):
            cells = report.of(gives_up=gives_up)
            words = "some give up" if gives_up else "nobody gives up"
            _draw_errors(errors, cells, title=f"Mean absolute error, {words} (less is better, log scale)")
            _draw_range(held, cells, title=f"Parley's range, {words}")
        handles, labels = rows[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
        figure.suptitle("Expected wait, told on joining the queue, against the wait that followed", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Expected wait"})


def _draw_errors(axes: Axes, cells: Sequence[Cell], *, title: str) -> None:
    names = (*PEERS, PARLEY)
    width = _GROUP / len(names)
    for index, (name, colour) in enumerate(zip(names, (*_OTHERS, _PARLEY), strict=True)):
        errors = [cell.score(name).error for cell in cells]
        axes.bar(
            [place + (index - (len(names) - 1) / 2) * width for place in range(len(cells))],
            [error.value for error in errors],
            width,
            yerr=[error.give for error in errors],
            color=colour,
            error_kw={"elinewidth": 0.8, "capsize": 1.5},
            label=name,
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(title, fontsize=10)
    axes.set_ylabel("minutes")
    axes.set_xticks(range(len(cells)), [f"{cell.scenario}\ntrue mean {cell.true_mean_min:.1f} min" for cell in cells])


def _draw_range(axes: Axes, cells: Sequence[Cell], *, title: str) -> None:
    axes.plot([0, 1], [0, 1], color="#b8c2cc", linewidth=1)
    for cell, mark in zip(cells, _MARKS, strict=True):
        held = (cell.range.p10, cell.range.p50, cell.range.p90)
        label = f"{cell.scenario}: {cell.range.inside:.0%} inside"
        axes.plot(_PROMISED, held, mark, color=_PARLEY, fillstyle="none", markersize=7, label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xticks(_PROMISED, ["P10", "P50", "P90"])
    axes.set_yticks(_PROMISED, ["10 %", "50 %", "90 %"])
    axes.set_title(title, fontsize=10)
    axes.set_ylabel("true waits at most so long")
    axes.legend(loc="upper left", frameon=False, fontsize=8)
