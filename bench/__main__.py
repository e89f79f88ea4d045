"""The command line: `python -m bench`, or `python -m bench create`; `--help` says what can be chosen."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench.create import Plan, create
from bench.errors import BenchError
from bench.targets import DEFAULT_TARGETS, TARGETS

ROUNDS = 5
"""An odd number, so that the median is a round that was measured."""

SECONDS = 4.0
"""Long enough for steady figures, short enough for the baseline's queue to stay small."""

MOST_ROUNDS = 50
LEAST_SECONDS = 0.5
MOST_SECONDS = 60.0
"""Bounds of a run: the access tokens live one hour, and processor time is counted in steps of 10 ms."""

BENCHMARKS: dict[str, Callable[[Plan, Console], None]] = {"create": create}


def main() -> int:
    """Run the benchmarks that are named, or all."""
    parser = _parser()
    arguments = parser.parse_args()
    if unknown := set(arguments.name) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    plan = Plan(
        targets=tuple(arguments.target or DEFAULT_TARGETS),
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        results=arguments.results,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are ended then too
    console = Console()
    try:
        for name in arguments.name or BENCHMARKS:
            BENCHMARKS[name](plan, console)
    except BenchError as error:
        console.print(f"failed: {error}", style="red", highlight=False, markup=False)
        return 1
    console.print(f"written to {plan.results}", highlight=False, soft_wrap=True)
    return 0


def _rounds(text: str) -> int:
    if not 1 <= (rounds := int(text)) <= MOST_ROUNDS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_ROUNDS}")
    return rounds


def _seconds(text: str) -> float:
    if not LEAST_SECONDS <= (seconds := float(text)) <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"{LEAST_SECONDS} to {MOST_SECONDS}")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure Parley beside other ways to build it."
    )
    parser.add_argument("name", nargs="*", help=f"which benchmarks: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--rounds", type=_rounds, default=ROUNDS, help="turns of each target (default: %(default)s)")
    parser.add_argument("--seconds", type=_seconds, default=SECONDS, help="length of a turn (default: %(default)s)")
    parser.add_argument(
        "--target",
        action="append",
        choices=TARGETS,
        help=f"what to measure, may be given again (default: {', '.join(DEFAULT_TARGETS)})",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path(__file__).parent / "results",
        help="where the results are written (default: bench/results)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
