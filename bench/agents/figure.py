"""The agents benchmark as a figure: what a call costs in the small community and in the large one."""

from pathlib import Path
from statistics import median

from matplotlib.figure import Figure

from bench.agents.asking import KINDS
from bench.agents.results import Report
from bench.figure import BAR, HEADROOM, styled

_INCHES = (9.0, 4.2)
_SHORT, _LONG = "#8fbfae", "#0b6e4f"


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        axes = figure.subplots()
        most = 0.0
        for side, size, colour, is_long in ((-1, report.short, _SHORT, False), (1, report.long, _LONG, True)):
            values = [median(report.cpu_us(kind, is_long=is_long)) for kind in KINDS]
            most = max(most, *values)
            places = [x + side * BAR / 2 for x in range(len(KINDS))]
            bars = axes.bar(places, values, BAR, color=colour, label=f"{size.conversations:,} conversations")
            axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=2, fontsize=8)
        axes.set_ylim(0, most * HEADROOM)
        axes.set_ylabel("server CPU for a call, µs")
        axes.set_xticks(range(len(KINDS)), [kind.replace(": ", ":\n") for kind in KINDS], fontsize=8)
        axes.legend(loc="upper left", frameon=False)
        figure.suptitle("What teammates read (less is better)", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "What teammates read"})
