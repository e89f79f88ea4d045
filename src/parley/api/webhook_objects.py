"""The objects of the webhooks' administration as they stand on the wire. Allowed hosts are shown and never taken."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from parley.api import times
from parley.core import texts
from parley.core.webhooks import VERIFY_TOKEN_LIMIT, Attempt, Delivery, Endpoint, Reason, State, Status, message_id

_URL = Meta(description="https, on a public host", extra_json_schema={"maxLength": texts.URL_LIMIT})
_TOKEN = Meta(
    description="Sent with the challenge, so that the receiver knows who asks",
    extra_json_schema={"minLength": 1, "maxLength": VERIFY_TOKEN_LIMIT},
)

_EVENTS = Meta(description="Event types that are wanted; none given means all")


def _one_of(kinds: type[StrEnum]) -> Any:
    return Meta(extra_json_schema={"enum": [kind.value for kind in kinds]})


class AddWebhookBody(msgspec.Struct, rename="camel", kw_only=True):
    """A new webhook."""

    url: Annotated[str, _URL]
    verify_token: Annotated[str, _TOKEN]
    events: Annotated[list[str], _EVENTS] | None = None


class ChangeWebhookBody(msgspec.Struct, rename="camel", kw_only=True):
    """What is to be different; what is absent stays."""

    url: Annotated[str, _URL] | None = None
    verify_token: Annotated[str, _TOKEN] | None = None
    events: Annotated[list[str], _EVENTS] | None = None


class ReplayBody(msgspec.Struct, rename="camel", kw_only=True):
    """Which events are to be sent once more: exactly one of event, conversationId, since and failed."""

    event: Annotated[int, Meta(description="The seq of one event")] | None = None
    conversation_id: Annotated[int, Meta(description="All of one conversation")] | None = None
    since: Annotated[int, Meta(description="All from this seq on")] | None = None
    failed: Annotated[bool, Meta(description="True: all that were set aside as failed")] | None = None
    endpoint_id: Annotated[int, Meta(description="Only to this webhook")] | None = None
    to: Annotated[str, Meta(description="To this address instead of the webhook's")] | None = None
    dry_run: Annotated[bool, Meta(description="True: only count")] | None = None


class WebhookReply(msgspec.Struct, rename="camel", kw_only=True):
    """A webhook: where a community's events are sent."""

    id: int
    url: str
    events: list[str]
    status: Annotated[str, _one_of(Status)]
    reason: Annotated[str, _one_of(Reason)] | None
    status_time: str | None
    allowed_hosts: list[str]
    creation_time: str
    waiting_events: int
    failures: int
    failing_since: str | None
    rests_until: str | None
    last_delivery_time: str | None
    former_secret_until: str | None


class WebhookWithSecret(WebhookReply, rename="camel", kw_only=True):
    """A webhook with its new signing secret, which is shown this once."""

    secret: str


class WebhookList(msgspec.Struct, rename="camel"):
    """A page of webhooks."""

    items: list[WebhookReply]
    next_cursor: str | None


class DeliveryReply(msgspec.Struct, rename="camel", kw_only=True):
    """One event for one webhook, and what became of it."""

    id: int
    webhook_id: str
    endpoint_id: int
    seq: int
    conversation_id: int
    event_type: str
    state: Annotated[str, _one_of(State)]
    creation_time: str
    due_time: str | None
    finished_time: str | None
    attempt_count: int
    status: int | None
    failure: str | None
    to: str | None


class DeliveryList(msgspec.Struct, rename="camel"):
    """A page of deliveries, newest first."""

    items: list[DeliveryReply]
    next_cursor: str | None


class AttemptReply(msgspec.Struct, rename="camel"):
    """One try: when, for how long, and what came back."""

    number: int
    time: str
    milliseconds: float
    url: str
    status: int | None
    failure: str | None
    answer: str


class RequestReply(msgspec.Struct, rename="camel"):
    """The last attempt's request, but for its signature."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class DeliveryDetails(DeliveryReply, rename="camel", kw_only=True):
    """A delivery with all its attempts."""

    attempts: list[AttemptReply]
    request: RequestReply | None


class ReplayReply(msgspec.Struct):
    """How many deliveries were queued, or would be."""

    count: int


class Nothing(msgspec.Struct):
    """There is nothing to tell."""


def show_webhook(endpoint: Endpoint, waiting_events: int) -> WebhookReply:
    """A webhook; `waiting_events` of the log it has not come to yet."""
    return WebhookReply(**_members(endpoint, waiting_events))


def show_with_secret(endpoint: Endpoint, secret: str, waiting_events: int) -> WebhookWithSecret:
    """A webhook with its new secret."""
    return WebhookWithSecret(**_members(endpoint, waiting_events), secret=secret)


def _members(endpoint: Endpoint, waiting_events: int) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.event_types),
        "status": endpoint.status.value,
        "reason": None if endpoint.reason is None else endpoint.reason.value,
        "status_time": _time(endpoint.status_at),
        "allowed_hosts": list(endpoint.allowed_hosts),
        "creation_time": times.show(endpoint.created_at),
        "waiting_events": waiting_events,
        "failures": endpoint.failures,
        "failing_since": _time(endpoint.failing_since),
        "rests_until": _time(endpoint.rests_until),
        "last_delivery_time": _time(endpoint.delivered_at),
        "former_secret_until": _time(endpoint.former_until),
    }


def show_delivery(delivery: Delivery) -> DeliveryReply:
    """A delivery."""
    return DeliveryReply(**_delivery_members(delivery))


def show_details(delivery: Delivery, attempts: list[Attempt], request: RequestReply | None) -> DeliveryDetails:
    """A delivery with its attempts and its last request."""
    return DeliveryDetails(
        **_delivery_members(delivery), attempts=[show_attempt(attempt) for attempt in attempts], request=request
    )


def show_attempt(attempt: Attempt) -> AttemptReply:
    """An attempt; what came back is shown as text, whatever it was."""
    return AttemptReply(
        number=attempt.number,
        time=times.show(attempt.at),
        milliseconds=round(attempt.took.total_seconds() * 1000, 1),
        url=attempt.url,
        status=attempt.status,
        failure=attempt.failure,
        answer=attempt.answer.decode("utf-8", "replace"),
    )


def _delivery_members(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook_id": message_id(delivery.community_id, delivery.seq),
        "endpoint_id": delivery.endpoint_id,
        "seq": delivery.seq,
        "conversation_id": delivery.conversation_id,
        "event_type": delivery.type,
        "state": delivery.state.value,
        "creation_time": times.show(delivery.created_at),
        "due_time": _time(delivery.due_at),
        "finished_time": _time(delivery.finished_at),
        "attempt_count": delivery.attempts,
        "status": delivery.status,
        "failure": delivery.failure,
        "to": delivery.to_url or None,
    }


def _time(at: Any) -> str | None:
    return None if at is None else times.show(at)
