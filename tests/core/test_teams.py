"""What the log tells of a team."""

import pytest

from parley.core import teams
from parley.core.events import (
    Happening,
    TeammateAdded,
    TeammateChanged,
    TeammateDisabled,
    TeammateEnabled,
    TeammatePresenceChanged,
    TeammateRoleChanged,
    TeammateStatusChanged,
)
from parley.core.people import Presence, Role
from parley.core.teams import Member
from tests.builders import CHARLIE, membership, teammate
from tests.clock import START

ADDED = TeammateAdded(teammate(), Role.AGENT)
GONE, BACK = TeammatePresenceChanged(CHARLIE, is_present=False), TeammatePresenceChanged(CHARLIE, is_present=True)


def told(*what: Happening) -> Member | None:
    """The teammate after all of this."""
    member = None
    for each in what:
        member = teams.apply(member, each)
    return member


@pytest.mark.parametrize(
    ("what", "member"),
    [
        ([], Member(role=Role.AGENT)),
        ([TeammateRoleChanged(CHARLIE, Role.ADMIN)], Member(role=Role.ADMIN)),
        ([TeammateStatusChanged(CHARLIE, Presence.BUSY, 7)], Member(role=Role.AGENT, status=Presence.BUSY, seats=7)),
        ([TeammateChanged(CHARLIE, "Charles")], Member(role=Role.AGENT)),
        ([GONE], Member(role=Role.AGENT, is_gone=True)),
        ([GONE, BACK], Member(role=Role.AGENT)),
        ([TeammateDisabled(CHARLIE)], Member(role=Role.AGENT, is_active=False, is_gone=None)),
        ([GONE, TeammateDisabled(CHARLIE), TeammateEnabled(CHARLIE)], Member(role=Role.AGENT, is_gone=None)),
    ],
    ids=["added", "role", "status", "name", "gone", "back", "disabled", "enabled"],
)
def test_each_event_leaves_the_teammate_as_it_tells(what: list[Happening], member: Member) -> None:
    assert member == told(ADDED, *what)


def test_nobody_is_made_of_events_of_somebody_never_added() -> None:
    assert told(GONE) is None


@pytest.mark.parametrize("what", [ADDED, GONE])
def test_an_event_says_whom_it_is_about(what: Happening) -> None:
    assert CHARLIE == teams.whom(what)


def test_who_is_kept_as_told_agrees_and_whoever_is_not_does_not() -> None:
    assert teams.agrees(told(ADDED), membership())
    assert teams.agrees(told(ADDED, GONE), membership(left_at=START))
    assert not teams.agrees(told(ADDED), membership(left_at=START))
    assert not teams.agrees(told(ADDED), membership(seats=9))


def test_of_whom_the_log_cannot_say_it_both_agrees() -> None:
    back = told(ADDED, TeammateDisabled(CHARLIE), TeammateEnabled(CHARLIE))

    assert teams.agrees(back, membership())
    assert teams.agrees(back, membership(left_at=START))


def test_somebody_told_and_not_kept_or_kept_and_not_told_does_not_agree() -> None:
    assert teams.agrees(None, None)
    assert not teams.agrees(told(ADDED), None)
    assert not teams.agrees(None, membership())
