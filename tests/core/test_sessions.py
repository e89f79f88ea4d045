"""How long a session is good, what a password must be, and what each role may do."""

from datetime import timedelta
from typing import Any

import pytest

from parley.core import sessions
from parley.core.agency import Agency
from parley.core.people import Role
from parley.core.sessions import IDLE, LIFE, NOTED_EVERY
from parley.core.views import Counts, View, midnight
from tests.builders import MINUTE, faults_of, membership, session
from tests.clock import START

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("changes", "since", "is_good"),
    [
        ({}, timedelta(), True),
        ({}, IDLE - MOMENT, True),
        ({}, IDLE, False),
        ({"seen_at": START + LIFE - MINUTE}, LIFE - MOMENT, True),
        ({"seen_at": START + LIFE - MINUTE}, LIFE, False),
        ({"ended_at": START}, timedelta(), False),
    ],
)
def test_a_session_is_good_until_it_is_idle_old_or_ended(
    changes: dict[str, Any],
    since: timedelta,
    is_good: bool,  # noqa: FBT001
) -> None:
    assert is_good == session(**changes).is_good(membership(), START + since)


@pytest.mark.parametrize(
    ("changes", "is_good"),
    [
        ({"is_active": False}, False),
        ({"sessions_from": START}, True),
        ({"sessions_from": START + MOMENT}, False),
    ],
)
def test_a_session_is_over_when_its_teammate_s_are(changes: dict[str, Any], is_good: bool) -> None:  # noqa: FBT001
    assert is_good == session().is_good(membership(**changes), START)


def test_the_use_of_a_session_is_written_down_once_a_minute() -> None:
    assert not session().is_to_be_noted(START + NOTED_EVERY - MOMENT)
    assert session().is_to_be_noted(START + NOTED_EVERY)


@pytest.mark.parametrize("length", [12, 1_000])
def test_a_password_of_good_length_is_taken(length: int) -> None:
    assert [] == faults_of(lambda problems: sessions.check_password("x" * length, "password", problems))


@pytest.mark.parametrize("length", [0, 11, 1_001])
def test_a_password_of_bad_length_is_refused_and_not_repeated(length: int) -> None:
    told = faults_of(lambda problems: sessions.check_password("x" * length, "password", problems))

    assert [("password", f"must be 12 to 1000 characters long, but {length} were given")] == told


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.READ_ONLY, {Agency.READ}),
        (Role.AGENT, {Agency.READ, Agency.WRITE}),
        (Role.ADMIN, {Agency.READ, Agency.WRITE, Agency.ADMIN}),
    ],
)
def test_each_role_may_do_its_own(role: Role, may: set[Agency]) -> None:
    assert may == {agency for agency in Agency if agency.allows(role)}


def test_what_is_open_is_all_that_somebody_or_the_queue_has() -> None:
    counts = Counts(waiting=1, mine=2, bot=4, assigned=8, closed_today=16)

    assert [1, 2, 4, 13, 16] == [counts.of(view) for view in View]


def test_today_began_at_midnight() -> None:
    assert (0, 0, 0, 0, START.date()) == (
        *((at := midnight(START)).hour, at.minute, at.second, at.microsecond),
        at.date(),
    )
