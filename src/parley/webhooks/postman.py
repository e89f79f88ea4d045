"""The postman sees to it that each endpoint has one courier, in this process or another."""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import timedelta

from parley.actions.leases import HoldLeases, LetGo
from parley.core.errors import ParleyError, place_of
from parley.core.events import Event, WebhookReplayed
from parley.core.leases import RENEWED_EVERY, Lease
from parley.core.webhooks import Endpoint
from parley.ledger import Ledger
from parley.ports import Reader, Tail
from parley.webhooks.courier import Clock, Courier
from parley.webhooks.sending import Attempting

LOOKS_EVERY = timedelta(seconds=1)  # at the endpoints there are: one that was added hears the first event so late

log = logging.getLogger("parley.webhooks")


class Postman:
    """Runs a courier for every enabled endpoint whose lease this process has."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        reader: Reader,
        tail: Tail,
        attempt: Attempting,
        clock: Clock,
        holder: str,
        gone: Callable[[Collection[Lease]], tuple[str, ...]],
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._tail = tail
        self._attempt = attempt
        self._clock = clock
        self._holder = holder
        self._gone = gone
        self._couriers: dict[int, Courier] = {}  # by endpoint
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._ending: set[int] = set()  # told to end, and not done yet
        self._rounds: dict[int, Round] = {}  # by community
        self._held: frozenset[str] = frozenset()
        self._renews_at = clock.now()

    async def run(self) -> None:
        """Look after the endpoints until cancelled; then end what is on its way and give the leases back."""
        try:
            while True:
                try:
                    await self._look()
                except ParleyError as failed:
                    log.warning("webhooks_wait", extra={"code": failed.code})
                await self._clock.rest(asyncio.Event(), self._clock.now() + LOOKS_EVERY)
        finally:
            await self._end()

    async def _look(self) -> None:
        """See which endpoints there are, hold their leases, start and stop couriers."""
        self._forget_done()  # before the endpoints are read, so that what these couriers wrote of them is seen
        enabled = {endpoint.id: endpoint for endpoint in await self._reader.all_endpoints() if endpoint.is_enabled}
        await self._hold(enabled)
        mine = {number: endpoint for number, endpoint in enabled.items() if lease_of(number) in self._held}
        for number in self._tasks.keys() - mine.keys():
            self._tell_to_end(number)
        for number, endpoint in mine.items():
            if number in self._couriers:
                self._couriers[number].change(endpoint)
            else:
                await self._start(endpoint)

    async def _hold(self, enabled: Collection[int]) -> None:
        """Renew the leases when it is time, or take those that are free."""
        names = set(map(lease_of, enabled))
        now = self._clock.now()
        is_time = now >= self._renews_at
        if not names or not (is_time or names - self._held):
            return
        leases = await self._reader.leases()
        gone = self._gone(leases)
        others = {lease.name for lease in leases if not lease.is_free_for(self._holder, now=now, gone=gone)}
        if is_time or names - self._held - others:
            self._held = await self._ledger.submit(HoldLeases(holder=self._holder, names=tuple(names), gone=gone))
            self._renews_at = now + RENEWED_EVERY

    async def _start(self, endpoint: Endpoint) -> None:
        community = await self._reader.community(str(endpoint.community_id))
        courier = Courier(
            endpoint,
            community_name="" if community is None else community.name,
            ledger=self._ledger,
            reader=self._reader,
            attempt=self._attempt,
            clock=self._clock,
            lease=lease_of(endpoint.id),
            holder=self._holder,
        )
        around = self._rounds.get(endpoint.community_id)
        if around is None:
            around = Round()
            await self._tail.follow(around, community_id=endpoint.community_id)
            self._rounds[endpoint.community_id] = around
        around.couriers[endpoint.id] = courier
        self._couriers[endpoint.id] = courier
        self._tasks[endpoint.id] = asyncio.create_task(courier.run(), name=f"courier {endpoint.id}")

    def _tell_to_end(self, number: int) -> None:
        """It takes its time over its last words; telling it again would cut them short."""
        if number not in self._ending:
            self._ending.add(number)
            self._tasks[number].cancel()

    def _forget_done(self) -> None:
        """Forget the couriers that are done. One that ended by itself may have lost its lease: see which are held."""
        for number in [number for number, task in self._tasks.items() if task.done()]:
            if number not in self._ending:
                self._renews_at = self._clock.now()
            self._ending.discard(number)
            del self._couriers[number]
            task = self._tasks.pop(number)
            if not task.cancelled() and (broken := task.exception()) is not None:
                extra = {"endpoint_id": number, "error": type(broken).__name__, "where": place_of(broken)}
                log.error("webhook_broken", extra=extra)
            for community_id, around in list(self._rounds.items()):
                around.couriers.pop(number, None)
                if not around.couriers:
                    self._tail.leave(around)
                    del self._rounds[community_id]

    async def _end(self) -> None:
        for number in self._tasks:
            self._tell_to_end(number)
        if self._tasks:
            await asyncio.wait(self._tasks.values())
        self._forget_done()
        held, self._held = self._held, frozenset()
        if held:
            try:
                await self._ledger.submit(LetGo(holder=self._holder, names=tuple(held)))
            except ParleyError as failed:
                log.warning("leases_kept", extra={"code": failed.code})


class Round:
    """One community's couriers, who hear its events."""

    def __init__(self) -> None:
        self.couriers: dict[int, Courier] = {}

    def hear(self, event: Event) -> None:
        """Tell each of them."""
        for courier in self.couriers.values():
            courier.hear(event)
        if isinstance(event.what, WebhookReplayed) and event.what.id in self.couriers:
            self.couriers[event.what.id].look()


def lease_of(endpoint_id: int) -> str:
    """The lease on looking after an endpoint."""
    return f"webhooks:{endpoint_id}"
