"""Who is given the conversation that has waited longest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.conversations import Holder, PassedOver
from parley.core.people import Presence, Role, Teammate
from parley.core.routing import Candidate, Standing, count_chats, passed_over, rank_of
from tests.builders import BOB, CHARLIE, SHOP, conversation

NOW = datetime(2026, 3, 1, tzinfo=UTC)

candidates = st.builds(
    Candidate,
    st.builds(
        Teammate,
        user_id=st.uuids().map(str),
        community_id=st.just(1),
        role=st.sampled_from(Role),
        status=st.sampled_from(Presence),
        seats=st.integers(0, 4),
        is_active=st.booleans(),
    ),
    st.integers(0, 5),
)


def a_candidate(name: str, open_chats: int = 0, **what: Any) -> Candidate:
    known: dict[str, Any] = {"user_id": name, "community_id": 1, "role": Role.AGENT, "status": Presence.ONLINE}
    return Candidate(Teammate(**known | what), open_chats)


def chosen(*team: Candidate) -> str | None:
    ranks = [rank for each in team if (rank := rank_of(each)) is not None]
    return min(ranks)[-1] if ranks else None


def test_the_fewest_open_chats_decide() -> None:
    assert chosen(a_candidate("a", 2), a_candidate("b", 1)) == "b"


def test_of_equals_whoever_was_given_one_longest_ago_is_next() -> None:
    recently = a_candidate("a", given_at=NOW)
    before = a_candidate("b", given_at=NOW - timedelta(minutes=1))
    assert chosen(recently, before) == "b"
    assert chosen(recently, before, a_candidate("c")) == "c"


def test_of_those_never_given_one_the_smallest_id_is_next() -> None:
    assert chosen(a_candidate("b"), a_candidate("a")) == "a"


@pytest.mark.parametrize(
    "what",
    [
        {"status": Presence.BUSY},
        {"status": Presence.AWAY},
        {"status": Presence.FINISHING},
        {"role": Role.READ_ONLY},
        {"is_active": False},
        {"seats": 0},
    ],
    ids=str,
)
def test_who_does_not_take_chats_is_given_none(what: dict[str, Any]) -> None:
    assert chosen(a_candidate("a", **what)) is None


@pytest.mark.parametrize(
    ("what", "stands"),
    [
        ({}, Standing.FREE),
        ({"seats": 1}, Standing.FULL),
        ({"status": Presence.FINISHING}, Standing.FINISHING),
        ({"status": Presence.BUSY, "seats": 1}, Standing.BUSY),
        ({"status": Presence.AWAY}, Standing.AWAY),
        ({"status": Presence.AWAY, "left_at": NOW}, Standing.GONE),
        ({"left_at": NOW, "role": Role.READ_ONLY}, Standing.OUTSIDE),
        ({"is_active": False}, Standing.OUTSIDE),
    ],
    ids=str,
)
def test_the_first_reason_that_holds_is_told(what: dict[str, Any], stands: Standing) -> None:
    assert a_candidate("a", 1, **what).standing is stands


@given(candidates)
def test_who_has_a_free_seat_and_nobody_else_has_a_rank(candidate: Candidate) -> None:
    rank = rank_of(candidate)

    assert (rank is not None) == (candidate.standing is Standing.FREE)
    assert rank is None or candidate.open_chats < candidate.teammate.seats


def test_those_passed_over_are_counted_by_reason() -> None:
    team = {Standing.FREE: 5, Standing.OUTSIDE: 4, Standing.FULL: 3, Standing.GONE: 1}

    assert PassedOver(full=3, gone=1) == passed_over(team)


def test_chats_are_counted_from_before_and_after() -> None:
    queued, closed = conversation(), conversation(id=2, holder=Holder.NOBODY, assignee_id=CHARLIE)
    charlies = conversation(holder=Holder.TEAMMATE, assignee_id=CHARLIE)
    bobs = conversation(id=3, holder=Holder.TEAMMATE, assignee_id=BOB)

    assert {} == count_chats([(None, queued), (charlies, charlies)])
    assert {(SHOP, CHARLIE): 1, (SHOP, BOB): 1} == count_chats([(queued, charlies), (None, bobs)])
    assert {(SHOP, CHARLIE): -1} == count_chats([(charlies, closed)])
