"""The streams benchmark as a figure: memory by the number of streams, and what a create costs beside them."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import HEADROOM, styled
from bench.results import MIB
from bench.streams.results import KIB_GOAL, Memory, Report

_INCHES = (11.0, 3.8)
_NONE, _ONE, _ALL = "#5b6b7b", "#8fbfae", "#0b6e4f"
_GOAL = "#b2561a"


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        memory, cpu, latency = figure.subplots(1, 3)
        _draw_memory(memory, report.memory)
        names = ("no stream", "one stream", f"{report.memory.all:,} streams")
        used = [
            report.middle(lambda one: one.without.server_cpu_us),
            report.middle(lambda one: one.one.server_cpu_us),
            report.middle(lambda one: one.all.server_cpu_us),
        ]
        _bars(cpu, "CPU for a create, µs", dict(zip(names, used, strict=True)))
        took = [
            report.middle(lambda one: one.without.p50_ms),
            report.middle(lambda one: one.one.p50_ms),
            report.middle(lambda one: one.all.p50_ms),
        ]
        _bars(latency, f"Creates, {report.callers} callers: p50, ms", dict(zip(names, took, strict=True)))
        figure.suptitle("Live streams held by one process on SQLite", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Live streams"})


def _draw_memory(axes: Axes, memory: Memory) -> None:
    counts = (0, memory.some, memory.all)
    seen = [size / MIB for size in (memory.without_bytes, memory.some_bytes, memory.all_bytes)]
    axes.plot(counts, seen, color=_ALL, marker="o")
    goal = [seen[1], seen[1] + (memory.all - memory.some) * KIB_GOAL / 1024]
    axes.plot(counts[1:], goal, color=_GOAL, linestyle="--", label=f"goal: {KIB_GOAL:g} KiB each")
    axes.annotate(
        f"{memory.kib:.1f} KiB each", (counts[-1], seen[-1]), xytext=(-6, -14), textcoords="offset points", ha="right"
    )
    axes.set_ylim(0, max(goal[-1], seen[-1]) * HEADROOM)
    axes.legend(frameon=False, loc="upper left")
    axes.set_title("Resident memory by streams held, MiB", fontsize=10)


def _bars(axes: Axes, title: str, values: dict[str, float]) -> None:
    bars = axes.bar(list(values), list(values.values()), 0.5, color=[_NONE, _ONE, _ALL])
    axes.bar_label(bars, [f"{value:.3g}" for value in values.values()], padding=2)
    axes.set_ylim(0, max(values.values()) * HEADROOM)
    axes.set_title(title, fontsize=10)
