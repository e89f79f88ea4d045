"""Reports: what is counted, how it is cut into buckets, and what is made of lengths and estimates."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from parley.core import reports
from parley.core.conversations import Conversation, Feedback, Holder
from parley.core.reports import HOUR, MINUTE, Past, Point, Spread, Traffic, Window
from parley.core.waiting import Estimate, Outcome, Stay
from tests.builders import SHOP, conversation
from tests.clock import START

SECOND = timedelta(seconds=1)
UNTIL = START + timedelta(minutes=90)
GOOD, BAD = Feedback(is_positive=True, text=None), Feedback(is_positive=False, text="No")

some = st.integers(0, 20)
traffics = st.builds(
    Traffic, arrived=some, taken=some, gave_up=some, to_bot=some, closed=some, positive=some, negative=some
)
lengths = st.lists(st.floats(0, 1e6), min_size=1, max_size=50)
points = st.lists(st.builds(Point, *[st.floats(0, 1e5)] * 4), min_size=1, max_size=30)


def stay(**changes: Any) -> Stay:
    """A stay of the Shop's first conversation."""
    filled = {"conversation_id": 1, "epoch": 1, "community_id": SHOP, "joined_at": START, "position": 1}
    return Stay(**{**filled, **changes})


def minutes(*stays: Stay, ended: tuple[Stay, ...] = ()) -> dict[datetime, Traffic]:
    """What stays add, by the minute."""
    counted = reports.count_traffic(stays, ended, ())
    return {begins(period): traffic for (_, span, period), traffic in counted.items() if span == MINUTE}


def minute_of(at: datetime) -> datetime:
    """When its minute began."""
    return begins(reports.period_of(at, MINUTE))


def begins(minute: int) -> datetime:
    """When a minute begins."""
    return datetime.fromtimestamp(minute * 60, UTC)


def of_conversations(*pairs: tuple[Conversation | None, Conversation]) -> Traffic:
    """What changes of conversations add to the Shop's first hour."""
    return reports.count_traffic((), (), pairs).get((SHOP, HOUR, reports.period_of(START, HOUR)), Traffic())


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (Outcome.TAKEN, Traffic(taken=1)),
        (Outcome.GAVE_UP, Traffic(gave_up=1)),
        (Outcome.TO_BOT, Traffic(to_bot=1)),
    ],
)
def test_a_stay_is_counted_when_it_begins_and_when_it_ends(outcome: Outcome, left: Traffic) -> None:
    whole = stay(ended_at=UNTIL, outcome=outcome)

    assert {minute_of(START): Traffic(arrived=1), minute_of(UNTIL): left} == minutes(whole)
    assert {minute_of(UNTIL): left} == minutes(ended=(whole,))


def test_what_happens_in_one_hour_is_counted_together_and_in_its_minutes_apart() -> None:
    two = (stay(), stay(conversation_id=2, joined_at=START + timedelta(minutes=1)))
    counted = reports.count_traffic(two, (), ())

    assert [1, 1] == [traffic.arrived for (_, span, _), traffic in counted.items() if span == MINUTE]
    assert [2] == [traffic.arrived for (_, span, _), traffic in counted.items() if span == HOUR]


def test_each_community_is_counted_by_itself() -> None:
    counted = reports.count_traffic((stay(), stay(community_id=2)), (), ())

    assert {1, 2} == {community_id for community_id, _, _ in counted}


def test_a_close_is_counted_once() -> None:
    opened = conversation()
    closed = conversation(holder=Holder.NOBODY, closed_at=START)

    assert 1 == of_conversations((opened, closed)).closed
    assert 1 == of_conversations((None, closed)).closed
    assert Traffic() == of_conversations((closed, closed))


def test_a_replaced_feedback_is_taken_back() -> None:
    none, good, bad = conversation(), conversation(feedback=GOOD), conversation(feedback=BAD)

    assert Traffic(positive=1) == of_conversations((none, good))
    assert Traffic(positive=-1, negative=1) == of_conversations((good, bad))
    assert Traffic() == of_conversations((good, conversation(feedback=replace(GOOD, text="Still"))))
    assert Traffic(negative=1) == of_conversations((None, bad))


