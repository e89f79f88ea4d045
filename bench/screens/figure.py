"""The screens benchmark as a figure: how soon a message is where, at both rates."""

from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import BAR, styled
from bench.screens.pace import IDLE, LOADED
from bench.screens.results import GOAL_MS, Report, Way

_INCHES = (11.0, 4.2)
_IDLE, _LOADED, _GOAL, _FAINT = "#8fbfae", "#0b6e4f", "#b2561a", 0.45
_PLACES = {
    "a client's message": {
        Way.CLIENT_ANSWER: "answer",
        Way.CLIENT_STREAM: "live\nstream",
        Way.CLIENT_THREAD_PAINTED: "thread,\npainted",
        Way.CLIENT_ROW_PAINTED: "row,\npainted",
    },
    "a teammate's reply": {
        Way.REPLY_STREAM: "live\nstream",
        Way.REPLY_THREAD_PAINTED: "thread,\npainted",
        Way.REPLY_ROW_PAINTED: "row,\npainted",
    },
}


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        panels = figure.subplots(1, len(_PLACES), sharey=True)
        for axes, (title, places) in zip(panels, _PLACES.items(), strict=True):
            _draw_places(axes, report, places)
            axes.set_title(title, fontsize=10)
        panels[0].set_ylabel("ms until it is there: p50, and faint p99")
        panels[0].legend(loc="upper left", bbox_to_anchor=(0, 0.92), frameon=False)  # below the goal
        figure.suptitle("How soon a message is on the other screen (less is better)", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "A message on the other screen"})


def _draw_places(axes: Axes, report: Report, places: dict[Way, str]) -> None:
    for side, pace, colour, spreads_of in ((-1, IDLE, _IDLE, report.idle), (1, LOADED, _LOADED, report.loaded)):
        at = [x + side * BAR / 2 for x in range(len(places))]
        middle = [median(each.p50_ms for each in spreads_of(way)) for way in places]
        slowest = [median(each.p99_ms for each in spreads_of(way)) for way in places]
        axes.bar(at, middle, BAR, color=colour, label=f"{pace.per_s:g} a second")
        bars = axes.bar(at, slowest, BAR, color=colour, alpha=_FAINT)
        axes.bar_label(bars, [f"{value:.0f}" for value in slowest], padding=2, fontsize=8)
    axes.axhline(GOAL_MS, color=_GOAL, linewidth=1, linestyle="--")
    axes.set_xticks(range(len(places)), list(places.values()), fontsize=8)
