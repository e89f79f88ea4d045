"""The queue benchmark as a figure: what each kind of call costs at both lengths."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import BAR, HEADROOM, styled
from bench.queue.asking import CLOSE, CREATE, PLACE, TAKE
from bench.queue.results import Report, Value, cpu_us, p50_ms

_INCHES = (12.0, 4.4)
_SHORT, _LONG = "#8fbfae", "#0b6e4f"
_LABELS = {CREATE: "create", PLACE: "read a\nplace", CLOSE: "leave:\nclose", TAKE: "leave:\ntaken"}


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        alone, crowd, latency = figure.subplots(1, 3)
        many = f"{report.callers} callers"
        _draw(alone, report, cpu_us, is_crowd=False, title="Server CPU for one call, one caller", unit="CPU time, µs")
        _draw(crowd, report, cpu_us, is_crowd=True, title=f"Server CPU for one call, {many}", unit="CPU time, µs")
        _draw(latency, report, p50_ms, is_crowd=True, title=f"Median latency, {many}", unit="p50, ms")
        alone.legend(loc="upper left", frameon=False)
        figure.suptitle(
            f"The queue at {report.short.waiting:,} and at {report.long.waiting:,} waiting (less is better)",
            weight="bold",
        )
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "The queue"})


def _draw(axes: Axes, report: Report, value: Value, *, is_crowd: bool, title: str, unit: str) -> None:
    highest = 0.0
    for side, length, colour in ((-1, report.short, _SHORT), (1, report.long, _LONG)):
        figures = [length.figure(kind, value, is_crowd=is_crowd) for kind in _LABELS]
        highest = max(highest, *figures)
        places = [x + side * BAR / 2 for x in range(len(figures))]
        bars = axes.bar(places, figures, BAR, color=colour, label=f"{length.waiting:,} waiting")
        axes.bar_label(
            bars, [f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}" for figure in figures], padding=2, fontsize=8
        )
    axes.set_ylim(0, highest * HEADROOM * HEADROOM)
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(unit)
    ratios = [f"×{report.times(kind, value, is_crowd=is_crowd):.2f}" for kind in _LABELS]
    axes.set_xticks(
        range(len(ratios)), [f"{label}\n{ratio}" for label, ratio in zip(_LABELS.values(), ratios, strict=True)]
    )
