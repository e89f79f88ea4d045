"""The command line: `python -m bench` runs all, `python -m bench create` one; `--help` says what can be chosen."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench.agents.run import agents
from bench.bots.run import bots
from bench.create import Plan, create
from bench.day.run import day
from bench.errors import BenchError
from bench.messages.run import messages
from bench.page.run import page
from bench.postgres.run import postgres
from bench.queue.run import queue
from bench.screens.run import screens
from bench.streams.run import streams
from bench.targets import DEFAULT_TARGETS, TARGETS
from bench.wait.run import wait
from bench.webhooks.run import webhooks

ROUNDS = 5
"""An odd number, so that the median is a round that was measured."""

SECONDS = 4.0
"""Long enough for steady figures, short enough for the baseline's queue to stay small."""

MOST_ROUNDS = 50
LEAST_SECONDS = 0.5
MOST_SECONDS = 60.0
"""Bounds of a run: the access tokens live one hour."""

SIZE = 1_000_000
LEAST_SIZE = 10_000
MOST_SIZE = 10_000_000
"""A million of each takes about 3 GiB of disk while it runs, and as much is kept for the next time."""

CONVERSATIONS = 10_000
MOST_CONVERSATIONS = 100_000
SPEED = 200.0
LEAST_SPEED = 30.0
MOST_SPEED = 10_000.0
"""A day at 200× takes seven minutes; slower than 30×, the access token would not live to its end."""

BENCHMARKS: dict[str, Callable[[Plan, Console], None]] = {
    "create": create,
    "queue": queue,
    "messages": messages,
    "wait": wait,
    "postgres": postgres,
    "day": day,
    "webhooks": webhooks,
    "streams": streams,
    "bots": bots,
    "agents": agents,
    "screens": screens,
    "page": page,
}


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
        size=arguments.size,
        conversations=arguments.conversations,
        speed=arguments.speed,
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


def _size(text: str) -> int:
    if not LEAST_SIZE <= (size := int(text)) <= MOST_SIZE:
        raise argparse.ArgumentTypeError(f"{LEAST_SIZE} to {MOST_SIZE}")
    return size


def _conversations(text: str) -> int:
    if not 1 <= (conversations := int(text)) <= MOST_CONVERSATIONS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_CONVERSATIONS}")
    return conversations


def _speed(text: str) -> float:
    if not LEAST_SPEED <= (speed := float(text)) <= MOST_SPEED:
        raise argparse.ArgumentTypeError(f"{LEAST_SPEED:g} to {MOST_SPEED:g}")
    return speed


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
        help=f"what `create` measures, may be given again (default: {', '.join(DEFAULT_TARGETS)})",
    )
    parser.add_argument(
        "--size",
        type=_size,
        default=SIZE,
        help="how many wait in the long queue, and how many messages the long conversation has (default: %(default)s)",
    )
    parser.add_argument(
        "--conversations",
        type=_conversations,
        default=CONVERSATIONS,
        help="how many the day of `day` has (default: %(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=SPEED,
        help="how many times faster the day is replayed (default: %(default)s)",
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
