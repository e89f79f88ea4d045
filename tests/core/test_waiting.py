"""The queue: the blocks it is counted in, and how long a place in it takes."""

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.communities import Tally
from parley.core.conversations import Holder
from parley.core.waiting import (
    CHATS_NEEDED,
    LEVELS,
    Estimate,
    Pace,
    blocks_of,
    count_blocks,
    estimate,
    give_up_rate,
    mean_wait_s,
    pace_of,
)
from tests.builders import MINUTE, SHOP, conversation
from tests.clock import START

places = st.integers(1, 100_000)
paces = st.builds(
    Pace,
    chats=st.integers(CHATS_NEEDED, 100),
    chat_s=st.floats(1, 36_000),
    seats=st.integers(1, 500),
    assigned=st.integers(0, 1_000),
    gave_up=st.integers(0, 1_000),
    waited_s=st.floats(0, 1e7),
)


def pace(**changes: Any) -> Pace:
    """Ten seats, chats of ten minutes, and one give-up in half an hour of waiting."""
    filled = {"chats": 20, "chat_s": 600.0, "seats": 10, "assigned": 10, "gave_up": 0, "waited_s": 0.0}
    return Pace(**{**filled, **changes})


@pytest.mark.parametrize(
    ("number", "blocks"),
    [
        (1, [(1, 0), (2, 0)]),
        (511, [(1, 0), (2, 0)]),
        (512, [(1, 1), (2, 0)]),
        (65_535, [(1, 127), (2, 0)]),
        (65_536, [(1, 128), (2, 1)]),
    ],
)
def test_a_queue_number_has_its_blocks(number: int, blocks: list[tuple[int, int]]) -> None:
    assert blocks == blocks_of(number)


@given(st.integers(1, 2**53))
def test_a_queue_number_lies_in_one_block_of_each_level(number: int) -> None:
    blocks = dict(blocks_of(number))

    assert LEVELS.keys() == blocks.keys()
    assert all(block * LEVELS[level] <= number < (block + 1) * LEVELS[level] for level, block in blocks.items())


def test_those_who_wait_are_counted_by_block_from_before_and_after() -> None:
    joined, closed = conversation(queue_number=700), conversation(queue_number=700, holder=Holder.NOBODY)

    assert {(SHOP, 1, 1): 1, (SHOP, 2, 0): 1} == count_blocks([(None, joined), (joined, joined)])
    assert {(SHOP, 1, 1): -1, (SHOP, 2, 0): -1} == count_blocks([(joined, closed)])
    assert {} == count_blocks([(None, joined), (joined, closed)])


def test_before_anything_was_seen_one_gives_up_in_half_an_hour_of_waiting() -> None:
    assert 1 / 1_800 == give_up_rate(pace(gave_up=0, waited_s=0.0))


def test_what_was_seen_counts_beside_it() -> None:
    assert (1 + 3) / (1_800 + 7_200) == give_up_rate(pace(gave_up=3, waited_s=7_200.0))


@given(st.integers(1, 300), paces)
def test_the_mean_wait_is_the_sum_of_its_steps(position: int, seen: Pace) -> None:
    theta = give_up_rate(seen)
    steps = sum(1 / (seen.seats / seen.chat_s + place * theta) for place in range(position))
    overload = sum(seen.chat_s / chats for chats in range(seen.seats + 1, seen.assigned + 1))

    assert pytest.approx(steps + overload, rel=1e-6) == mean_wait_s(position, seen)


@pytest.mark.parametrize(
    ("position", "seen"),
    [
        (-1, pace()),
        (0, pace()),
        (1, pace(chats=CHATS_NEEDED - 1)),
        (1, pace(seats=0)),
        (1, pace(chat_s=0.0)),
    ],
)
def test_there_is_no_estimate_without_ground_for_one(position: int, seen: Pace) -> None:
    assert None is estimate(position, seen)


def test_five_chats_are_ground_enough() -> None:
    assert None is not estimate(1, pace(chats=CHATS_NEEDED))


def test_the_first_place_of_a_full_house_waits_for_one_of_its_seats() -> None:
    """Ten seats of ten minutes free one a minute: exponential, so half are served within 42 s and 90 % in 2.3 min."""
    expected = estimate(1, pace(seats=10, chat_s=600.0))

    assert expected is not None
    assert pytest.approx(math.log(10 / 9)) == expected.p10
    assert pytest.approx(math.log(2)) == expected.p50
    assert pytest.approx(math.log(10)) == expected.p90


@given(places, paces)
def test_the_percentiles_are_in_order_and_not_negative(position: int, seen: Pace) -> None:
    expected = estimate(position, seen)

    assert expected is not None
    assert 0 <= expected.p10 < expected.p50 < expected.p90


@given(places, paces)
def test_a_place_further_back_never_waits_less(position: int, seen: Pace) -> None:
    here, behind = estimate(position, seen), estimate(position + 1, seen)

    assert here is not None
    assert behind is not None
    assert here.p10 <= behind.p10
    assert here.p50 <= behind.p50


@pytest.mark.parametrize(("median", "minutes"), [(0.2, 1), (1.0, 1), (1.01, 2), (14.6, 15)])
def test_the_published_wait_is_the_median_in_whole_minutes_rounded_up(median: float, minutes: int) -> None:
    assert minutes == Estimate(p10=0.0, p50=median, p90=99.0).minutes


def test_the_pace_is_the_counters_and_the_mean_of_the_last_chats() -> None:
    tally = Tally(seats=7, assigned=4)
    seen = pace_of(tally, chats=(60_000_000, 120_000_000), hour_ago=(timedelta(), 0), now=START)

    assert (2, 90.0, 7, 4) == (seen.chats, seen.chat_s, seen.seats, seen.assigned)


def test_without_chats_their_mean_is_nothing() -> None:
    assert 0.0 == pace_of(Tally(), chats=(), hour_ago=(timedelta(), 0), now=START).chat_s


def test_waiting_and_giving_up_count_since_an_hour_ago() -> None:
    tally = Tally(waiting=2, waited=90 * MINUTE, gave_up=5, counted_at=START)
    seen = pace_of(tally, chats=(), hour_ago=(30 * MINUTE, 3), now=START + 10 * MINUTE)

    assert ((90 + 2 * 10 - 30) * 60, 5 - 3) == (seen.waited_s, seen.gave_up)


def test_what_was_waited_since_an_hour_ago_is_never_less_than_nothing() -> None:
    """What is known of an hour ago is of the minute before, and many may have left within that minute."""
    seen = pace_of(Tally(waited=10 * MINUTE), chats=(), hour_ago=(11 * MINUTE, 0), now=START)

    assert 0.0 == seen.waited_s
