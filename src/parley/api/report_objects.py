"""The queue page and the reports as they stand on the wire. Lengths are in seconds, null without data."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parley.api import agent_objects, times
from parley.core.reports import Bucket, Past, Report, Spread
from parley.core.waiting import Estimate
from parley.ports import Listed

_SECONDS_A_MINUTE = 60


class WaitReply(msgspec.Struct, rename="camel"):
    """How long it may still wait: with 80 % probability from p10 to p90."""

    p10: float
    p50: float
    p90: float


class WaitingReply(msgspec.Struct, rename="camel"):
    """A conversation that waits. `waitedSeconds` is since it last joined the queue."""

    conversation: agent_objects.RowReply
    position: int
    waited_seconds: int
    estimate: WaitReply | None


class MinuteReply(msgspec.Struct, rename="camel"):
    """A minute of the queue: how many waited at its end, and who joined and left it."""

    time: str
    waiting: int
    arrived: int
    taken: int
    gave_up: int


class QueueReply(msgspec.Struct, rename="camel"):
    """The queue now: the first hundred, who could take them, and the last four hours."""

    waiting: list[WaitingReply]
    waiting_count: int
    teammates: list[agent_objects.AgentReply]
    seats: int
    open_chats: int
    history: list[MinuteReply]


class BucketReply(msgspec.Struct, rename="camel"):
    """An hour or a day: who joined the queue and left it, what was closed, and how many waited at its end."""

    time: str
    arrived: int
    taken: int
    gave_up: int
    closed: int
    waiting: int


class SpreadReply(msgspec.Struct, rename="camel"):
    """Of so many lengths, at most the newest 5,000, the one that half do not exceed, and nine of ten."""

    count: int
    p50: float | None
    p90: float | None


class PointReply(msgspec.Struct, rename="camel"):
    """What somebody was told who joined the queue, and how long it was until a teammate took them."""

    estimated: float
    p10: float
    p90: float
    actual: float


class EstimatesReply(msgspec.Struct, rename="camel"):
    """The newest 500 estimates against what came: the share within P10 and P90, and by how much the median was off."""

    points: list[PointReply]
    coverage: float | None
    mean_error: float | None


class FeedbackCounts(msgspec.Struct, rename="camel"):
    """How many were pleased, and how many not."""

    positive: int
    negative: int


class ReportReply(msgspec.Struct, rename="camel", kw_only=True):
    """What came, what was done and how long it took, from `from` to `to`."""

    from_: str = msgspec.field(name="from")
    to: str
    buckets: list[BucketReply]
    waits: SpreadReply
    estimates: EstimatesReply
    feedback: FeedbackCounts
    first_answer: SpreadReply
    handling: SpreadReply


def show_waiting(listed: Sequence[Listed], now: datetime) -> list[WaitingReply]:
    """Those who wait, in their order."""
    rows = agent_objects.show_rows(listed)
    return [
        WaitingReply(row, one.opened.position, _waited(one, now), _wait(one.opened.estimate))
        for row, one in zip(rows, listed, strict=True)
    ]


def show_queue(
    waiting: list[WaitingReply], teammates: list[agent_objects.AgentReply], past: Past, history: list[Bucket]
) -> QueueReply:
    """The queue page."""
    return QueueReply(waiting, past.waiting, teammates, past.seats, past.chats_open, [_minute(one) for one in history])


def show_report(report: Report) -> ReportReply:
    """A report."""
    return ReportReply(
        from_=times.show(report.since),
        to=times.show(report.until),
        buckets=[_bucket(bucket) for bucket in report.buckets],
        waits=_spread(report.waits),
        estimates=EstimatesReply(
            [PointReply(point.estimated, point.p10, point.p90, point.actual) for point in report.points],
            report.coverage,
            report.mean_error_s,
        ),
        feedback=FeedbackCounts(report.positive, report.negative),
        first_answer=_spread(report.first_answer),
        handling=_spread(report.handling),
    )


def _waited(one: Listed, now: datetime) -> int:
    since = one.waiting_since or now
    return max(int((now - since).total_seconds()), 0)


def _wait(estimate: Estimate | None) -> WaitReply | None:
    if estimate is None:
        return None
    return WaitReply(*(minutes * _SECONDS_A_MINUTE for minutes in (estimate.p10, estimate.p50, estimate.p90)))


def _minute(bucket: Bucket) -> MinuteReply:
    traffic = bucket.traffic
    return MinuteReply(times.show(bucket.at), bucket.waiting, traffic.arrived, traffic.taken, traffic.gave_up)


def _bucket(bucket: Bucket) -> BucketReply:
    traffic = bucket.traffic
    return BucketReply(
        times.show(bucket.at), traffic.arrived, traffic.taken, traffic.gave_up, traffic.closed, bucket.waiting
    )


def _spread(spread: Spread) -> SpreadReply:
    return SpreadReply(spread.count, spread.p50, spread.p90)
