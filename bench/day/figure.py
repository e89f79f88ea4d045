"""The day benchmark as a figure: memory over the day, and the latency of each kind of call."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.day.results import MEMORY_GOAL_MIB, Report
from bench.figure import BAR, HEADROOM, styled
from bench.results import MIB

_INCHES = (11.0, 4.2)
_DARK, _LIGHT, _GOAL = "#0b6e4f", "#8fbfae", "#b2561a"


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        memory, latency = figure.subplots(1, 2)
        _draw_memory(memory, report)
        _draw_latency(latency, report)
        figure.suptitle(
            f"A day of {report.conversations:,} conversations at {report.speed:g}×, one process on SQLite",
            weight="bold",
        )
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "A day"})


def _draw_memory(axes: Axes, report: Report) -> None:
    looks = report.replayed.looks
    axes.plot([look.minute / 60 for look in looks], [look.resident_bytes / MIB for look in looks], color=_DARK)
    axes.axhline(MEMORY_GOAL_MIB, color=_GOAL, linestyle="--")
    axes.annotate("goal", (0, MEMORY_GOAL_MIB), xytext=(2, 4), textcoords="offset points", color=_GOAL)
    axes.set_ylim(0, max(MEMORY_GOAL_MIB, report.peak_bytes / MIB) * HEADROOM)
    axes.set_title("Resident memory of the server", fontsize=10)
    axes.set_xlabel("hour of the day")
    axes.set_ylabel("MiB")


def _draw_latency(axes: Axes, report: Report) -> None:
    kinds = report.replayed.kinds
    for side, name, colour in ((-1, "p50", _DARK), (1, "p99", _LIGHT)):
        values = [kind.p50_ms if name == "p50" else kind.p99_ms for kind in kinds.values()]
        bars = axes.bar([x + side * BAR / 2 for x in range(len(kinds))], values, BAR, color=colour, label=name)
        axes.bar_label(bars, [f"{value:.3g}" for value in values], padding=2, fontsize=8)
    axes.set_ylim(0, max(kind.p99_ms for kind in kinds.values()) * HEADROOM)
    axes.legend(frameon=False)
    axes.set_title("Latency over the whole day", fontsize=10)
    axes.set_ylabel("ms")
    axes.set_xticks(range(len(kinds)), list(kinds))
