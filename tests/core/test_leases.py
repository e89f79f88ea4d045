"""Leases: one holder at a time, until it has not been heard of for a while."""

from datetime import timedelta

from parley.core.leases import LIFE, RENEWED_EVERY, Lease
from tests.clock import START

LEASE = Lease(name="webhooks:1", holder="one", until=START)


def test_its_holder_may_always_have_it() -> None:
    assert LEASE.is_free_for("one", now=START - LIFE)


def test_nobody_else_may_until_it_has_run_out() -> None:
    assert not LEASE.is_free_for("two", now=START - timedelta(microseconds=1))
    assert LEASE.is_free_for("two", now=START)


def test_that_of_one_who_is_gone_is_free_at_once() -> None:
    assert LEASE.is_free_for("two", now=START - LIFE, gone=("one",))


def test_it_is_renewed_in_good_time() -> None:
    assert 3 * RENEWED_EVERY < LIFE
