"""One attempt: the event's document signed and posted, and what came of it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from parley.actions.deliveries import Ended
from parley.core.events import Event
from parley.core.webhooks import ANSWER_KEPT, ATTEMPT_WITHIN, Attempt, Delivery, Endpoint
from parley.outgoing.calling import Caller, read_retry_after
from parley.outgoing.client import CallError
from parley.webhooks.payloads import headers_of, payload_of

SECRETS_KEPT = 1_000  # opened secrets that stay in memory: opening one costs as much as a signature
INTERNAL_ERROR = "internal_error"  # the failure of an attempt that a fault of ours kept from being made

log = logging.getLogger("parley.webhooks")


class Sender:
    """Makes attempts. `dice` gives a number from 0 to 1 that each next wait grows by."""

    def __init__(
        self,
        caller: Caller,
        *,
        unseal: Callable[[bytes], bytes],
        public_url: str,
        now: Callable[[], datetime],
        dice: Callable[[], float],
    ) -> None:
        self._caller = caller
        self._unseal = lru_cache(SECRETS_KEPT)(unseal)
        self._public_url = public_url
        self._now = now
        self._dice = dice

    async def attempt(self, endpoint: Endpoint, delivery: Delivery, event: Event, community_name: str) -> Ended:
        """Send it once."""
        at = self._now()
        url = delivery.to_url or endpoint.url
        number = delivery.attempts + 1
        body = payload_of(event, community_name=community_name, public_url=self._public_url)
        secrets = tuple(map(self._unseal, endpoint.secrets_at(at)))
        headers = headers_of(event, body, attempt=number, secrets=secrets, now=at)
        status, failure, answer, retry_after = await self._post(url, headers, body, endpoint.allowed_hosts)
        attempt = Attempt(
            delivery_id=delivery.id,
            number=number,
            community_id=delivery.community_id,
            endpoint_id=endpoint.id,
            at=at,
            took=max(self._now() - at, timedelta()),
            url=url,
            status=status,
            failure=failure,
            answer=answer,
        )
        return Ended(attempt, delivery.lane, read_retry_after(retry_after, self._now()), self._dice())

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, allowed_hosts: Collection[str]
    ) -> tuple[int | None, str | None, bytes, str | None]:
        try:
            reply = await self._caller.call(
                "POST",
                url,
                headers=headers,
                body=body,
                allowed_hosts=allowed_hosts,
                within=ATTEMPT_WITHIN,
                keep=ANSWER_KEPT,
            )
        except CallError as failed:
            return None, failed.name, b"", None
        return reply.status, None, reply.body, reply.headers.get("retry-after")


def unmade(endpoint: Endpoint, delivery: Delivery, *, now: datetime) -> Ended:
    """An attempt that was never made: it counts, so that one that cannot be made is set aside in the end."""
    attempt = Attempt(
        delivery_id=delivery.id,
        number=delivery.attempts + 1,
        community_id=delivery.community_id,
        endpoint_id=endpoint.id,
        at=now,
        took=timedelta(),
        url=delivery.to_url or endpoint.url,
        failure=INTERNAL_ERROR,
    )
    return Ended(attempt, delivery.lane)


def tell_failure(attempt: Attempt) -> None:
    """Log an attempt that failed."""
    extra = {
        "endpoint_id": attempt.endpoint_id,
        "delivery_id": attempt.delivery_id,
        "attempt": attempt.number,
        "status": attempt.status,
        "failure": attempt.failure,
    }
    log.info("webhook_failed", extra=extra)


Attempting = Callable[[Endpoint, Delivery, Event, str], Awaitable[Ended]]
