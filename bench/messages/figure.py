"""The messages benchmark as a figure: adding, reading, pages."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import BAR, HEADROOM, styled
from bench.messages.pages import SKIP
from bench.messages.results import ADD, CROWD, READ, Report

_INCHES = (12.0, 4.6)
_PARLEY, _BASELINE, _SHORT = "#0b6e4f", "#b2561a", "#8fbfae"


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        add, read, pages = figure.subplots(1, 3, width_ratios=(1, 1, 1.7))
        _draw_rate(add, report, ADD, title="Add one message, a second", unit="messages/s")
        _draw_rate(read, report, READ, title="Read one with 100 messages, a second", unit="conversations/s")
        _draw_pages(pages, report)
        figure.suptitle(f"Messages: {report.callers} callers beside the baseline, and pages", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Messages"})


def _draw_rate(axes: Axes, report: Report, call: str, *, title: str, unit: str) -> None:
    rivals = (report.parley, report.baseline)
    rates = [rival.figure(call, CROWD, lambda outcome: outcome.per_s) for rival in rivals]
    bars = axes.bar(range(len(rates)), rates, color=[_PARLEY, _BASELINE], width=2 * BAR)
    axes.bar_label(bars, [f"{rates[0]:,.0f}\n×{report.times_baseline(call, CROWD):.1f}", f"{rates[1]:,.0f}"], padding=2)
    axes.set_ylim(0, max(rates) * HEADROOM)
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(unit)
    axes.set_xticks(range(len(rivals)), [rival.label.replace(" on ", "\non ") for rival in rivals])


def _draw_pages(axes: Axes, report: Report) -> None:
    kinds = [kind for kind in report.page_kinds if kind != SKIP]
    figures = [report.page(kind, lambda lap: lap.server_cpu_us) for kind in kinds]
    for side, size, colour, index in ((-1, report.short, _SHORT, 0), (1, report.long, _PARLEY, 1)):
        values = [each[index] for each in figures]
        places = [x + side * BAR / 2 for x in range(len(kinds))]
        bars = axes.bar(places, values, BAR, color=colour, label=f"100 of {size:,}")
        axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=2, fontsize=7)
    axes.set_ylim(0, max(map(max, figures)) * HEADROOM * HEADROOM)
    axes.set_title("Server CPU for a page of 100 (less is better)", fontsize=10)
    axes.set_ylabel("CPU time, µs")
    axes.set_xticks(range(len(kinds)), [_short(kind) for kind in kinds], fontsize=7)
    axes.legend(loc="upper left", frameon=False, ncols=2)


def _short(kind: str) -> str:
    return kind.replace(", ", "\n").replace("at the ", "").replace("in the ", "")
