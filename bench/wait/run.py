"""Runs the wait benchmark: every scenario, with customers who give up and with none who do, over all seeds."""

from rich.console import Console

from bench.create import Plan
from bench.progress import Steps
from bench.wait.day import simulate
from bench.wait.figure import draw
from bench.wait.formulas import PARLEY
from bench.wait.report import show, write
from bench.wait.scenarios import SCENARIOS, SEEDS
from bench.wait.scores import Cell, Report, score


def wait(plan: Plan, console: Console) -> None:
    """Run the benchmark and write its results."""
    cells = []
    with Steps(console, total=2 * len(SCENARIOS)) as steps:
        for gives_up in (True, False):
            for scenario in SCENARIOS:
                steps.begin(f"{scenario.name}: {SEEDS} days")
                days = [simulate(scenario, seed, gives_up=gives_up) for seed in range(SEEDS)]
                cells.append(score(scenario, days, gives_up=gives_up))
                steps.done(_told(cells[-1]))
    report = Report(cells=cells)
    write(report, plan.results)
    draw(report, plan.results / "wait.svg")
    show(report, console)


def _told(cell: Cell) -> str:
    return (
        f"{cell.scenario}, {'some give up' if cell.gives_up else 'nobody gives up'}: {cell.waited:,} waited "
        f"{cell.true_mean_min:.1f} min on average, Parley's error is {cell.score(PARLEY).error.value:.2f} min"
    )
