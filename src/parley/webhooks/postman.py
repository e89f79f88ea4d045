"""The postman sees to it that each endpoint has a courier, who hears what happens in its community."""

from collections.abc import Mapping

from parley.core.events import Event, WebhookReplayed
from parley.core.webhooks import Endpoint
from parley.ledger import Ledger
from parley.ports import Reader, Tail
from parley.shifts import Clock
from parley.webhooks.courier import Courier
from parley.webhooks.sending import Attempting


class Postman:
    """Appoints a courier for every enabled endpoint. Satisfies `parley.shifts.Trade`; `holder` has its leases."""

    name = "webhooks"

    def __init__(
        self, *, ledger: Ledger, reader: Reader, tail: Tail, attempt: Attempting, clock: Clock, holder: str
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._tail = tail
        self._attempt = attempt
        self._clock = clock
        self._holder = holder
        self._rounds: dict[int, _Round] = {}  # by community

    async def things(self) -> Mapping[int, Endpoint]:
        """The enabled endpoints."""
        return {endpoint.id: endpoint for endpoint in await self._reader.all_endpoints() if endpoint.is_enabled}

    async def begin(self, number: int, thing: Endpoint) -> Courier:
        """A courier, who hears of everything from now on."""
        community = await self._reader.community(str(thing.community_id))
        courier = Courier(
            thing,
            community_name="" if community is None else community.name,
            ledger=self._ledger,
            reader=self._reader,
            attempt=self._attempt,
            clock=self._clock,
            lease=f"{self.name}:{number}",
            holder=self._holder,
        )
        around = self._rounds.get(thing.community_id)
        if around is None:
            around = _Round()
            await self._tail.follow(around, community_id=thing.community_id)
            self._rounds[thing.community_id] = around
        around.couriers[number] = courier
        return courier

    def end(self, number: int) -> None:
        """The courier hears no more."""
        for community_id, around in list(self._rounds.items()):
            around.couriers.pop(number, None)
            if not around.couriers:
                self._tail.leave(around)
                del self._rounds[community_id]


class _Round:
    """One community's couriers, who hear its events."""

    def __init__(self) -> None:
        self.couriers: dict[int, Courier] = {}

    def hear(self, event: Event) -> None:
        """Tell each of them."""
        for courier in self.couriers.values():
            courier.hear(event)
        if isinstance(event.what, WebhookReplayed) and event.what.id in self.couriers:
            self.couriers[event.what.id].look()
