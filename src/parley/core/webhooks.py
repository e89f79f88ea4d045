"""Webhooks: an endpoint, one event's delivery to it, each attempt; the schedule of attempts, and when to stop.

The words and the schedule are those of Standard Webhooks 1.0 (spec §5).
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from parley.core.errors import Problems

EVENT_TYPES = (
    "conversation_created",
    "conversation_message_added",
    "conversation_takeover_state_changed",
    "conversation_closed",
)
# Waits before the second, third … tenth attempt: 75 h 35 min in all (Standard Webhooks, "Deliverability").
SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # a wait grows by up to this part of itself, so that what failed together does not return together
RETRY_AFTER_LIMIT = timedelta(hours=24)  # the longest wait that a receiver may ask for
ATTEMPT_WITHIN = timedelta(seconds=15)
PAUSED_AFTER = timedelta(days=5)  # of nothing but failures
KEPT = timedelta(days=30)  # deliveries and attempts; and what waits for an endpoint that is not enabled
ANSWER_KEPT = 2_048  # bytes of a receiver's answer
FORMER_SECRET_LIFE = timedelta(hours=24)  # after a rotation both secrets sign for so long
ENDPOINTS_LIMIT = 50  # per community
VERIFY_TOKEN_LIMIT = 500  # characters

AILING_AFTER = 10  # failures in a row, after which an endpoint is only probed: one delivery at a time
PROBE_STEP = timedelta(milliseconds=100)  # each failure in a row adds so much to the wait before the next probe
PROBE_LIMIT = timedelta(seconds=30)

_GONE = 410
_THROTTLING = frozenset({429, 503})


class Status(StrEnum):
    """Whether an endpoint is sent anything. What happens meanwhile waits in the log."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    PAUSED = "paused"


class Reason(StrEnum):
    """Why an endpoint is not enabled."""

    OPERATOR = "operator"  # somebody disabled it
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # five days of nothing but failures


class State(StrEnum):
    """Where a delivery is. Of one conversation at one endpoint at most one is due; the others are held behind it."""

    DUE = "due"
    HELD = "held"
    DELIVERED = "delivered"
    FAILED = "failed"


