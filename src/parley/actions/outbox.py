"""The draft's part about webhooks: endpoints, deliveries in their lanes, attempts."""

from typing import NamedTuple

from parley.actions.journal import Journal
from parley.core.errors import NotFoundError
from parley.core.webhooks import Attempt, Delivery, Endpoint, Key, Lane, State
from parley.ports import Facts


class OutboxChanges(NamedTuple):
    """What the group changed."""

    endpoints: list[Endpoint]
    deliveries: list[Delivery]
    attempts: list[Attempt]


class Outbox:
    """Endpoints and deliveries as loaded, with the group's changes laid over them."""

    def __init__(self, facts: Facts, journal: Journal) -> None:
        self._facts = facts
        self._set = journal.set
        self._endpoints: dict[int, Endpoint] = {}
        self._deliveries: dict[int, Delivery] = {}
        self._attempts: dict[tuple[int, int], Attempt] = {}

    def endpoint(self, community_id: int, endpoint_id: int) -> Endpoint:
        """An endpoint that is not removed, or NotFoundError."""
        found = self._facts.endpoints.get((community_id, endpoint_id))
        if found is None or found.removed_at is not None:
            raise NotFoundError(f"There is no webhook {endpoint_id}.")
        return found

    def endpoints_of(self, community_id: int) -> list[Endpoint]:
        """The community's endpoints that are not removed."""
        return [
            endpoint
            for (owner, _), endpoint in self._facts.endpoints.items()
            if owner == community_id and endpoint.removed_at is None
        ]

    def delivery(self, delivery_id: int) -> Delivery | None:
        """A delivery by its id."""
        return self._facts.deliveries.get(delivery_id)

    def delivery_of(self, key: Key) -> Delivery | None:
        """The delivery of an event to an endpoint."""
        found = self._facts.delivery_keys.get(key)
        return None if found is None else self._facts.deliveries[found]

    def is_busy(self, lane: Lane) -> bool:
        """Whether anything in the lane still is to be delivered, so that what comes now must wait behind it."""
        return bool(self._open_in(lane))

    def next_in(self, lane: Lane) -> Delivery | None:
        """What is held in the lane and goes out first."""
        held = [delivery for delivery in self._open_in(lane) if delivery.state is State.HELD]
        return min(held, key=lambda delivery: delivery.seq, default=None)

    def put_endpoint(self, endpoint: Endpoint) -> None:
        """Add or change an endpoint."""
        self._set(self._facts.endpoints, (endpoint.community_id, endpoint.id), endpoint)
        self._set(self._endpoints, endpoint.id, endpoint)

    def put_delivery(self, delivery: Delivery) -> None:
        """Add or change a delivery."""
        self._set(self._facts.deliveries, delivery.id, delivery)
        self._set(self._facts.delivery_keys, delivery.key, delivery.id)
        known = self._facts.lanes.get(delivery.lane, ())
        if delivery.id not in known:
            self._set(self._facts.lanes, delivery.lane, (*known, delivery.id))
        self._set(self._deliveries, delivery.id, delivery)

    def add_attempt(self, attempt: Attempt) -> None:
        """Add an attempt."""
        self._set(self._attempts, (attempt.delivery_id, attempt.number), attempt)

    def changes(self) -> OutboxChanges:
        """What is to be stored."""
        return OutboxChanges(
            list(self._endpoints.values()), list(self._deliveries.values()), list(self._attempts.values())
        )

    def _open_in(self, lane: Lane) -> list[Delivery]:
        """The lane's open deliveries that are known: its first ones, and those of this group."""
        deliveries = self._facts.deliveries
        found = [deliveries[delivery_id] for delivery_id in self._facts.lanes.get(lane, ())]
        return [delivery for delivery in found if delivery.is_open]
