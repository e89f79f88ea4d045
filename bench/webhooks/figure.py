"""The webhooks benchmark as a figure: how soon, how cheap, and beside a dead endpoint."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import HEADROOM, styled
from bench.webhooks.results import Report

_INCHES = (11.0, 3.8)
_PARLEY, _OTHER = "#0b6e4f", "#b2561a"


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        soon, cost, dead = figure.subplots(1, 3)
        _bars(
            soon,
            "Arrival after the answer, ms",
            {
                "p50": report.middle(lambda one: one.arrivals.p50_ms),
                "p99": report.middle(lambda one: one.arrivals.p99_ms),
            },
        )
        each = 1e6 / report.rounds[0].sending.deliveries
        _bars(
            cost,
            "CPU for a delivery, µs",
            {
                "Parley": report.middle(lambda one: one.sending.cpu_s) * each,
                "plain loop": report.middle(lambda one: one.sending.plain_cpu_s) * each,
            },
        )
        _bars(
            dead,
            "CPU for a create, µs",
            {
                "alone": report.middle(lambda one: one.alone.create_cpu_us),
                "beside a dead endpoint": report.middle(lambda one: one.beside_dead.create_cpu_us),
            },
        )
        figure.suptitle("Webhooks, one process on SQLite", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Webhooks"})


def _bars(axes: Axes, title: str, values: dict[str, float]) -> None:
    bars = axes.bar(list(values), list(values.values()), 0.5, color=[_PARLEY, _OTHER])
    axes.bar_label(bars, [f"{value:.3g}" for value in values.values()], padding=2)
    axes.set_ylim(0, max(values.values()) * HEADROOM)
    axes.set_title(title, fontsize=10)
