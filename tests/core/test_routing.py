"""Who is given the conversation that has waited longest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.people import Presence, Role, Teammate
from parley.core.routing import Candidate, choose

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
    choice = choose(team)
    return None if choice is None else choice.chosen.teammate.user_id


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


@given(st.lists(candidates, max_size=8))
def test_somebody_is_chosen_exactly_when_a_seat_is_free(team: list[Candidate]) -> None:
    choice = choose(team)
    able = [candidate for candidate in team if candidate.free_seats]
    assert (choice is None) == (not able)
    if choice is not None:
        assert choice.candidates == len(able)
        assert choice.chosen.open_chats == min(candidate.open_chats for candidate in able)
        assert choice.chosen.open_chats < choice.chosen.teammate.seats
