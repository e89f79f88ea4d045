"""One turn of a queue: its callers create, ask for places, close and take, in bursts, until the time is over.

Every burst of creates is followed by as many that leave, so the queue keeps its length. The turn knows who waits, and
holds every reply against it.
"""

import random
from time import perf_counter

import msgspec

from bench.asking import Address
from bench.bursts import Bursts, Lap
from bench.callers import CONNECT_S, connected
from bench.errors import BenchError
from bench.generator import answer, carried_out
from bench.queue.asking import CLOSE, CREATE, PLACE, TAKE, Closes, Joins, Places, Takes
from bench.queue.line import Line, State

SPARE_S = 30.0
"""How much longer than its time a turn may take: the first and the last cycle are carried to their end."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of one server."""

    address: Address
    server_pid: int
    teammate_id: str
    callers: int
    burst: int
    seconds: float
    state: State
    dice: int


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn measured, and the queue as it left it."""

    laps: dict[str, Lap]
    state: State


def run(turn: Turn) -> Turned:
    """Run a turn in a process of its own."""
    return carried_out("bench.queue.turns", turn, Turned, within_s=CONNECT_S + turn.seconds + SPARE_S)


async def _carry_out(turn: Turn) -> Turned:
    line, dice = Line(turn.state), random.Random(turn.dice)
    callers = await connected(turn.address.port, turn.callers)
    bursts = Bursts(callers, turn.server_pid)
    await _cycle(turn, line, bursts, dice)
    bursts.forget()
    began_at = perf_counter()
    while perf_counter() - began_at < turn.seconds:
        await _cycle(turn, line, bursts, dice)
    for caller in callers:
        caller.close()
    return Turned(laps=bursts.laps(), state=line.state)


async def _cycle(turn: Turn, line: Line, bursts: Bursts, dice: random.Random) -> None:
    for kind in (CLOSE, TAKE):
        joins = Joins(turn.address, line, turn.burst)
        await bursts.burst(CREATE, joins)
        if not joins.settle():
            raise BenchError("the new conversations are not numbered one after another")
        await bursts.burst(PLACE, Places(turn.address, line, turn.burst, dice))
        if kind == CLOSE:
            leaves: Closes | Takes = Closes(turn.address, line, turn.burst, dice)
        else:
            leaves = Takes(turn.address, line, turn.burst, dice, teammate_id=turn.teammate_id)
        await bursts.burst(kind, leaves)
        line.leave(leaves.ids)


if __name__ == "__main__":
    answer(Turn, _carry_out)
