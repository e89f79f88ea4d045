"""The PostgreSQL benchmark as a figure: rates side by side, CPU for a create, and what workers change."""

from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figure import BAR, HEADROOM, styled
from bench.postgres.results import Report, cpu_us, per_s

_INCHES = (13.0, 4.4)
_PARLEY, _LIGHT, _OTHER, _SERVER = "#0b6e4f", "#8fbfae", "#b2561a", "#5b6b7b"


def draw(report: Report, path: Path) -> None:
    """Draw the figure into an SVG file."""
    with styled():
        figure = Figure(figsize=_INCHES, layout="constrained", facecolor="white")
        rate, cpu, workers = figure.subplots(1, 3)
        _draw_rates(rate, report)
        _draw_cpu(cpu, report)
        _draw_workers(workers, report)
        figure.suptitle(f"Durable “create conversation” on PostgreSQL, {report.callers} callers", weight="bold")
        figure.savefig(path, format="svg", metadata={"Date": None, "Title": "Parley on PostgreSQL"})


def _draw_rates(axes: Axes, report: Report) -> None:
    rates = [
        report.parley.of(per_s),
        report.baseline.of(per_s),
        median(each.per_s for each in report.alone),
        median(each.per_s for each in report.pgbench),
    ]
    names = ("Parley\nover HTTP", "FastAPI\n+ ORM", "ledger\nalone", f"pgbench,\n{report.clients} clients")
    ratios = (f"\n×{report.times_baseline:.1f}", "", f"\n×{report.times_pgbench:.1f}", "")
    bars = axes.bar(range(len(rates)), rates, 2 * BAR, color=[_PARLEY, _OTHER] * 2)
    axes.bar_label(bars, [f"{each:,.0f}{ratio}" for each, ratio in zip(rates, ratios, strict=True)], padding=2)
    _finish(axes, names, max(rates), title="Creates a second (more is better)", unit="creates/s")


def _draw_cpu(axes: Axes, report: Report) -> None:
    used = [report.sqlite.of(cpu_us), report.parley.of(cpu_us)]
    bars = axes.bar(range(2), used, 2 * BAR, color=[_LIGHT, _PARLEY])
    axes.bar_label(bars, [f"{used[0]:,.0f}", f"{used[1]:,.0f}\n×{report.times_sqlite_cpu:.2f}"], padding=2)
    title = "CPU of Parley's process for a create"
    _finish(axes, ("on SQLite", "on PostgreSQL"), max(used), title=title, unit="CPU time, µs")


def _draw_workers(axes: Axes, report: Report) -> None:
    workers = list(report.workers.values())
    own = [each.of(cpu_us) for each in workers]
    server = [median(turn.postgres_cpu_us for turn in each.turns) for each in workers]
    axes.bar(range(len(workers)), own, 2 * BAR, color=_PARLEY, label="Parley's processes")
    axes.bar(range(len(workers)), server, 2 * BAR, bottom=own, color=_SERVER, label="PostgreSQL")
    names = [
        f"{count} worker{'s' if count > 1 else ''}\n{each.of(per_s):,.0f}/s\ngroups of "
        f"{each.watched(lambda watch: watch.group_size):.0f}"
        for count, each in report.workers.items()
    ]
    highest = max(mine + theirs for mine, theirs in zip(own, server, strict=True))
    axes.legend(loc="upper left", frameon=False)
    _finish(axes, names, highest * HEADROOM, title="CPU for a create, with workers", unit="CPU time, µs")


def _finish(axes: Axes, names: tuple[str, ...] | list[str], highest: float, *, title: str, unit: str) -> None:
    axes.set_ylim(0, highest * HEADROOM)
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(unit)
    axes.set_xticks(range(len(names)), names)
