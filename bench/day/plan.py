"""The day that is replayed: when each customer comes, is taken, writes, is answered and is done.

It is drawn once, from dice with a fixed seed, in the minutes of the day. A team takes the longest waiting first; how
many are in it follows the hours.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

MESSAGES = 20
CHAT_MIN, CHAT_SIGMA = 10.0, 0.5
"""Length of a chat: log-normal with this mean and spread, as in the benchmark of the wait."""

HOURS = (1, 1, 1, 1, 1, 2, 3, 6, 9, 11, 12, 11, 10, 10, 11, 11, 10, 8, 6, 5, 4, 3, 2, 1)
"""How many come in each hour, by each other."""

BUSY = 0.97
"""The part of the team's time that chats take in an hour: half of the customers wait, a tenth for 9 minutes or more."""

POLL_EVERY_MIN = 0.25
"""A waiting client asks for its place every 15 seconds of the day."""

MINUTES = 24 * 60


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One customer's conversation, in minutes of the day."""

    number: int
    comes_at: float
    taken_at: float
    said_at: tuple[float, ...]
    ends_at: float

    @property
    def polls_at(self) -> Iterator[float]:
        """When the client asks for its place."""
        count = int((self.taken_at - self.comes_at) / POLL_EVERY_MIN)
        return (self.comes_at + POLL_EVERY_MIN * turn for turn in range(1, count + 1))


def drawn(conversations: int) -> list[Visit]:
    """Draw a day of so many conversations."""
    dice = Random(1505)
    arrivals = sorted(_minute(dice) for _ in range(conversations))
    log_mean = math.log(CHAT_MIN) - CHAT_SIGMA**2 / 2
    lengths = [dice.lognormvariate(log_mean, CHAT_SIGMA) for _ in arrivals]
    visits = []
    for number, (comes_at, taken_at, length) in enumerate(_taken(arrivals, lengths), start=1):
        said_at = sorted(taken_at + dice.random() * length for _ in range(MESSAGES))
        visits.append(
            Visit(
                number=number,
                comes_at=comes_at,
                taken_at=taken_at,
                said_at=tuple(said_at),
                ends_at=taken_at + length,
            )
        )
    return visits


def _minute(dice: Random) -> float:
    (hour,) = dice.choices(range(len(HOURS)), HOURS)
    return 60 * (hour + dice.random())


def _taken(arrivals: Sequence[float], lengths: Sequence[float]) -> Iterator[tuple[float, float, float]]:
    """Yield each arrival with when it is taken, in order, and its length."""
    ends: list[float] = []  # of the chats that run, as a heap
    free_at = 0.0
    for comes_at, length in zip(arrivals, lengths, strict=True):
        at = max(comes_at, free_at)
        while ends and ends[0] <= at:
            heapq.heappop(ends)
        while len(ends) >= _seats(at, len(arrivals)):
            at = max(at, heapq.heappop(ends))
        heapq.heappush(ends, at + length)
        free_at = at  # nobody is taken before those who came earlier
        yield comes_at, at, length


def _seats(minute: float, conversations: int) -> int:
    """How many chats the team carries at once at this time."""
    share = HOURS[min(int(minute / 60), len(HOURS) - 1)] / sum(HOURS)
    return max(2, math.ceil(conversations * share / 60 * CHAT_MIN / BUSY))
