"""A courier looks after one endpoint: what is due goes out, what came of it is written down, the log goes on.

The log is the queue. A courier makes deliveries of the log's next part only while it has hands free, so what waits for
a dead endpoint is no rows and no memory but a cursor that stays behind.
"""

import asyncio
import contextlib
import logging
from collections import deque
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from parley.actions.deliveries import Due, Ended, TendEndpoint, Wanted
from parley.core.errors import NotFoundError, ParleyError
from parley.core.events import Event
from parley.core.webhooks import KEPT, Attempt, Delivery, Endpoint, probe_wait
from parley.ledger import Ledger
from parley.ports import Reader
from parley.webhooks.sending import Attempting

AT_ONCE = 8  # deliveries on their way to one endpoint, so that a slow one takes no one else's turn
READY_LIMIT = 256  # deliveries in memory that may go out; more wait in the database or in the log
PAGE = 256  # events read of the log at a time
HEARD_LIMIT = 1_024  # events kept as they are heard, so that they need not be read once more
PAUSE = timedelta(seconds=1)  # before the next try when the database is away
INTERNAL_ERROR = "internal_error"  # the failure of an attempt that a fault of ours kept from being made
LAST_WORDS_S = 5.0  # how long a courier that is stopped waits for what is on its way

log = logging.getLogger("parley.webhooks")


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """The present time."""
        ...

    async def rest(self, wake: asyncio.Event, until: datetime | None) -> None:
        """Return when woken, and at the latest then."""
        ...


class LeaseLostError(Exception):
    """Another process looks after the endpoint now."""


