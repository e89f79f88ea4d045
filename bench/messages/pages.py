"""One turn of the pages: one caller asks for each kind of page of the short conversation and of the long, in bursts."""

from collections.abc import Iterator
from time import perf_counter

import msgspec

from bench.asking import Address
from bench.bursts import Bursts, Lap
from bench.callers import CONNECT_S, connected
from bench.generator import answer, carried_out
from bench.messages.asking import PAGE, Pages
from bench.seed import PATH

SPARE_S = 30.0
"""How much longer than its time a turn may take: the first and the last cycle are carried to their end."""

BURST = 20
BURST_OF_SKIPS = 2
"""Calls of one kind before the next kind has its turn; deep skips are slow and only told."""

SKIP = "skip half of it"


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation and the ids of its messages, which follow one another."""

    conversation_id: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """How many messages it has."""
        return self.last - self.first + 1


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn."""

    address: Address
    server_pid: int
    seconds: float
    short: Talk
    long: Talk


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn measured, by the kind of page."""

    short: dict[str, Lap]
    long: dict[str, Lap]


def kinds(talk: Talk) -> dict[str, tuple[str, range]]:
    """Return every kind of page with its query and the messages that it must hold."""
    first, last = talk.first, talk.last
    half = talk.length // 2
    middle = first + half
    upwards = range(first, last + 1)
    downwards = range(last, first - 1, -1)
    return {
        "first page, oldest first": ("orderBy=creation_time_asc", upwards[:PAGE]),
        "first page, newest first": ("orderBy=creation_time_desc", downwards[:PAGE]),
        "after, at the start": (f"after={first}", upwards[1 : PAGE + 1]),
        "after, in the middle": (f"after={middle}", upwards[half + 1 : half + 1 + PAGE]),
        "after, at the end": (f"after={last - PAGE}", upwards[-PAGE:]),
        "before, at the end": (f"before={last}", downwards[1 : PAGE + 1]),
        "before, in the middle": (f"before={middle}", range(middle - 1, middle - 1 - PAGE, -1)),
        SKIP: (f"orderBy=creation_time_asc&skip={half}", upwards[half : half + PAGE]),
    }


def run(turn: Turn) -> Turned:
    """Run a turn in a process of its own."""
    return carried_out("bench.messages.pages", turn, Turned, within_s=CONNECT_S + turn.seconds + SPARE_S)


async def _carry_out(turn: Turn) -> Turned:
    (caller,) = callers = await connected(turn.address.port, 1)
    short, long = Bursts(callers, turn.server_pid), Bursts(callers, turn.server_pid)
    await _cycle(turn, short, long)
    short.forget()
    long.forget()
    began_at = perf_counter()
    while perf_counter() - began_at < turn.seconds:
        await _cycle(turn, short, long)
    caller.close()
    return Turned(short=short.laps(), long=long.laps())


async def _cycle(turn: Turn, short: Bursts, long: Bursts) -> None:
    both = zip(_pages(turn.address, turn.short), _pages(turn.address, turn.long), strict=True)
    for (kind, of_short), (_, of_long) in both:
        await short.burst(kind, of_short)
        await long.burst(kind, of_long)


def _pages(address: Address, talk: Talk) -> Iterator[tuple[str, Pages]]:
    for kind, (query, wanted) in kinds(talk).items():
        path = f"{PATH}/{talk.conversation_id}/messages?{query}&take={PAGE}"
        yield kind, Pages(address, path, wanted, count=BURST_OF_SKIPS if kind == SKIP else BURST)


if __name__ == "__main__":
    answer(Turn, _carry_out)
