"""Every formula for the expected wait: eight that others use, and Parley's own.

Each takes the place in the queue, 1 being next, and what is seen; it answers in minutes, or None when it has no
answer. Where a maker's words leave something open, of the readings we tried the one with the smaller errors is taken.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from statistics import fmean

import msgspec

from bench.wait.scenarios import CHATS_EACH
from bench.wait.seen import Seen
from parley.core import waiting
from parley.core.waiting import Estimate, Pace

Formula = Callable[[int, Seen], float | None]

CHATS_AVERAGED = 100
"""Finished chats in D, the mean length, for every formula that does not name a window of its own."""

DAY_MIN = 24 * 60.0
PARLEY = "Parley"
"""The P50 of Parley's estimate."""

MEAN = "Parley's mean"
"""The mean instead: what is left when a median has no advantage over others' means."""

PUBLISHED = "Parley's waitTime"
"""The P50 rounded up to whole minutes, as the API gives it."""


class Told(msgspec.Struct, frozen=True):
    """What one who joins the queue is told: by each formula, and Parley's whole estimate."""

    minutes: dict[str, float | None]
    estimate: Estimate | None


def ask(place: int, seen: Seen) -> Told:
    """Ask every formula."""
    minutes = {name: formula(place, seen) for name, formula in PEERS.items()}
    pace = pace_of(seen)
    estimate = waiting.estimate(place, pace)
    minutes[PARLEY] = None if estimate is None else estimate.p50
    minutes[MEAN] = None if estimate is None else waiting.mean_wait_s(place, pace) / 60
    minutes[PUBLISHED] = None if estimate is None else estimate.minutes
    return Told(minutes, estimate)


def pace_of(seen: Seen) -> Pace:
    """What Parley knows: the last 100 chats within a day, seats, chats, give-ups and waiting of the last hour."""
    lengths = _lengths(seen)
    hour_ago = max(0.0, seen.now - waiting.PATIENCE_WINDOW.total_seconds() / 60)
    return Pace(
        chats=len(lengths),
        chat_s=fmean(lengths) * 60 if lengths else 0.0,
        seats=seen.seats,
        assigned=seen.running,
        gave_up=len(seen.gave_up_at) - bisect_right(seen.gave_up_at, hour_ago),
        waited_s=(seen.waited_until(seen.now) - seen.waited_until(hour_ago)) * 60,
    )


def rocket_chat(place: int, seen: Seen) -> float | None:
    """((p − 1)/N + 1) × D: the code hands over the number of chats averaged where the number of seats is meant."""
    mean = _mean_chat(seen)
    return None if mean is None else ((place - 1) / CHATS_AVERAGED + 1) * mean


def google_ccaip(place: int, seen: Seen) -> float | None:
    """(D of the last hour / agents) × (queued − available) + 10 s; all agents have the one queue in common."""
    lengths = seen.last(seen.chat_lengths, seen.chat_ends, minutes=60)
    return fmean(lengths) / seen.agents * (place - 1) + 1 / 6 if lengths else None


def pega(place: int, seen: Seen) -> float | None:
    """D × (active / 2 + queued) / chats each / agents."""
    mean = _mean_chat(seen)
    return None if mean is None else mean * (seen.running / 2 + place - 1) / CHATS_EACH / seen.agents


def time_per_place(place: int, seen: Seen) -> float | None:
    """The minutes per place of the last 20 who were taken in the last hour, times the place (LivePerson, BMC)."""
    waits = seen.last(seen.taken_waits, seen.taken_at, minutes=60, most=20)
    places = seen.last(seen.taken_places, seen.taken_at, minutes=60, most=20)
    return place * sum(waits) / sum(places) if waits else None


def webex(place: int, seen: Seen) -> float | None:
    """The mean of each minute's mean wait over the last 15 minutes."""
    by_minute: dict[int, list[float]] = {}
    times = seen.last(seen.taken_at, seen.taken_at, minutes=15)
    for at, wait in zip(times, seen.last(seen.taken_waits, seen.taken_at, minutes=15), strict=True):
        by_minute.setdefault(int(at), []).append(wait)
    return fmean(map(fmean, by_minute.values())) if by_minute else None


def salesforce_smoothed(place: int, seen: Seen) -> float | None:
    """A = 0.9 A' + 0.1 W over all waits so far, beginning with the first (Salesforce Chat)."""
    if not seen.taken_waits:
        return None
    average = seen.taken_waits[0]
    for wait in seen.taken_waits[1:]:
        average = 0.9 * average + 0.1 * wait
    return average


def salesforce_last_10(place: int, seen: Seen) -> float | None:
    """The last 10 waits of the last 10 minutes, the newest weighing 10, the one before 9 … (Omni-Channel)."""
    waits = seen.last(seen.taken_waits, seen.taken_at, minutes=10, most=10)
    weights = range(11 - len(waits), 11)
    return sum(weight * wait for weight, wait in zip(weights, waits, strict=True)) / sum(weights) if waits else None


def by_seats(place: int, seen: Seen) -> float | None:
    """The place × D / (c·k): the queue moves up when a chat ends, and nobody gives up."""
    mean = _mean_chat(seen)
    return None if mean is None else place * mean / seen.seats


def _mean_chat(seen: Seen) -> float | None:
    lengths = _lengths(seen)
    return fmean(lengths) if lengths else None


def _lengths(seen: Seen) -> Sequence[float]:
    return seen.last(seen.chat_lengths, seen.chat_ends, minutes=DAY_MIN, most=CHATS_AVERAGED)


PEERS: dict[str, Formula] = {
    "Rocket.Chat as coded": rocket_chat,
    "Google CCAIP": google_ccaip,
    "Pega": pega,
    "time per place": time_per_place,
    "Webex, mean of 15 min": webex,
    "Salesforce, 0.9/0.1": salesforce_smoothed,
    "Salesforce, last 10": salesforce_last_10,
    "p × D / (c·k)": by_seats,
}