class Courier:
    """Looks after one endpoint for as long as `run` runs. `lease` and `holder` say that it may."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        community_name: str,
        ledger: Ledger,
        reader: Reader,
        attempt: Attempting,
        clock: Clock,
        lease: str,
        holder: str,
    ) -> None:
        self._endpoint = endpoint
        self._community_name = community_name
        self._ledger = ledger
        self._reader = reader
        self._attempt = attempt
        self._clock = clock
        self._lease = lease
        self._holder = holder
        self._wake = asyncio.Event()
        self._ready: dict[int, Delivery] = {}  # by id: due, and not on their way
        self._on_way: dict[int, asyncio.Task[None]] = {}
        self._ended: list[Ended] = []
        self._expired: list[Delivery] = []
        self._events: dict[int, Event] = {}  # by seq: of what is ready
        self._heard: deque[Event] = deque()
        self._is_behind = True  # whether the log may go on behind the cursor
        self._looks_at: datetime | None = clock.now()  # when something in the database comes due
        self._probes_at = clock.now()  # not before then, while the endpoint is ailing

    def hear(self, event: Event) -> None:
        """The community's next event."""
        if len(self._heard) >= HEARD_LIMIT:
            self._heard.clear()  # they will be read
        self._heard.append(event)
        self._is_behind = True
        self._wake.set()

    def change(self, endpoint: Endpoint) -> None:
        """Take over what was changed by others: the URL, the secrets, what is wanted."""
        if endpoint.cursor >= self._endpoint.cursor:
            self._endpoint = endpoint

    def look(self) -> None:
        """Something may have come due: a replay was queued."""
        self._looks_at = self._clock.now()
        self._wake.set()

    async def run(self) -> None:
        """Look after the endpoint until cancelled, or until it is enabled no more."""
        try:
            while self._endpoint.is_enabled:
                try:
                    await self._step()
                except (NotFoundError, LeaseLostError):
                    return  # it was removed, or is another's
                except ParleyError as failed:
                    log.warning("webhook_waits", extra={"endpoint_id": self._endpoint.id, "code": failed.code})
                    await self._clock.rest(asyncio.Event(), self._clock.now() + PAUSE)
        finally:
            await self._end()

    async def _step(self) -> None:
        self._wake.clear()
        await self._look_for_due()
        await self._write()
        await self._read_missing_events()
        self._send()
        if not self._has_work():
            await self._clock.rest(self._wake, self._rests_until())

    def _has_work(self) -> bool:
        """Whether there is something to write or to read before anything else happens."""
        return bool(self._ended or self._expired) or (self._is_behind and self._room() > 0)

    def _room(self) -> int:
        """How many more deliveries may be made ready. A failing endpoint is probed with one at a time."""
        if self._endpoint.is_ailing:
            return 0 if self._ready or self._on_way or self._clock.now() < self._opens_at() else 1
        return READY_LIMIT - len(self._ready) - len(self._on_way)

    def _opens_at(self) -> datetime:
        """Before when nothing is sent: the endpoint asked for it, or has failed too often."""
        rests_until = self._endpoint.rests_until
        return self._probes_at if rests_until is None else max(self._probes_at, rests_until)

    def _rests_until(self) -> datetime | None:
        """When there is something to do even if nobody wakes us."""
        now = self._clock.now()
        times = [] if self._looks_at is None else [self._looks_at]
        if (self._ready or self._is_behind) and self._opens_at() > now:
            times.append(self._opens_at())
        return min(times, default=None)

    async def _look_for_due(self) -> None:
        """Read what has come due meanwhile."""
        now = self._clock.now()
        room = READY_LIMIT - len(self._ready)
        if self._looks_at is None or now < self._looks_at or room <= 0:
            return
        known = {ended.attempt.delivery_id for ended in self._ended} | self._on_way.keys()
        take = room + len(known) + len(self._ready)
        found = await self._reader.due_deliveries(self._endpoint, until=now, take=take)
        for delivery in found:
            if delivery.id not in known:
                self._ready[delivery.id] = delivery
        self._looks_at = await self._reader.next_due_at(self._endpoint, after=now)
        if len(found) == take:
            self._looks_at = now  # there is more

    async def _write(self) -> None:
        """Write down what ended, and make deliveries of the log's next part if there are hands for them."""
        page = await self._next_page()
        if not page and not self._ended and not self._expired:
            return
        ended, self._ended = self._ended, []
        expired, self._expired = self._expired, []
        endpoint = self._endpoint
        wanted = [event for event in page if endpoint.wants(event.type)]
        try:
            due: Due = await self._ledger.submit(
                TendEndpoint(
                    community_id=endpoint.community_id,
                    endpoint_id=endpoint.id,
                    lease=self._lease,
                    holder=self._holder,
                    ended=tuple(ended),
                    expired=tuple(expired),
                    cursor=endpoint.cursor,
                    upto=page[-1].seq or 0 if page else 0,
                    wanted=tuple(map(_wanted, wanted)),
                )
            )
        except ParleyError:
            self._ended, self._expired = ended + self._ended, expired + self._expired
            self._is_behind = True
            raise
        if page and due.endpoint.is_enabled and due.endpoint.cursor != page[-1].seq:
            raise LeaseLostError
        released = {delivery.seq for delivery in due.deliveries}
        self._events.update((event.seq or 0, event) for event in wanted if event.seq in released)
        self._take_over(due, ended)

    def _take_over(self, due: Due, ended: list[Ended]) -> None:
        """Go on from what was written."""
        before, self._endpoint = self._endpoint, due.endpoint
        while self._heard and (self._heard[0].seq or 0) <= due.endpoint.cursor:
            self._heard.popleft()
        now = self._clock.now()
        for delivery in due.deliveries:
            self._ready[delivery.id] = delivery
        if ended:
            self._probes_at = now + probe_wait(due.endpoint.failures)
        if due.retried_at is not None:
            self._looks_at = due.retried_at if self._looks_at is None else min(self._looks_at, due.retried_at)
        if due.endpoint.status is not before.status:
            reason = due.endpoint.reason
            extra = {"endpoint_id": before.id, "status": due.endpoint.status.value, "reason": reason and reason.value}
            log.warning("webhook_stopped", extra=extra)

    async def _next_page(self) -> list[Event]:
        """The log behind the cursor, as far as there is room for what is wanted of it."""
        room = self._room()
        if not self._is_behind or room <= 0:
            return []
        cursor = self._endpoint.cursor
        if self._heard and self._heard[0].seq == cursor + 1:
            found = list(islice(self._heard, PAGE))
            self._is_behind = len(found) < len(self._heard)
        else:
            last = self._heard[-1] if self._heard else None
            found = await self._reader.events_of(self._endpoint.community_id, after=cursor, take=PAGE)
            newest = self._heard[-1] if self._heard else None
            self._is_behind = len(found) == PAGE or newest is not last
        return self._cut(found, room)

    def _cut(self, found: list[Event], room: int) -> list[Event]:
        """The page up to the last event that there is room for."""
        places = [place for place, event in enumerate(found) if self._endpoint.wants(event.type)]
        if len(places) <= room:
            return found
        self._is_behind = True
        return found[: places[room - 1] + 1]

    async def _read_missing_events(self) -> None:
        """Read the events of what is ready and was not made just now."""
        first = list(self._ready.values())[:AT_ONCE]
        if all(delivery.seq in self._events for delivery in first):
            return
        missing = {delivery.seq for delivery in self._ready.values()} - self._events.keys()
        for event in await self._reader.events_at(self._endpoint.community_id, missing):
            self._events[event.seq or 0] = event

    def _send(self) -> None:
        """Send what may go out, the longest known first."""
        now = self._clock.now()
        at_once = 1 if self._endpoint.is_ailing else AT_ONCE
        if now < self._opens_at():
            return
        while self._ready and len(self._on_way) < at_once:
            delivery = self._ready.pop(next(iter(self._ready)))
            event = self._events.get(delivery.seq)
            if event is None or now - delivery.created_at > KEPT:
                self._expired.append(delivery)
            else:
                task = asyncio.create_task(self._deliver(delivery, event), name=f"delivery {delivery.id}")
                self._on_way[delivery.id] = task

    async def _deliver(self, delivery: Delivery, event: Event) -> None:
        """Make one attempt and leave what came of it to be written down."""
        try:
            ended = await self._attempt(self._endpoint, delivery, event, self._community_name)
            self._ended.append(ended)
        except Exception as broken:  # noqa: BLE001 - a bug met in one delivery must not stop the others
            log.error("webhook_broken", extra={"delivery_id": delivery.id, "error": type(broken).__name__})  # noqa: TRY400
            ended = _broken(self._endpoint, delivery, self._clock.now())
            self._ended.append(ended)
        finally:
            del self._on_way[delivery.id]
            self._events.pop(delivery.seq, None)
            self._wake.set()
        if not ended.attempt.is_success:
            _tell_failure(ended)

    async def _end(self) -> None:
        """Wait a moment for what is on its way, and write down what came of it."""
        on_way = list(self._on_way.values())
        if on_way:
            await asyncio.wait(on_way, timeout=LAST_WORDS_S)
        for task in self._on_way.values():
            task.cancel()
        self._is_behind = False
        with contextlib.suppress(ParleyError):
            await self._write()


def _wanted(event: Event) -> Wanted:
    return Wanted(event.seq or 0, event.conversation_id or 0, event.type, event.at)


def _broken(endpoint: Endpoint, delivery: Delivery, now: datetime) -> Ended:
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


def _tell_failure(ended: Ended) -> None:
    attempt = ended.attempt
    extra = {
        "endpoint_id": attempt.endpoint_id,
        "delivery_id": attempt.delivery_id,
        "attempt": attempt.number,
        "status": attempt.status,
        "failure": attempt.failure,
    }
    log.info("webhook_failed", extra=extra)
