"""Whether a teammate is there, and when to look after them next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.attendance import SEEN_FOR, entrust, expire, is_to_give_back, look_again, see
from parley.core.people import Presence, Role, Teammate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AFTER = timedelta(seconds=120)


def anna(status: Presence = Presence.ONLINE, **what: Any) -> Teammate:
    return Teammate(user_id="anna", community_id=1, role=Role.AGENT, status=status, seats=3, **what)


def gone(at: datetime = NOW, **what: Any) -> Teammate:
    return anna(seen_at=at - SEEN_FOR, left_at=at, **what)


def test_who_was_never_seen_is_taken_at_their_word() -> None:
    assert (True, 3) == (anna().is_present, anna().open_seats)
    assert (True, 0) == (anna(Presence.FINISHING).is_present, anna(Presence.FINISHING).open_seats)
    assert (False, 0) == (anna(Presence.AWAY).is_present, anna(Presence.AWAY).open_seats)
    assert anna() == expire(anna(), now=NOW + 1000 * AFTER, return_after=AFTER)


def test_who_was_seen_is_there_for_a_minute() -> None:
    seen = see(anna(), NOW, now=NOW)

    assert seen == expire(seen, now=NOW + SEEN_FOR - SECOND, return_after=AFTER)
    left = expire(seen, now=NOW + SEEN_FOR, return_after=AFTER)
    assert (False, 0, NOW + SEEN_FOR + AFTER) == (left.is_present, left.open_seats, left.due_at)
    assert left == expire(left, now=NOW + AFTER, return_after=AFTER)
    assert see(left, NOW + AFTER, now=NOW + AFTER).is_present


def test_a_status_alone_does_not_bring_back_who_is_gone() -> None:
    assert 0 == gone(status=Presence.ONLINE).open_seats


@pytest.mark.parametrize("at", [NOW - SEEN_FOR, NOW - SECOND, NOW])
def test_a_sign_of_life_that_is_old_or_overtaken_says_nothing(at: datetime) -> None:
    known = anna(seen_at=NOW)
    assert known is see(known, at, now=NOW)


def test_a_sign_of_life_counts_although_the_clock_was_set_back() -> None:
    assert NOW == see(anna(seen_at=NOW + AFTER), NOW, now=NOW).seen_at


def test_what_nobody_answers_goes_back_in_time() -> None:
    assert not is_to_give_back(anna(), now=NOW, return_after=AFTER)
    assert not is_to_give_back(gone(), now=NOW + AFTER - SECOND, return_after=AFTER)
    assert is_to_give_back(gone(), now=NOW + AFTER, return_after=AFTER)


def test_who_is_given_one_while_gone_is_looked_after_again() -> None:
    assert NOW + AFTER == entrust(gone(), now=NOW, return_after=AFTER).due_at
    assert NOW == entrust(gone(due_at=NOW), now=NOW, return_after=AFTER).due_at
    assert None is entrust(anna(), now=NOW, return_after=AFTER).due_at


@given(gone_s=st.integers(0, 500), return_after_s=st.integers(0, 500), has_chats=st.booleans())
def test_the_next_look_is_always_later_and_never_comes_without_chats(
    *, gone_s: int, return_after_s: int, has_chats: bool
) -> None:
    now, return_after = NOW + gone_s * SECOND, return_after_s * SECOND
    due_at = look_again(gone(), now=now, return_after=return_after, has_chats=has_chats).due_at

    assert due_at is None or due_at > now
    assert (due_at is None) == (not has_chats and gone_s >= return_after_s)
