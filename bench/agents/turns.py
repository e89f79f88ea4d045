"""One turn: a teammate asks each kind of both communities, in bursts that follow one another."""

import random
from time import perf_counter

import msgspec

from bench.agents.asking import COUNTS, LISTS, OPEN_ONE, PAGE, Counts, Lists, Opens, SignedIn
from bench.bursts import Bursts, Lap
from bench.callers import CONNECT_S, Caller, connected
from bench.generator import answer, carried_out

SPARE_S = 30.0
"""How much longer than its time a turn may take: the first and the last cycle are carried to their end."""

BURST = 20
"""Calls of one kind before the next kind has its turn."""

_MINE = "view=mine"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One community: where it is served, how many conversations it has, and how many of them are the asker's."""

    address: SignedIn
    server_pid: int
    size: int
    held: int


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn."""

    short: Side
    long: Side
    seconds: float
    dice: int


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn measured, by kind."""

    short: dict[str, Lap]
    long: dict[str, Lap]


def run(turn: Turn) -> Turned:
    """Run a turn in a process of its own."""
    return carried_out("bench.agents.turns", turn, Turned, within_s=2 * CONNECT_S + turn.seconds + SPARE_S)


async def _carry_out(turn: Turn) -> Turned:
    dice = random.Random(turn.dice)
    sides = (turn.short, turn.long)
    callers: list[Caller] = [caller for side in sides for caller in await connected(side.address.port, 1)]
    bursts = [Bursts([caller], side.server_pid) for caller, side in zip(callers, sides, strict=True)]
    await _cycle(sides, bursts, dice)
    for each in bursts:
        each.forget()
    began_at = perf_counter()
    while perf_counter() - began_at < turn.seconds:
        await _cycle(sides, bursts, dice)
    for caller in callers:
        caller.close()
    short, long = bursts
    return Turned(short=short.laps(), long=long.laps())


async def _cycle(sides: tuple[Side, Side], bursts: list[Bursts], dice: random.Random) -> None:
    both = list(zip(sides, bursts, strict=True))
    for side, burst in both:
        await burst.burst(COUNTS, Counts(side.address, side.size, side.held, BURST))
    for kind, query in LISTS.items():
        for side, burst in both:
            wanted = side.held if query == _MINE else PAGE
            await burst.burst(kind, Lists(side.address, query, wanted, BURST))
    for side, burst in both:
        await burst.burst(OPEN_ONE, Opens(side.address, [dice.randint(1, side.size) for _ in range(BURST)]))


if __name__ == "__main__":
    answer(Turn, _carry_out)
