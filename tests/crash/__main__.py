"""`python -m tests.crash`: hundreds of kills and cuts, a table of what came of them; exit 1 if a promise was broken."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.crash.callers import CallerError
from tests.crash.places import PLACES
from tests.crash.report import Report
from tests.crash.storm import Plan, run


def main() -> int:
    """Run the storms that the arguments describe; the exit code."""
    arguments = _parser().parse_args()
    console = Console(highlight=False)
    names = arguments.on or list(PLACES)
    console.print(f"Seed {arguments.seed}. Storms on {' and '.join(names)}.")
    reports = {}
    for name in names:
        try:
            reports[name] = _storm(console, name, arguments)
        except (CallerError, AssertionError) as odd:
            console.print(f"failed on {name}: {odd}", markup=False)
            return 1
    console.print(_table(reports))
    for name, report in reports.items():
        for wrong in report.unsound:
            console.print(f"verify on {name}: {wrong}", markup=False)
    return 0 if all(report.holds for report in reports.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Strike a real server again and again.")
    parser.add_argument("--on", choices=PLACES, action="append", help="the database (default: one after the other)")
    parser.add_argument("--strikes", type=int, default=300, help="on each, end after so many (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=600, help="or after so long (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the dice (default: random)")
    return parser


def _storm(console: Console, name: str, arguments: argparse.Namespace) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="parley-crash-") as folder,
        PLACES[name](Path(folder)) as place,
        Progress(*columns, console=console, transient=True) as bar,
    ):
        plan = Plan(
            database=place.database,
            faults=place.faults,
            flags=place.flags,
            strikes=arguments.strikes,
            seconds=arguments.seconds,
            seed=arguments.seed,
            log=Path(folder) / "log",
        )
        task = bar.add_task(name, total=plan.strikes)

        def told(strikes: int) -> None:
            bar.update(task, completed=strikes)

        return run(plan, told)


def _table(reports: dict[str, Report]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("what")
    for name in reports:
        table.add_column(name, justify="right")
    table.add_column("must be")
    for what, counts in _rows(list(reports.values())):
        table.add_row(what, *map("{:,}".format, counts))
    for what, counts in _promises(list(reports.values())):
        table.add_row(what, *map("{:,}".format, counts), "0", style="bold red" if any(counts) else None)
    return table


def _rows(reports: list[Report]) -> list[tuple[str, list[int]]]:
    return [
        ("processes killed", [report.toll.kills for report in reports]),
        ("connections to the database cut", [report.toll.cuts for report in reports]),
        ("of these upon a COMMIT, its answer lost", [report.toll.lost_answers for report in reports]),
        ("crashes of the database", [report.toll.crashes for report in reports]),
        ("answered writes", [report.answered for report in reports]),
        ("retried after a broken line or 503", [report.retried for report in reports]),
        ("of these stored before and answered from there", [report.replayed for report in reports]),
        ("without a key, broken off", [report.broken_off for report in reports]),
        ("of these stored all the same", [report.broken_off_but_stored for report in reports]),
        ("asked again at the end", [report.asked_again for report in reports]),
    ]


def _promises(reports: list[Report]) -> list[tuple[str, list[int]]]:
    return [
        ("of these answered otherwise", [report.contradicted for report in reports]),
        ("lost", [report.lost for report in reports]),
        ("doubled", [report.doubled for report in reports]),
        ("answered otherwise than stored", [report.different for report in reports]),
        ("stored without having been asked for", [report.unasked for report in reports]),
        ("gaps in event numbers, seq or places", [report.gaps for report in reports]),
        ("checks of parley verify that do not hold", [len(report.unsound) for report in reports]),
    ]


if __name__ == "__main__":
    sys.exit(main())
