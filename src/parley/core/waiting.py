"""The queue: who waits where, and for how long.

Every conversation that waits has a queue number, given in order and kept; the place is one more than the number of
those waiting with a smaller one. Counting them would cost more the longer the queue is, so the waiting are also
counted in blocks of queue numbers, at two levels: a place is then the sum of a few rows (design §1.7).

The expected wait is that of a queue with abandonment (Whitt, "Engineering solution of a basic call-center model", 2005;
Ibrahim and Whitt, "Real-time delay estimation in overloaded multiserver queues with abandonments", 2009): the one at
place p moves up when a chat ends or when one of those ahead gives up.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from parley.core.communities import Tally
from parley.core.conversations import Conversation

FINE = 512  # queue numbers in a block of level 1: at most so many rows are counted one by one
COARSE = 65_536  # queue numbers in a block of level 2; a million waiting are 16 of these
LEVELS = {1: FINE, 2: COARSE}

NOT_WAITING = -1  # the published position of a conversation that is not in the queue

CHATS_AVERAGED = 100  # finished chats whose mean length counts
CHATS_COUNT_FOR = timedelta(hours=24)  # and only those finished so recently
CHATS_NEEDED = 5  # fewer are no ground for an estimate
PATIENCE_WINDOW = timedelta(hours=1)  # over which giving up is watched
PRIOR_WAITED_S = 30 * 60  # one give-up in 30 minutes of waiting is assumed before anything was seen

_Z90 = 1.2815515655446004  # the standard normal's 90 % point
_SERIES_FROM = 10.0  # from here the asymptotic series of the digamma function is exact to 13 digits
_SECONDS_A_MINUTE = 60.0


class Outcome(StrEnum):
    """How a stay in the queue ended."""

    TAKEN = "taken"
    GAVE_UP = "gave_up"
    TO_BOT = "to_bot"


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What a wait is estimated from, at one moment.

    `chats` and `chat_s` are the number and the mean length in seconds of the chats finished last, from taken to
    closed; `seats` the chats that present teammates can have at a time and `assigned` those they have; `gave_up` and
    `waited_s` how many left the queue by closing, and the waiting of all together in seconds, in the last hour.
    """

    chats: int
    chat_s: float
    seats: int
    assigned: int
    gave_up: int
    waited_s: float


class Estimate(msgspec.Struct, frozen=True):
    """An expected wait in minutes: with 80 % probability between p10 and p90, as likely above p50 as below."""

    p10: float
    p50: float
    p90: float

    @property
    def minutes(self) -> int:
        """The published waitTime: the median in whole minutes, rounded up."""
        return math.ceil(self.p50)


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """One stay of a conversation in the queue: what was told when it joined, and what came of it.

    It is named by the conversation and the epoch it joined with, for each change of holder has its own epoch. When the
    team first wrote after a conversation's first stay began is kept with that stay (`parley.core.reports`).
    """

    conversation_id: int
    epoch: int
    community_id: int
    joined_at: datetime
    position: int
    estimate: Estimate | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None


def pace_of(tally: Tally, *, chats: tuple[int, ...], hour_ago: tuple[timedelta, int], now: datetime) -> Pace:
    """The pace from a community's counters, its last chats' lengths in µs, and (waited, gave up) as of an hour ago.

    What is known of an hour ago is of the minute before: if many left within that minute, it is more than was waited.
    """
    waited = max(tally.waited_until(now) - hour_ago[0], timedelta())
    return Pace(
        chats=len(chats),
        chat_s=sum(chats) / len(chats) / 1e6 if chats else 0.0,
        seats=tally.seats,
        assigned=tally.assigned,
        gave_up=tally.gave_up - hour_ago[1],
        waited_s=waited.total_seconds(),
    )


def blocks_of(number: int) -> list[tuple[int, int]]:
    """The (level, block) pairs in which a queue number is counted."""
    return [(level, number // size) for level, size in LEVELS.items()]


def count_blocks(changes: Iterable[tuple[Conversation | None, Conversation]]) -> dict[tuple[int, int, int], int]:
    """How the counts per (community, level, block) change, from conversations before and after."""
    blocks: dict[tuple[int, int, int], int] = {}
    for before, after in changes:
        for conversation, step in ((before, -1), (after, 1)):
            if conversation is not None and conversation.is_waiting and conversation.queue_number is not None:
                for level, block in blocks_of(conversation.queue_number):
                    place = (conversation.community_id, level, block)
                    blocks[place] = blocks.get(place, 0) + step
    return {place: step for place, step in blocks.items() if step}


def estimate(position: int, pace: Pace) -> Estimate | None:
    """The wait of the one at `position` (1 is next); None when there is nothing to estimate from.

    The wait is a sum of `position` steps, so its spread is that of a gamma distribution with this shape and this mean.
    Further back, p10 and p50 are never less; nor is p90, unless chats above the seats must end first or one person
    gives up sooner than a chat ends. The cost does not depend on the place.
    """
    if position < 1 or pace.chats < CHATS_NEEDED or pace.seats < 1 or pace.chat_s <= 0:
        return None
    mean = mean_wait_s(position, pace) / _SECONDS_A_MINUTE
    p10, p50, p90 = gamma_percentiles(position)
    return Estimate(mean * p10, mean * p50, mean * p90)


def mean_wait_s(position: int, pace: Pace) -> float:
    """The mean wait in seconds: Σ 1/(seats/D + j·θ) over the places j = 0 … position − 1.

    In closed form (ψ(a + position) − ψ(a)) / θ with a = seats / (D·θ), ψ being the digamma function. When more chats
    run than there are seats, those above must end first: Σ D/b for each chat b above the seats.
    """
    theta = give_up_rate(pace)
    wait = digamma_rise(pace.seats / (pace.chat_s * theta), position) / theta
    if pace.assigned > pace.seats:
        wait += pace.chat_s * digamma_rise(pace.seats + 1, pace.assigned - pace.seats)
    return wait


def give_up_rate(pace: Pace) -> float:
    """θ, give-ups a second of waiting: those of the last hour, with one in 30 minutes assumed beforehand."""
    return (1 + pace.gave_up) / (PRIOR_WAITED_S + pace.waited_s)


def digamma_rise(x: float, by: float) -> float:
    """ψ(x + by) − ψ(x) for x > 0 and by ≥ 0, which is Σ 1/(x + j) over j = 0 … by − 1 when `by` is whole.

    By ψ(x) = ψ(x + 1) − 1/x up to 10, then the difference of the asymptotic series (Abramowitz and Stegun 6.3.18),
    term by term: the difference of two sums would lose the digits that they have in common.
    """
    below = 0.0
    while x < _SERIES_FROM:
        below += by / (x * (x + by))
        x += 1
    return below + math.log1p(by / x) + by / (2 * x * (x + by)) + _series(x) - _series(x + by)


def gamma_percentiles(shape: int) -> tuple[float, float, float]:
    """P10, P50 and P90 of a gamma distribution with this shape and mean 1.

    Exact for shape 1, the exponential distribution; else by Wilson and Hilferty (1931), within 0.5 % for shape 2,
    0.25 % for 3 and 4, and 0.15 % from 5 on.
    """
    if shape == 1:
        return -math.log(0.9), math.log(2), math.log(10)
    ninth = 1 / (9 * shape)
    deviation = _Z90 * math.sqrt(ninth)
    return (1 - ninth - deviation) ** 3, (1 - ninth) ** 3, (1 - ninth + deviation) ** 3


def _series(x: float) -> float:
    """What the asymptotic series of ψ(x) takes off behind ln x − 1/(2x)."""
    square = 1 / (x * x)
    return square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
