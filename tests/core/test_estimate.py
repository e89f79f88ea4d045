"""The expected wait, number by number: the closed form against the plain sum, the percentiles against exact ones."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.communities import Tally
from parley.core.waiting import (
    CHATS_NEEDED,
    Pace,
    digamma_rise,
    estimate,
    gamma_percentiles,
    give_up_rate,
    mean_wait_s,
    pace_of,
)
from tests.builders import HOUR, MINUTE
from tests.clock import START

EULER = 0.5772156649015329  # −ψ(1)

# Percentiles 10, 50 and 90 of gamma distributions with mean 1, solved from their distribution function, and how far
# ours may be from them.
EXACT = {
    1: ((0.10536051565782628, 0.6931471805599453, 2.302585092994046), 1e-15),
    2: ((0.265905804194806, 0.8391734950083302, 1.944860084933714), 0.005),
    3: ((0.36735510941644045, 0.8913534379078535, 1.77410677927807), 0.0025),
    4: ((0.43619239070622795, 0.9180151872127239, 1.6701957670639658), 0.0025),
    5: ((0.48651820519253314, 0.9341817765591968, 1.5987179172105261), 0.0015),
    10: ((0.622130460522503, 0.9668714614714131, 1.4205990292152817), 0.0015),
    100: ((0.8741763649959331, 0.9966686491931519, 1.1301052385984458), 0.0015),
    1000: ((0.9596939327288142, 0.9996666864269587, 1.0407343080136917), 0.0015),
}

places = st.integers(1, 1_000_000)
paces = st.builds(
    Pace,
    chats=st.integers(CHATS_NEEDED, 100),
    chat_s=st.floats(1, 86_400),
    seats=st.integers(1, 10_000),
    assigned=st.integers(0, 20_000),
    gave_up=st.integers(0, 1_000_000),
    waited_s=st.floats(0, 1e12),  # with these θ is from 1e-12 to 556 a second
)


def pace(**changes: Any) -> Pace:
    """Ten seats, chats of ten minutes, and one give-up in half an hour of waiting."""
    filled = {"chats": 20, "chat_s": 600.0, "seats": 10, "assigned": 10, "gave_up": 0, "waited_s": 0.0}
    return Pace(**{**filled, **changes})


def percentiles(position: int, seen: Pace) -> tuple[float, float, float]:
    """Those of an estimate that has to exist."""
    found = estimate(position, seen)
    assert found is not None
    return found.p10, found.p50, found.p90


# The digamma function


@pytest.mark.parametrize(
    ("x", "value"),
    [
        (0.5, -EULER - 2 * math.log(2)),
        (2.0, 1 - EULER),
        (1.5, 2 - EULER - 2 * math.log(2)),
        (10.0, 2.251752589066721),
        (100.0, 4.600161852738087),
    ],
)
def test_the_digamma_function_rises_between_its_known_values(x: float, value: float) -> None:
    low, high = sorted([1.0, x])

    assert pytest.approx(abs(value + EULER), rel=1e-13) == digamma_rise(low, high - low)


def test_at_one_it_is_minus_eulers_constant() -> None:
    """The harmonic numbers less the logarithm come down to it."""
    assert pytest.approx(EULER, rel=1e-11) == digamma_rise(1.0, 10**12) - math.log(10**12)


@given(st.floats(1e-6, 1e12), st.floats(0, 1e12))
def test_it_follows_its_recurrence(x: float, by: float) -> None:
    assert pytest.approx(digamma_rise(x, by) + 1 / (x + by), rel=1e-12) == digamma_rise(x, by + 1)


@given(st.floats(1e-6, 1e12), st.floats(0, 1e12), st.floats(0, 1e12))
def test_two_rises_are_one(x: float, first: float, second: float) -> None:
    halves = digamma_rise(x, first) + digamma_rise(x + first, second)

    assert pytest.approx(halves, rel=1e-12) == digamma_rise(x, first + second)


# The mean


@given(st.integers(1, 10_000), paces)
def test_the_mean_is_the_sum_over_the_places_to_nine_digits(position: int, seen: Pace) -> None:
    theta = give_up_rate(seen)
    steps = math.fsum(1 / (seen.seats / seen.chat_s + place * theta) for place in range(position))
    above = math.fsum(seen.chat_s / chat for chat in range(seen.seats + 1, seen.assigned + 1))

    assert pytest.approx(steps + above, rel=1e-9) == mean_wait_s(position, seen)


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.floats(1, 86_400))
def test_each_chat_above_the_seats_adds_its_part(seats: int, above: int, chat_s: float) -> None:
    full = pace(seats=seats, assigned=seats, chat_s=chat_s)
    over = pace(seats=seats, assigned=seats + above, chat_s=chat_s)
    parts = math.fsum(chat_s / chat for chat in range(seats + 1, seats + above + 1))

    assert pytest.approx(mean_wait_s(1, full) + parts, rel=1e-9) == mean_wait_s(1, over)


@given(places, st.integers(1, 10_000), paces)
def test_chats_below_the_seats_add_nothing(position: int, free: int, seen: Pace) -> None:
    full = pace(chat_s=seen.chat_s, seats=seen.seats, assigned=seen.seats)
    half_empty = pace(chat_s=seen.chat_s, seats=seen.seats, assigned=max(0, seen.seats - free))

    assert mean_wait_s(position, full) == mean_wait_s(position, half_empty)


@given(places, paces)
def test_the_mean_rises_from_place_to_place(position: int, seen: Pace) -> None:
    assert mean_wait_s(position, seen) < mean_wait_s(position + 1, seen)


def test_if_hardly_anybody_gives_up_each_place_takes_as_long() -> None:
    seen = pace(chat_s=540.0, seats=18, assigned=18, gave_up=0, waited_s=1e15)

    assert pytest.approx(1_000 * 540 / 18, rel=1e-9) == mean_wait_s(1_000, seen)


def test_a_place_beyond_all_queues_costs_no_more() -> None:
    """A loop over the places would not end within the time that a test has."""
    near, far = (mean_wait_s(10**exponent, pace(gave_up=30, waited_s=1e5)) for exponent in (6, 12))

    assert near < far
    assert None is not estimate(10**12, pace())


# The percentiles


@pytest.mark.parametrize("shape", EXACT)
def test_the_percentiles_are_as_near_to_the_exact_ones_as_is_said(shape: int) -> None:
    exact, bound = EXACT[shape]

    assert pytest.approx(exact, rel=bound) == gamma_percentiles(shape)


@given(places, paces)
def test_an_estimate_is_the_percentiles_around_its_mean_in_minutes(position: int, seen: Pace) -> None:
    minutes = mean_wait_s(position, seen) / 60

    assert tuple(minutes * part for part in gamma_percentiles(position)) == percentiles(position, seen)


@given(places, paces)
def test_the_percentiles_are_in_order(position: int, seen: Pace) -> None:
    p10, p50, p90 = percentiles(position, seen)

    assert 0 < p10 < p50 < p90


@given(places, paces)
def test_half_and_one_in_ten_never_wait_less_further_back(position: int, seen: Pace) -> None:
    near, far = percentiles(position, seen), percentiles(position + 1, seen)

    assert near[0] < far[0]
    assert near[1] < far[1]


@given(places, paces)
def test_nor_do_nine_in_ten_where_a_chat_ends_before_one_gives_up(position: int, seen: Pace) -> None:
    patience_s = max(seen.waited_s, seen.chat_s / seen.seats)
    rare = pace(chat_s=seen.chat_s, seats=seen.seats, assigned=seen.seats, waited_s=patience_s)

    assert give_up_rate(rare) <= rare.seats / rare.chat_s
    assert percentiles(position, rare)[2] < percentiles(position + 1, rare)[2]


@pytest.mark.parametrize(
    ("position", "seen"),
    [
        (0, pace()),
        (-1, pace()),
        (1, pace(chats=4)),
        (1, pace(chats=0, chat_s=0.0)),
        (1, pace(seats=0)),
        (1, pace(seats=0, assigned=3)),
    ],
)
def test_without_ground_there_is_no_estimate(position: int, seen: Pace) -> None:
    assert None is estimate(position, seen)


# The hour behind


def test_only_what_came_after_the_checkpoint_counts() -> None:
    tally = Tally(waiting=0, waited=500 * MINUTE, gave_up=40, counted_at=START)
    seen = pace_of(tally, chats=(), hour_ago=(380 * MINUTE, 37), now=START + HOUR)

    assert (120 * 60, 3) == (seen.waited_s, seen.gave_up)
    assert (1 + 3) / (30 * 60 + 120 * 60) == give_up_rate(seen)


def test_those_who_wait_now_count_up_to_now() -> None:
    tally = Tally(waiting=4, waited=timedelta(), counted_at=START)
    seen = pace_of(tally, chats=(), hour_ago=(timedelta(), 0), now=START + 15 * MINUTE)

    assert 4 * 15 * 60 == seen.waited_s


def test_many_who_left_within_the_minute_of_the_checkpoint_make_no_negative_waiting() -> None:
    """A checkpoint a minute old takes them to be waiting still: with 1,000 of them more than what was waited since."""
    tally = Tally(waiting=0, waited=100 * MINUTE, gave_up=1_000, counted_at=START - HOUR)
    seen = pace_of(tally, chats=(), hour_ago=(100 * MINUTE + 1_000 * MINUTE, 0), now=START)

    assert (0.0, 1_000) == (seen.waited_s, seen.gave_up)
    assert 0 < give_up_rate(seen)