@given(st.dictionaries(st.integers(-3, 12), traffics, max_size=12), st.integers(0, 100), st.integers(1, 4))
def test_buckets_add_up_to_what_is_counted_in_their_time(counted: dict[int, Traffic], waiting: int, step: int) -> None:
    """And the queue grows from each to the next by what joined and left."""
    window = Window(span=MINUTE, step=step, count=3, first=0)
    inside = {number: traffic for number, traffic in counted.items() if 0 <= number}
    buckets = reports.buckets_of(Past(waiting=waiting, traffic=inside), window)
    behind = sum(traffic.growth for number, traffic in inside.items() if number >= 3 * step)

    assert sum(t.arrived for n, t in inside.items() if n < 3 * step) == sum(b.traffic.arrived for b in buckets)
    assert waiting - behind == buckets[-1].waiting
    assert [b.traffic.growth for b in buckets[1:]] == [b.waiting - a.waiting for a, b in pairwise(buckets)]
    assert [window.begins(index) for index in range(3)] == [bucket.at for bucket in buckets]


@given(st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(1, 90))  # noqa: DTZ001 - the zone is added
def test_a_window_ends_with_the_bucket_of_now(now: datetime, days: int) -> None:
    window = reports.days_until(now, days)
    length = timedelta(minutes=window.span * window.step)
    last = window.begins(window.count - 1)

    assert last <= now < last + length
    assert timedelta(days=days) == window.count * length
    assert window.since == window.begins(0)
    assert days > 7 or window.count == days * 24
    assert days <= 7 or (window.count, window.since.hour) == (days, 0)


def test_the_queues_history_is_four_hours_by_the_minute() -> None:
    window = reports.minutes_until(UNTIL)

    assert (240, timedelta(minutes=239)) == (window.count, UNTIL.replace(second=0, microsecond=0) - window.since)


@given(lengths, st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(given: list[float], percent: int) -> None:
    ordered = sorted(given)
    found = reports.percentile(ordered, percent)
    share = percent / 100 * len(ordered)

    assert sum(each <= found for each in ordered) >= share
    assert sum(each < found for each in ordered) < share


def test_a_spread_of_nothing_says_nothing() -> None:
    assert Spread(0, None, None) == reports.spread_of([])
    assert Spread(4, 2.0, 4.0) == reports.spread_of([4.0, 3.0, 1.0, 2.0])


def test_a_point_is_in_seconds() -> None:
    assert Point(120.0, 60.0, 180.0, 90.0) == reports.point_of(Estimate(1, 2, 3), timedelta(seconds=90))


@given(points)
def test_coverage_is_a_share_and_the_mean_error_lies_between_the_errors(given: list[Point]) -> None:
    errors = [abs(point.actual - point.estimated) for point in given]

    assert sum(p.p10 <= p.actual <= p.p90 for p in given) == pytest.approx((reports.coverage(given) or 0) * len(given))
    assert min(errors) - 1e-6 <= (reports.mean_error(given) or 0) <= max(errors) + 1e-6


def test_without_data_nothing_is_made_up() -> None:
    window = reports.days_until(UNTIL, 1)
    report = reports.report_of(Past(waiting=0, traffic={}), window, now=UNTIL)

    assert (None, None) == (report.coverage, report.mean_error_s)
    assert Spread() == report.waits == report.first_answer == report.handling
    assert (window.since, UNTIL, 24) == (report.since, report.until, len(report.buckets))


def test_a_report_never_shows_less_feedback_than_none() -> None:
    """One that was given before the window and replaced in it is taken back there."""
    window = reports.days_until(START, 1)
    past = Past(waiting=0, traffic={window.first: Traffic(positive=-1, negative=1)})
    report = reports.report_of(past, window, now=START)

    assert (0, 1) == (report.positive, report.negative)
