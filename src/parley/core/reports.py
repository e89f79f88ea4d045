"""Reports: what came, what was done, how long it took, and how true the expected waits were.

How many joined the queue, left it and were closed is counted per minute and per hour, as it happens; the lengths of
waits, first answers and chats are taken from the newest of the period, a bounded number of them.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from parley.core.conversations import Conversation
from parley.core.waiting import Estimate, Outcome, Stay

MINUTE, HOUR = 1, 60  # the spans that are counted in, in minutes
SPANS = (MINUTE, HOUR)
DAYS_LIMIT = 90  # of a report
HOURLY_DAYS = 7  # up to so many, a report is drawn by the hour: 168 points; else by the day
HISTORY_MINUTES = 240  # of the queue page
NEWEST = 5_000  # waits, first answers and chats that percentiles are made of: exact for most, bounded for all
POINTS = 500  # estimates shown against what came

FORGOTTEN = {
    MINUTE: "traffic_minutes_forgotten",
    HOUR: "traffic_hours_forgotten",
}  # numbers: periods before are dropped

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_HOURS_A_DAY = 24
_SECONDS_A_MINUTE = 60.0

Place = tuple[int, int, int]  # community, span in minutes, number of the period since 1970


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in a time: how many joined the queue, how many left it and how, how many were closed.

    `positive` and `negative` count the feedback as it changed: one that is replaced is taken back in the same period,
    so that the sum over all time is what the conversations hold.
    """

    arrived: int = 0
    taken: int = 0
    gave_up: int = 0
    to_bot: int = 0
    closed: int = 0
    positive: int = 0
    negative: int = 0

    @property
    def growth(self) -> int:
        """How many more wait behind it than before."""
        return self.arrived - self.taken - self.gave_up - self.to_bot

    def plus(self, other: "Traffic") -> "Traffic":
        """Both together."""
        return Traffic(
            arrived=self.arrived + other.arrived,
            taken=self.taken + other.taken,
            gave_up=self.gave_up + other.gave_up,
            to_bot=self.to_bot + other.to_bot,
            closed=self.closed + other.closed,
            positive=self.positive + other.positive,
            negative=self.negative + other.negative,
        )


_Counted = tuple[int, datetime, Traffic]  # community, when, what


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A time cut into `count` buckets, each of `step` periods of `span` minutes; the last one is not over yet."""

    span: int
    step: int
    count: int
    first: int  # number of the first period

    @property
    def since(self) -> datetime:
        """When it begins."""
        return self.begins(0)

    def begins(self, bucket: int) -> datetime:
        """When a bucket begins."""
        return _EPOCH + (self.first + bucket * self.step) * self.span * _MINUTE


class Bucket(msgspec.Struct, frozen=True):
    """What happened in a part of a window, and how many waited at its end."""

    at: datetime
    traffic: Traffic
    waiting: int


class Spread(msgspec.Struct, frozen=True):
    """Of so many lengths in seconds, the one that half do not exceed, and the one that nine of ten do not."""

    count: int = 0
    p50: float | None = None
    p90: float | None = None


class Point(msgspec.Struct, frozen=True):
    """What somebody who joined the queue was told, in seconds, and how long they waited until they were taken."""

    estimated: float
    p10: float
    p90: float
    actual: float

    @property
    def is_covered(self) -> bool:
        """Whether it came as it was told: within P10 and P90."""
        return self.p10 <= self.actual <= self.p90


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a community's past, all of one moment.

    `waiting` is how many wait at that moment, `chats_open` how many teammates have, `seats` how many those who are
    present could have; `traffic` is by period; the lengths in seconds and the points are of the newest.
    """

    waiting: int
    traffic: Mapping[int, Traffic]
    chats_open: int = 0
    seats: int = 0
    waits: Sequence[float] = ()
    first_answers: Sequence[float] = ()
    chats: Sequence[float] = ()
    points: Sequence[Point] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A community's report of the time from `since` to `until`.

    `coverage` is the share of the points within P10 and P90, 0.8 when the estimates are honest; `mean_error_s` how far
    the median was off, up or down, on average. Both are None without a point.
    """

    since: datetime
    until: datetime
    buckets: list[Bucket]
    waits: Spread
    points: Sequence[Point]
    coverage: float | None
    mean_error_s: float | None
    positive: int
    negative: int
    first_answer: Spread
    handling: Spread


def period_of(at: datetime, span: int) -> int:
    """The number of the period of so many minutes in which a time lies."""
    return (at - _EPOCH) // (span * _MINUTE)


def days_until(now: datetime, days: int) -> Window:
    """The last days up to now: by the hour up to a week, else by the day, as the days are in UTC."""
    if days <= HOURLY_DAYS:
        count = days * _HOURS_A_DAY
        return Window(span=HOUR, step=1, count=count, first=period_of(now, HOUR) - count + 1)
    today = period_of(now, HOUR) // _HOURS_A_DAY
    return Window(span=HOUR, step=_HOURS_A_DAY, count=days, first=(today - days + 1) * _HOURS_A_DAY)


def minutes_until(now: datetime) -> Window:
    """The last four hours up to now, by the minute."""
    first = period_of(now, MINUTE) - HISTORY_MINUTES + 1
    return Window(span=MINUTE, step=1, count=HISTORY_MINUTES, first=first)


def count_traffic(
    begun: Collection[Stay], ended: Collection[Stay], conversations: Iterable[tuple[Conversation | None, Conversation]]
) -> dict[Place, Traffic]:
    """What some changes add to the counters: stays that began, perhaps ended too; stays from before that ended;
    conversations before and after.
    """
    counted: dict[Place, Traffic] = {}
    for community_id, at, traffic in (*_of_stays(begun, ended), *_of_conversations(conversations)):
        for span in SPANS:
            place = (community_id, span, period_of(at, span))
            known = counted.get(place)
            counted[place] = traffic if known is None else known.plus(traffic)
    return {place: traffic for place, traffic in counted.items() if traffic != _NOTHING}


def buckets_of(past: Past, window: Window) -> list[Bucket]:
    """The window's buckets, oldest first. How many waited at the end of each follows from how many wait now."""
    last = window.first + window.step * window.count
    waiting = past.waiting - sum(traffic.growth for number, traffic in past.traffic.items() if number >= last)
    buckets = []
    for index in reversed(range(window.count)):
        first = window.first + index * window.step
        total = Traffic()
        for number in range(first, first + window.step):
            if (traffic := past.traffic.get(number)) is not None:
                total = total.plus(traffic)
        buckets.append(Bucket(window.begins(index), total, waiting))
        waiting -= total.growth
    return buckets[::-1]


