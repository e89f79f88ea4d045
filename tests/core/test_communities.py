"""A community's name and counters."""

from datetime import timedelta

import pytest

from parley.core.communities import Tally, read_name
from parley.core.errors import Problems
from tests.builders import MINUTE, community, faults_of
from tests.clock import START


def test_a_name_is_kept_without_the_spaces_around_it() -> None:
    assert "Shop" == read_name("  Shop ", "NAME", Problems())


@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_a_blank_name_is_refused(blank: str) -> None:
    faults = faults_of(lambda problems: read_name(blank, "NAME", problems))

    assert [("NAME", "must be 1 to 200 characters long, but it is blank")] == faults


@pytest.mark.parametrize("digits", ["7", "1505", "٣"])
def test_a_name_of_digits_alone_is_refused(digits: str) -> None:
    """It would read as an id."""
    faults = faults_of(lambda problems: read_name(digits, "NAME", problems))

    assert [("NAME", f"may not be only digits, which would read as an id, but '{digits}' was given")] == faults


def test_a_name_with_digits_in_it_is_fine() -> None:
    assert [] == faults_of(lambda problems: read_name("Shop 24", "NAME", problems))


def test_what_goes_back_does_so_after_the_seconds_that_are_set() -> None:
    assert timedelta(minutes=2) == community().return_after
    assert timedelta(seconds=5) == community(return_after_s=5).return_after


def test_nobody_has_waited_before_the_queue_first_changed() -> None:
    tally = Tally(waiting=0, counted_at=None)

    assert 0 == tally.waited_until(START).total_seconds()


def test_each_of_those_in_the_queue_waits_on() -> None:
    tally = Tally(waiting=3, waited=5 * MINUTE, counted_at=START)

    assert 11 * MINUTE == tally.waited_until(START + 2 * MINUTE)


def test_counted_at_a_change_the_waiting_is_whole_milliseconds() -> None:
    tally = Tally(waiting=3, waited=5 * MINUTE, counted_at=START)
    counted = tally.counted(START + timedelta(microseconds=700))

    assert (5 * MINUTE + timedelta(milliseconds=2), 3) == (counted.waited, counted.waiting)
    assert counted.waited == counted.waited_until(START + timedelta(microseconds=700))


def test_a_clock_set_back_takes_no_waiting_away() -> None:
    tally = Tally(waiting=3, waited=5 * MINUTE, counted_at=START)

    assert 5 * MINUTE == tally.waited_until(START - MINUTE)
