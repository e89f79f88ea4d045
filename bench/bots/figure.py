"""The bots benchmark as a figure: how long a write takes, what it costs, and memory, without the bot and with it."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.bots.results import P99_GOAL, Report
from bench.figure import BAR, HEADROOM, styled
from bench.results import MIB

_INCHES = (11.0, 3.8)
_WITHOUT, _BESIDE, _BEFORE = "#5b6b7b", "#0b6e4f", "#8fbfae"
_GOAL = "#b2561a"
_NAMES = ("without a bot", "with the bot")


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        latency, cpu, memory = figure.subplots(1, 3)
        _draw_latency(latency, report)
        used = [
            report.middle(lambda one: one.without.written.server_cpu_us),
            report.middle(lambda one: one.beside.written.server_cpu_us),
        ]
        _bars(cpu, "Server CPU for a write, answers included, µs", _NAMES, used)
        resident = [
            report.middle(lambda one: one.beside.idle_bytes) / MIB,
            report.middle(lambda one: one.without.written.resident_bytes) / MIB,
            report.middle(lambda one: one.beside.written.resident_bytes) / MIB,
        ]
        _bars(memory, "Resident memory, MiB", ("before the load", *_NAMES), resident)
        figure.suptitle(
            f"{report.conversations:,} conversations with a bot that takes {report.answer_s:g} s, "
            f"{report.rate:g} writes a second, one process on SQLite",
            weight="bold",
        )
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Bots"})


def _draw_latency(axes: Axes, report: Report) -> None:
    without = [
        report.middle(lambda one: one.without.written.p50_ms),
        report.middle(lambda one: one.without.written.p99_ms),
    ]
    beside = [
        report.middle(lambda one: one.beside.written.p50_ms),
        report.middle(lambda one: one.beside.written.p99_ms),
    ]
    for shift, values, colour, name in ((-1, without, _WITHOUT, _NAMES[0]), (1, beside, _BESIDE, _NAMES[1])):
        bars = axes.bar([x + shift * BAR / 2 for x in range(2)], values, BAR, color=colour, label=name)
        axes.bar_label(bars, [f"{value:.3g}" for value in values], padding=2)
    goal = without[1] * P99_GOAL
    axes.hlines(goal, 1, 1 + BAR, color=_GOAL, linestyle="--", label=f"goal: {P99_GOAL} times")
    axes.set_xticks(range(2), ["p50", "p99"])
    axes.set_ylim(0, max(*without, *beside, goal) * HEADROOM)
    axes.legend(frameon=False, loc="upper left")
    axes.set_title("A client's write, ms", fontsize=10)


def _bars(axes: Axes, title: str, names: Sequence[str], values: Sequence[float]) -> None:
    bars = axes.bar(names, values, 0.5, color=[_BEFORE, _WITHOUT, _BESIDE][-len(values) :])
    axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=2)
    axes.set_ylim(0, max(values) * HEADROOM)
    axes.set_title(title, fontsize=10)
