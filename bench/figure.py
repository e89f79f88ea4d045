"""The results as a figure: rate, latency and processor time, one panel each."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.results import BASELINE, Report, Result

_INCHES = (12.0, 4.4)
BAR = 0.36
"""Width of one of a pair of bars, as a part of the distance between targets."""

HEADROOM = 1.18
"""Room above the highest bar for its label."""

_PARLEY, _BASELINE, _OTHER, _FAINT = "#0b6e4f", "#b2561a", "#5b6b7b", 0.5


def styled() -> AbstractContextManager[None]:
    """Return the look that all figures have, to be drawn within."""
    return mpl.rc_context(
        {
            "svg.hashsalt": "parley",  # the same figures make the same file
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        rate, latency, cpu = figure.subplots(1, 3)
        _draw_rate(rate, report)
        _draw_latency(latency, report)
        _draw_cpu(cpu, report)
        figure.suptitle(
            f"Durable “create conversation”, {report.callers} callers, SQLite with synchronous=FULL",
            weight="bold",
        )
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Durable creates"})


def _draw_rate(axes: Axes, report: Report) -> None:
    results = report.results
    rates = [result.crowd(lambda outcome: outcome.per_s) for result in results]
    labels = [f"{rate:,.0f}{_ratio(report, result)}" for rate, result in zip(rates, results, strict=True)]
    bars = axes.bar(range(len(results)), rates, color=_colours(results), width=2 * BAR)
    axes.bar_label(bars, labels, padding=2)
    axes.set_ylim(0, max(rates) * HEADROOM)
    _name(axes, results, title="Creates a second, × baseline (more is better)", unit="creates/s")


def _draw_latency(axes: Axes, report: Report) -> None:
    results = report.results
    middle = [result.crowd(lambda outcome: outcome.p50_ms) for result in results]
    slowest = [result.crowd(lambda outcome: outcome.p99_ms) for result in results]
    colours = _colours(results)
    left = axes.bar([x - BAR / 2 for x in range(len(results))], middle, BAR, color=colours, label="p50")
    right = axes.bar([x + BAR / 2 for x in range(len(results))], slowest, BAR, color=colours, alpha=_FAINT, label="p99")
    axes.bar_label(left, [f"p50\n{value:.3g}" for value in middle], padding=2)
    axes.bar_label(right, [f"p99\n{value:.3g}" for value in slowest], padding=2)
    axes.set_yscale("log")
    axes.set_ylim(min(middle) / 3, max(slowest) * 3)
    _name(axes, results, title="Latency (less is better, log scale)", unit="latency, ms")


def _draw_cpu(axes: Axes, report: Report) -> None:
    results = report.results
    used = [result.crowd(lambda outcome: outcome.server_cpu_us) for result in results]
    bars = axes.bar(range(len(results)), used, color=_colours(results), width=2 * BAR)
    axes.bar_label(bars, [f"{value:,.0f}" for value in used], padding=2)
    axes.set_ylim(0, max(used) * HEADROOM)
    _name(axes, results, title="Server CPU for one create (less is better)", unit="CPU time, µs")


def _name(axes: Axes, results: Sequence[Result], *, title: str, unit: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(unit)
    axes.set_xticks(range(len(results)), [result.label.replace(" on ", "\non ") for result in results])
    if len(results) > 3:
        axes.tick_params(axis="x", rotation=30)


def _ratio(report: Report, result: Result) -> str:
    ratio = report.times_baseline(result)
    return "" if ratio is None or result.name == BASELINE else f"\n×{ratio:.1f}"


def _colours(results: Sequence[Result]) -> list[str]:
    return [{"parley": _PARLEY, BASELINE: _BASELINE}.get(result.name, _OTHER) for result in results]