OPEN = frozenset({State.DUE, State.HELD})
EXPIRED = "expired"  # the failure of a delivery that waited for longer than is kept


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a community's events are sent.

    Secrets are in their sealed form; the former one signs beside the new one until `former_until`. `cursor` is the
    `seq` up to which the log has been made into deliveries. `failures` counts those in a row, since `failing_since`.
    Nothing is sent before `rests_until`, which a receiver asked for with `Retry-After`.
    """

    id: int
    community_id: int
    url: str
    event_types: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    verify_token: bytes
    secret: bytes
    created_at: datetime
    cursor: int
    former_secret: bytes | None = None
    former_until: datetime | None = None
    status: Status = Status.ENABLED
    reason: Reason | None = None
    status_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    rests_until: datetime | None = None
    delivered_at: datetime | None = None
    removed_at: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether anything is sent to it."""
        return self.status is Status.ENABLED and self.removed_at is None

    @property
    def is_ailing(self) -> bool:
        """Whether it has failed so often that it is only probed."""
        return self.failures >= AILING_AFTER

    def wants(self, event_type: str) -> bool:
        """Whether it asked for events of this type."""
        return event_type in self.event_types

    def secrets_at(self, now: datetime) -> tuple[bytes, ...]:
        """The sealed secrets that sign now, the newest first."""
        if self.former_secret is None or self.former_until is None or now >= self.former_until:
            return (self.secret,)
        return (self.secret, self.former_secret)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint, or for the other address (`to_url`) that a replay named.

    `created_at` is when it was last queued, `tries` counts the attempts since then, `attempts` all of them. `status`
    and `failure` are the last attempt's.
    """

    id: int
    community_id: int
    endpoint_id: int
    seq: int
    conversation_id: int
    type: str
    state: State
    created_at: datetime
    to_url: str = ""
    due_at: datetime | None = None
    tries: int = 0
    attempts: int = 0
    status: int | None = None
    failure: str | None = None
    finished_at: datetime | None = None

    @property
    def lane(self) -> "Lane":
        """What keeps its order: the conversation at this endpoint."""
        return (self.community_id, self.endpoint_id, self.to_url, self.conversation_id)

    @property
    def key(self) -> "Key":
        """What there is only one delivery of: the event for this endpoint."""
        return (self.community_id, self.endpoint_id, self.to_url, self.seq)

    @property
    def is_open(self) -> bool:
        """Whether it still is to be delivered."""
        return self.state in OPEN


Lane = tuple[int, int, str, int]
Key = tuple[int, int, str, int]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try: what came of it. Either a `status` came back or there is a named `failure`, or both when it broke off.

    `answer` has the first bytes of what came back.
    """

    delivery_id: int
    number: int
    community_id: int
    endpoint_id: int
    at: datetime
    took: timedelta
    url: str
    status: int | None = None
    failure: str | None = None
    answer: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it: a 2xx, and nothing else."""
        return self.failure is None and self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - 2xx


def wait_before(tries: int, dice: float) -> timedelta | None:
    """How long after so many failed attempts the next one comes; None when that was the last.

    `dice` from 0 to 1 is the chance in it.
    """
    return SCHEDULE[tries - 1] * (1 + JITTER * dice) if tries <= len(SCHEDULE) else None


def after_attempt(delivery: Delivery, attempt: Attempt, *, retry_after: timedelta | None, dice: float) -> Delivery:
    """The delivery when an attempt has ended: delivered, due again, or set aside as failed."""
    ended = attempt.at + attempt.took
    tried = replace(
        delivery,
        attempts=attempt.number,
        tries=delivery.tries + 1,
        status=attempt.status,
        failure=attempt.failure,
    )
    if attempt.is_success:
        return replace(tried, state=State.DELIVERED, due_at=None, finished_at=ended)
    is_gone = attempt.status == _GONE
    if is_gone and not delivery.to_url:  # the endpoint is disabled; should it be enabled again, this goes out first
        return replace(tried, tries=delivery.tries, due_at=ended)
    wait = wait_before(tried.tries, dice)
    if wait is None or is_gone:
        return replace(tried, state=State.FAILED, due_at=None, finished_at=ended)
    return replace(tried, due_at=ended + max(wait, bounded(retry_after)))


def expire(delivery: Delivery, *, now: datetime) -> Delivery:
    """The delivery when it has waited for longer than is kept."""
    return replace(delivery, state=State.FAILED, failure=EXPIRED, due_at=None, finished_at=now)


def queue_again(delivery: Delivery, *, now: datetime) -> Delivery:
    """A finished delivery that is to be made once more: held until it is its turn."""
    return replace(delivery, state=State.HELD, created_at=now, tries=0, finished_at=None)


def endpoint_after(endpoint: Endpoint, attempt: Attempt, *, retry_after: timedelta | None) -> Endpoint:
    """The endpoint when an attempt has ended: well again, failing for longer, disabled or paused.

    One that was stopped while the attempt was on its way stays as it was stopped.
    """
    ended = attempt.at + attempt.took
    if attempt.is_success:
        return replace(endpoint, failures=0, failing_since=None, rests_until=None, delivered_at=ended)
    failing_since = endpoint.failing_since or attempt.at
    failed = replace(endpoint, failures=endpoint.failures + 1, failing_since=failing_since)
    if attempt.status in _THROTTLING and retry_after:
        failed = replace(failed, rests_until=ended + bounded(retry_after))
    if not endpoint.is_enabled:
        return failed
    if attempt.status == _GONE:
        return stopped(failed, Status.DISABLED, Reason.GONE, now=ended)
    if ended - failing_since >= PAUSED_AFTER:
        return stopped(failed, Status.PAUSED, Reason.FAILING, now=ended)
    return failed


def stopped(endpoint: Endpoint, status: Status, reason: Reason, *, now: datetime) -> Endpoint:
    """The endpoint when it is sent nothing any more."""
    return replace(endpoint, status=status, reason=reason, status_at=now)


def enabled(endpoint: Endpoint, *, now: datetime) -> Endpoint:
    """The endpoint when it is to be sent everything again, with its failures forgotten."""
    return replace(
        endpoint,
        status=Status.ENABLED,
        reason=None,
        status_at=now,
        failures=0,
        failing_since=None,
        rests_until=None,
    )


def probe_wait(failures: int) -> timedelta:
    """How long an endpoint that failed so often in a row is left alone; nothing while it is not ailing."""
    return min(PROBE_STEP * failures, PROBE_LIMIT) if failures >= AILING_AFTER else timedelta()


def bounded(retry_after: timedelta | None) -> timedelta:
    """The wait that a receiver asked for, as far as it may ask."""
    return min(max(retry_after or timedelta(), timedelta()), RETRY_AFTER_LIMIT)


def message_id(community_id: int, seq: int) -> str:
    """The `webhook-id` of an event: the same at every attempt, endpoint and replay, so receivers can drop doubles."""
    return f"evt_{community_id}_{seq}"


def check_event_type(name: str, path: str, problems: Problems) -> None:
    """Note it when webhooks tell of no events of this type."""
    if name not in EVENT_TYPES:
        problems.add(path, f"must be one of {', '.join(EVENT_TYPES)}, but {name[:100]!r} was given")


def read_event_types(given: tuple[str, ...], path: str, problems: Problems) -> tuple[str, ...]:
    """The event types that an endpoint wants, in the published order; none given means all."""
    for index, name in enumerate(given):
        check_event_type(name, f"{path}[{index}]", problems)
    return tuple(name for name in EVENT_TYPES if not given or name in given)
