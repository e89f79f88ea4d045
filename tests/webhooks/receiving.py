"""A receiver of webhooks that answers as it is told; stands where `Sender.attempt` stands."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from parley.actions.deliveries import Ended
from parley.core.events import Event
from parley.core.webhooks import Attempt, Delivery, Endpoint
from tests.webhooks.virtual_clock import VirtualClock

NO_TIME = timedelta()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What comes back, after how long. With `broken` a bug of ours is met instead."""

    status: int | None = 200
    failure: str | None = None
    takes: timedelta = NO_TIME
    retry_after: timedelta | None = None
    broken: Exception | None = None

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it."""
        return self.status == 200


OK = Answer()
DOWN = Answer(status=None, failure="connection_failed")
ERROR = Answer(status=500)
GONE = Answer(status=410)


class Arrival(msgspec.Struct, frozen=True):
    """Something that was sent: when it came in, and how it was answered."""

    at: datetime
    endpoint_id: int
    delivery: Delivery
    event: Event
    answer: Answer

    @property
    def seq(self) -> int:
        """Of the event."""
        return self.delivery.seq


class Receiver:
    """Answers every attempt with what `answers` says, which a test may change at any time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.answers: Callable[[Delivery], Answer] = lambda _: OK
        self.arrived: list[Arrival] = []
        self.secrets: list[bytes] = []
        self.urls: list[str] = []
        self._on_way: dict[int, int] = defaultdict(int)
        self.most_at_once: dict[int, int] = defaultdict(int)  # by endpoint

    def answer(self, answer: Answer) -> None:
        """Answer so from now on."""
        self.answers = lambda _: answer

    async def attempt(self, endpoint: Endpoint, delivery: Delivery, event: Event, community_name: str) -> Ended:
        """Take it in and answer."""
        assert (delivery.seq, delivery.conversation_id, "Shop") == (event.seq, event.conversation_id, community_name)
        at, answer = self._clock.now(), self.answers(delivery)
        self.arrived.append(Arrival(at, endpoint.id, delivery, event, answer))
        self.secrets.append(endpoint.secret)
        self.urls.append(delivery.to_url or endpoint.url)
        if answer.broken is not None:
            raise answer.broken
        self._on_way[endpoint.id] += 1
        self.most_at_once[endpoint.id] = max(self.most_at_once[endpoint.id], self._on_way[endpoint.id])
        try:
            if answer.takes:
                await self._clock.take(answer.takes)
        finally:
            self._on_way[endpoint.id] -= 1
        attempt = Attempt(
            delivery_id=delivery.id,
            number=delivery.attempts + 1,
            community_id=delivery.community_id,
            endpoint_id=endpoint.id,
            at=at,
            took=answer.takes,
            url=self.urls[-1],
            status=answer.status,
            failure=answer.failure,
        )
        return Ended(attempt, delivery.lane, answer.retry_after)

    def seqs(self, endpoint_id: int = 1) -> list[int]:
        """What has come in at an endpoint, in order, repeats too."""
        return [arrival.seq for arrival in self.arrived if arrival.endpoint_id == endpoint_id]

    def times(self) -> list[datetime]:
        """When it came in."""
        return [arrival.at for arrival in self.arrived]

    def taken(self, endpoint_id: int = 1) -> dict[int, list[int]]:
        """By conversation, what was taken with success, in order, repeats too."""
        found: dict[int, list[int]] = defaultdict(list)
        for arrival in self.arrived:
            if arrival.endpoint_id == endpoint_id and arrival.answer.is_success:
                found[arrival.delivery.conversation_id].append(arrival.seq)
        return found