def report_of(past: Past, window: Window, *, now: datetime) -> Report:
    """The report."""
    buckets = buckets_of(past, window)
    total = Traffic()
    for bucket in buckets:
        total = total.plus(bucket.traffic)
    return Report(
        since=window.since,
        until=now,
        buckets=buckets,
        waits=spread_of(past.waits),
        points=past.points,
        coverage=coverage(past.points),
        mean_error_s=mean_error(past.points),
        positive=max(total.positive, 0),
        negative=max(total.negative, 0),
        first_answer=spread_of(past.first_answers),
        handling=spread_of(past.chats),
    )


def spread_of(lengths: Sequence[float]) -> Spread:
    """How long they are."""
    if not lengths:
        return Spread()
    ordered = sorted(lengths)
    return Spread(len(ordered), percentile(ordered, 50), percentile(ordered, 90))


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest of the values, in rising order, that so many percent of them do not exceed (the nearest rank)."""
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def coverage(points: Sequence[Point]) -> float | None:
    """The share of the points that came as they were told."""
    return sum(point.is_covered for point in points) / len(points) if points else None


def mean_error(points: Sequence[Point]) -> float | None:
    """By how many seconds the told median was off, on average."""
    return math.fsum(abs(point.actual - point.estimated) for point in points) / len(points) if points else None


def point_of(estimate: Estimate, actual: timedelta) -> Point:
    """What was told, in minutes, against what came."""
    p10, p50, p90 = (minutes * _SECONDS_A_MINUTE for minutes in (estimate.p10, estimate.p50, estimate.p90))
    return Point(p50, p10, p90, actual.total_seconds())


_NOTHING = Traffic()
_ARRIVED = Traffic(arrived=1)
_CLOSED = Traffic(closed=1)
_LEFT = {
    Outcome.TAKEN: Traffic(taken=1),
    Outcome.GAVE_UP: Traffic(gave_up=1),
    Outcome.TO_BOT: Traffic(to_bot=1),
}


def _of_stays(begun: Collection[Stay], ended: Collection[Stay]) -> Iterator[_Counted]:
    for stay in begun:
        yield stay.community_id, stay.joined_at, _ARRIVED
    for stay in (*begun, *ended):
        if stay.ended_at is not None and stay.outcome is not None:
            yield stay.community_id, stay.ended_at, _LEFT[stay.outcome]


def _of_conversations(conversations: Iterable[tuple[Conversation | None, Conversation]]) -> Iterator[_Counted]:
    for before, after in conversations:
        if after.closed_at is not None and (before is None or not before.is_closed):
            yield after.community_id, after.closed_at, _CLOSED
        if after.feedback is not None and (before is None or before.feedback != after.feedback):
            yield after.community_id, after.changed_at, _feedback_step(before, after)


def _feedback_step(before: Conversation | None, after: Conversation) -> Traffic:
    positive = negative = 0
    for conversation, step in ((before, -1), (after, 1)):
        if conversation is not None and conversation.feedback is not None:
            positive += step * conversation.feedback.is_positive
            negative += step * (not conversation.feedback.is_positive)
    return Traffic(positive=positive, negative=negative)
