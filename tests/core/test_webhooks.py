"""Endpoints, deliveries and attempts: the schedule, who is told what next, and when to stop."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from parley.core import webhooks
from parley.core.errors import InvalidError, Problems
from parley.core.webhooks import (
    AILING_AFTER,
    EVENT_TYPES,
    JITTER,
    KEPT,
    PAUSED_AFTER,
    PROBE_LIMIT,
    RETRY_AFTER_LIMIT,
    SCHEDULE,
    Attempt,
    Delivery,
    Endpoint,
    Reason,
    State,
    Status,
)
from tests.builders import MINUTE, SHOP, attempt, delivery, endpoint
from tests.clock import START

SECOND = timedelta(seconds=1)
dice = st.floats(0, 1)
GOOD: dict[str, Any] = {"status": 204}
BAD: dict[str, Any] = {"status": 500}


def after(tried: Delivery, *, retry_after: timedelta | None = None, dice: float = 0.0, **came: Any) -> Delivery:
    """The delivery after one more attempt."""
    made = attempt(number=tried.attempts + 1, **came)
    return webhooks.after_attempt(tried, made, retry_after=retry_after, dice=dice)


def endpoint_after(told: Endpoint, *, retry_after: timedelta | None = None, **came: Any) -> Endpoint:
    """The endpoint after one more attempt."""
    return webhooks.endpoint_after(told, attempt(**came), retry_after=retry_after)


# The schedule


def test_ten_attempts_take_three_days() -> None:
    assert 9 == len(SCHEDULE)
    assert timedelta(hours=75, minutes=35, seconds=5) == sum(SCHEDULE, timedelta())


@given(dice=dice)
def test_waits_grow_and_their_jitter_is_bounded(dice: float) -> None:
    waits = [webhooks.wait_before(tries, dice) or timedelta() for tries in range(1, 10)]

    assert sorted(waits) == waits
    assert all(wait <= jittered <= wait * (1 + JITTER) for wait, jittered in zip(SCHEDULE, waits, strict=True))
    assert None is webhooks.wait_before(10, dice)


@given(answers=st.lists(st.sampled_from([BAD, {"failure": "dns_lookup_failed"}, {"status": 302}]), min_size=10))
def test_a_delivery_is_set_aside_after_its_tenth_failure(answers: list[dict[str, Any]]) -> None:
    tried = delivery()
    for number, came in enumerate(answers[:10], 1):
        assert State.DUE is tried.state
        tried = after(tried, **came)
        assert (number, number) == (tried.tries, tried.attempts)

    assert (State.FAILED, None, START) == (tried.state, tried.due_at, tried.finished_at)


def test_a_success_ends_it() -> None:
    done = after(after(delivery(), **BAD), at=START + MINUTE, took=SECOND, **GOOD)

    assert (State.DELIVERED, 204, None, 2) == (done.state, done.status, done.failure, done.attempts)
    assert START + MINUTE + SECOND == done.finished_at
    assert not done.is_open


@pytest.mark.parametrize("status", [100, 199, 300, 301, 304, 400, 404, 410, 500])
def test_only_2xx_is_a_success(status: int) -> None:
    assert not attempt(status=status).is_success
    assert attempt(status=200).is_success
    assert attempt(status=299).is_success


def test_an_answer_that_broke_off_is_none() -> None:
    assert not attempt(status=200, failure="connection_lost").is_success


@given(wanted=st.timedeltas(timedelta(days=-1), timedelta(days=9)), dice=dice)
def test_retry_after_is_obeyed_and_bounded(wanted: timedelta, dice: float) -> None:
    again = after(delivery(), retry_after=wanted, dice=dice, status=429)
    wait = (again.due_at or START) - START

    assert wait >= min(wanted, RETRY_AFTER_LIMIT)
    assert wait <= max(RETRY_AFTER_LIMIT, SCHEDULE[0] * (1 + JITTER))


def test_what_is_queued_again_has_all_its_attempts_anew() -> None:
    failed = delivery()
    for _ in range(10):
        failed = after(failed, **BAD)
    again = webhooks.queue_again(failed, now=START + MINUTE)

    assert (State.HELD, 0, 10, None) == (again.state, again.tries, again.attempts, again.finished_at)
    assert START + MINUTE == again.created_at


def test_what_waited_too_long_is_set_aside() -> None:
    expired = webhooks.expire(delivery(), now=START + KEPT)

    assert (State.FAILED, "expired", START + KEPT) == (expired.state, expired.failure, expired.finished_at)


# The endpoint


def test_an_endpoint_fails_since_its_first_failure_and_is_well_after_a_success() -> None:
    failing = endpoint_after(endpoint_after(endpoint(), **BAD), at=START + MINUTE, **BAD)
    well = endpoint_after(failing, at=START + 2 * MINUTE, **GOOD)

    assert (2, START) == (failing.failures, failing.failing_since)
    assert (0, None, START + 2 * MINUTE) == (well.failures, well.failing_since, well.delivered_at)


def test_five_days_of_nothing_but_failures_pause_it() -> None:
    failing = endpoint_after(endpoint(), **BAD)
    almost = endpoint_after(failing, at=START + PAUSED_AFTER - SECOND, **BAD)
    paused = endpoint_after(almost, at=START + PAUSED_AFTER, **BAD)

    assert almost.is_enabled
    assert (Status.PAUSED, Reason.FAILING, START + PAUSED_AFTER) == (paused.status, paused.reason, paused.status_at)
    assert not paused.is_enabled


def test_one_success_in_five_days_keeps_it() -> None:
    failing = endpoint_after(endpoint(), **BAD)
    once = endpoint_after(failing, at=START + timedelta(days=3), **GOOD)

    assert endpoint_after(once, at=START + PAUSED_AFTER, **BAD).is_enabled


def test_one_that_was_stopped_meanwhile_stays_as_it_was_stopped() -> None:
    stopped = webhooks.stopped(endpoint(), Status.DISABLED, Reason.OPERATOR, now=START)
    failed = endpoint_after(stopped, at=START + PAUSED_AFTER, status=410)

    assert (Status.DISABLED, Reason.OPERATOR, START) == (failed.status, failed.reason, failed.status_at)
    assert 1 == failed.failures


def test_410_disables_it_and_keeps_the_delivery_in_front() -> None:
    gone = endpoint_after(endpoint(), status=410)
    kept = after(delivery(), status=410)

    assert (Status.DISABLED, Reason.GONE) == (gone.status, gone.reason)
    assert (State.DUE, 0, 1, START) == (kept.state, kept.tries, kept.attempts, kept.due_at)


def test_enabling_forgets_the_failures() -> None:
    paused = endpoint_after(endpoint(failures=7, failing_since=START - PAUSED_AFTER, rests_until=START), **BAD)
    enabled = webhooks.enabled(paused, now=START + MINUTE)

    assert enabled.is_enabled
    assert (0, None, None, None) == (enabled.failures, enabled.failing_since, enabled.reason, enabled.rests_until)
    assert START + MINUTE == enabled.status_at


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_rest_has_it_as_a_whole(status: int) -> None:
    resting = endpoint_after(endpoint(), retry_after=MINUTE, took=SECOND, status=status)

    assert START + SECOND + MINUTE == resting.rests_until
    assert None is endpoint_after(resting, **GOOD).rests_until


def test_other_answers_ask_for_no_rest() -> None:
    assert None is endpoint_after(endpoint(), retry_after=MINUTE, **BAD).rests_until
    assert None is endpoint_after(endpoint(), retry_after=timedelta(), status=429).rests_until


def test_a_removed_endpoint_is_not_enabled() -> None:
    assert not endpoint(removed_at=START).is_enabled


@given(failures=st.integers(0, 100_000))
def test_an_ailing_endpoint_is_left_alone_longer_and_longer(failures: int) -> None:
    wait = webhooks.probe_wait(failures)

    assert (wait > timedelta()) == endpoint(failures=failures).is_ailing == (failures >= AILING_AFTER)
    assert wait <= webhooks.probe_wait(failures + 1) <= PROBE_LIMIT


def test_two_secrets_sign_for_a_day() -> None:
    rotated = endpoint(secret=b"new", former_secret=b"old", former_until=START + MINUTE)

    assert (b"new", b"old") == rotated.secrets_at(START)
    assert (b"new",) == rotated.secrets_at(START + MINUTE)
    assert (b"secret",) == tuple(secret.removeprefix(b"plain:") for secret in endpoint().secrets_at(START))


# Names


def test_an_events_id_is_the_same_at_every_attempt_and_endpoint() -> None:
    assert "evt_1_7" == webhooks.message_id(SHOP, 7)


def test_lanes_keep_apart_what_has_no_order() -> None:
    one = delivery()

    assert one.lane == replace(one, seq=2).lane
    assert one.key != replace(one, seq=2).key
    assert 4 == len(
        {
            one.lane,
            replace(one, conversation_id=2).lane,
            replace(one, endpoint_id=2).lane,
            replace(one, to_url="https://h").lane,
        }
    )


def read(*given: str) -> tuple[str, ...]:
    """The wanted types."""
    problems = Problems()
    found = webhooks.read_event_types(given, "events", problems)
    problems.refuse_if_any()
    return found


def test_who_names_no_event_wants_them_all() -> None:
    assert EVENT_TYPES == read()
    assert ("conversation_created", "conversation_closed") == read("conversation_closed", "conversation_created")
    assert endpoint(event_types=read("conversation_closed")).wants("conversation_closed")
    assert not endpoint(event_types=read("conversation_closed")).wants("conversation_created")


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(InvalidError) as refused:
        read("conversation_closed", "conversation_opened")

    assert "events[1]" == refused.value.problems[0].path
    assert "'conversation_opened' was given" in refused.value.text


def test_an_attempt_has_a_status_or_a_failure() -> None:
    assert isinstance(attempt(failure="failed_tls"), Attempt)
    assert None is attempt(failure="failed_tls").status
