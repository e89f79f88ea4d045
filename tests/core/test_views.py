"""What the views count: days, waits, and what is closed on the last day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.communities import Tally
from parley.core.views import Counts, View, day_of, midnight, seconds
from tests.clock import START

moments = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(moments)
def test_midnight_is_when_the_day_of_a_moment_began(at: datetime) -> None:
    assert timedelta() <= at - midnight(at) < timedelta(days=1)
    assert day_of(at) == day_of(midnight(at)) == day_of(midnight(at) - timedelta.resolution) + 1


@pytest.mark.parametrize(("span", "shown"), [(-5.0, 0), (0.0, 0), (0.9, 0), (61.5, 61)])
def test_a_wait_is_told_in_whole_seconds_and_never_less_than_none(span: float, shown: int) -> None:
    assert shown == seconds(timedelta(seconds=span))


@given(st.lists(st.integers(1, 4)))
def test_of_those_closed_the_ones_of_the_last_day_are_counted(days: list[int]) -> None:
    """But for those that a clock set back closes on a day before."""
    tally = Tally()
    for day in days:
        tally = tally.closing(day)

    last = max(days, default=0)
    assert (last, days.count(last)) == (tally.closed_day, tally.closed_today)


def test_what_is_open_is_what_somebody_waits_for() -> None:
    counts = Counts(waiting=3, mine=1, bot=5, assigned=2, closed_today=7, first_since=START)

    assert {"waiting": 3, "mine": 1, "bot": 5, "open": 10, "closed_today": 7} == {
        view.value: counts.of(view) for view in View
    }
