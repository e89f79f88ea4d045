"""A courier looks after one endpoint: what is due goes out, what came of it is written down, the log goes on.

The log is the queue. A courier makes deliveries of the log's next part only while it has hands free, so what waits for
a dead endpoint is few rows and no memory but a cursor that stays behind.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from parley.actions.deliveries import Due, Ended, TendEndpoint, Wanted
from parley.core.errors import NotFoundError, ParleyError, place_of
from parley.core.events import Event
from parley.core.webhooks import KEPT, Delivery, Endpoint, probe_wait
from parley.ledger import Ledger
from parley.ports import Reader
from parley.shifts import Clock
from parley.webhooks.pages import Pages
from parley.webhooks.sending import Attempting, tell_failure, unmade

AT_ONCE = 8  # deliveries on their way to one endpoint, so that a slow one takes no one else's turn
READY_LIMIT = 256  # deliveries in memory that may go out; more wait in the database or in the log
PAGE = 128  # events of the log at a time, once there is room for so many
EVENTS_KEPT = 512  # in memory, for deliveries that are ready or held
SKIP_LIMIT = 128  # events that nobody wanted and that the stored cursor may be behind: they would be read again
PAUSE = timedelta(seconds=1)  # before the next try when the database is away
LONG_PAUSE = timedelta(minutes=1)  # after a fault of ours, which may come back at once
LAST_WORDS = timedelta(seconds=5)  # how long a courier that is stopped waits for what is on its way

log = logging.getLogger("parley.webhooks")


class LeaseLostError(Exception):
    """Another process looks after the endpoint now, or has done so meanwhile."""


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
        self._pages = Pages(reader, endpoint.community_id, reached=endpoint.cursor)
        self._ready: dict[int, Delivery] = {}  # by id: due, and not on their way
        self._on_way: dict[int, asyncio.Task[None]] = {}
        self._ended: list[Ended] = []
        self._expired: list[Delivery] = []
        self._events: dict[int, Event] = {}  # by seq, the oldest known first
        self._looks_at: datetime | None = clock.now()  # when something in the database comes due
        self._probes_at = clock.now()  # not before then, while the endpoint is ailing
        self._is_unsure = False  # whether something may have been written that we were not told of

    def hear(self, event: Event) -> None:
        """The community's next event."""
        if self._pages.hear(event):
            self._wake.set()

    def change(self, endpoint: Endpoint) -> None:
        """Take over what others changed. What comes of attempts we know better: this was read a moment ago."""
        mine = self._endpoint
        if endpoint.status_at is not None and (mine.status_at is None or endpoint.status_at > mine.status_at):
            self._endpoint = replace(endpoint, cursor=mine.cursor)  # it was disabled and enabled
            self._probes_at = self._clock.now()
            self._wake.set()
        else:
            self._endpoint = replace(
                mine,
                url=endpoint.url,
                event_types=endpoint.event_types,
                allowed_hosts=endpoint.allowed_hosts,
                secret=endpoint.secret,
                former_secret=endpoint.former_secret,
                former_until=endpoint.former_until,
            )

    def look(self) -> None:
        """Something may have come due: a replay was queued."""
        self._looks_at = self._clock.now()
        self._wake.set()

    async def run(self) -> None:
        """Look after the endpoint until cancelled, or until it is enabled no more or another's."""
        try:
            while self._endpoint.is_enabled:
                try:
                    await self._step()
                except (NotFoundError, LeaseLostError):
                    return
                except ParleyError as failed:
                    log.warning("webhook_waits", extra={"endpoint_id": self._endpoint.id, "code": failed.code})
                    await self._pause(PAUSE)
                except Exception as broken:  # noqa: BLE001 - a bug must not end the deliveries, nor repeat them at speed
                    extra = {
                        "endpoint_id": self._endpoint.id,
                        "error": type(broken).__name__,
                        "where": place_of(broken),
                    }
                    log.error("webhook_broken", extra=extra)  # noqa: TRY400 - its text may repeat what somebody wrote
                    self._start_over()
                    await self._pause(LONG_PAUSE)
        finally:
            await self._end()

    async def _step(self) -> None:
        self._wake.clear()
        await self._look_for_due()
        await self._write()
        await self._fetch_events()
        self._send()
        if not self._has_work():
            await self._clock.rest(self._wake, self._rests_until())

    # How things stand

    def _has_work(self) -> bool:
        """Whether there is something to do before anything else happens."""
        return bool(
            self._ended or self._expired or (self._pages.is_behind and self._room()) or (self._ready and self._hands())
        )

    def _opens_at(self) -> datetime:
        """Before when nothing is sent: the endpoint asked for it, or has failed too often."""
        rests_until = self._endpoint.rests_until
        return self._probes_at if rests_until is None else max(self._probes_at, rests_until)

    def _is_open(self) -> bool:
        return self._endpoint.is_enabled and self._clock.now() >= self._opens_at()

    def _hands(self) -> int:
        """How many may be sent now. A failing endpoint is probed with one at a time."""
        at_once = 1 if self._endpoint.is_ailing else AT_ONCE
        return max(at_once - len(self._on_way), 0) if self._is_open() else 0

    def _room(self) -> int:
        """How many deliveries may be made of the log: a whole page, or one to probe with, or none."""
        busy = len(self._ready) + len(self._on_way)
        if not self._is_open():
            return 0
        if self._endpoint.is_ailing:
            return 0 if busy else 1
        return PAGE if busy <= READY_LIMIT - PAGE else 0

    def _has_room_for_due(self) -> bool:
        return len(self._ready) <= READY_LIMIT - PAGE

    def _rests_until(self) -> datetime | None:
        """When there is something to do even if nobody wakes us."""
        if not self._is_open():
            return self._opens_at()
        return self._looks_at if self._has_room_for_due() else None

    # What is done

    async def _look_for_due(self) -> None:
        """Read what has come due meanwhile."""
        now = self._clock.now()
        if self._looks_at is None or now < self._looks_at or not self._is_open() or not self._has_room_for_due():
            return
        asked, self._looks_at = self._looks_at, None
        known = self._on_way.keys() | {ended.attempt.delivery_id for ended in self._ended}
        known |= {delivery.id for delivery in self._expired}
        take = READY_LIMIT + len(known)
        try:
            found = await self._reader.due_deliveries(self._endpoint, until=now, take=take)
            next_at = await self._reader.next_due_at(self._endpoint, after=now)
        except BaseException:
            self._look_again(asked)
            raise
        self._ready.update((delivery.id, delivery) for delivery in found if delivery.id not in known)
        self._look_again(now if len(found) == take else next_at)  # beside what was told meanwhile

    def _look_again(self, at: datetime | None) -> None:
        """Look then, if not before."""
        if at is not None:
            self._looks_at = at if self._looks_at is None else min(self._looks_at, at)

    async def _write(self) -> None:
        """Write down what ended, and make deliveries of the log's next part if there are hands for them."""
        room, start = self._room(), self._pages.reached
        page = await self._pages.next(PAGE) if room and self._pages.is_behind else []
        wanted = [event for event in page if self._endpoint.wants(event.type)]
        is_far = self._pages.reached - self._endpoint.cursor >= SKIP_LIMIT
        if not (wanted or self._ended or self._expired or is_far):
            return
        self._remember(wanted)
        before, upto = self._endpoint, self._pages.reached
        try:
            due = await self._submit(wanted, upto=upto, room=room)
        except BaseException:
            self._pages.back_to(start)
            raise
        if due.has_gone_on:
            self._pages.back_to(due.endpoint.cursor)
            if wanted and not due.deliveries:  # all of it is held behind others: nothing to probe with
                self._probes_at = self._clock.now() + probe_wait(due.endpoint.failures)
        elif due.endpoint.cursor != before.cursor or (upto > before.cursor and not _has_changed(due.endpoint, before)):
            raise LeaseLostError
        else:
            self._pages.back_to(start)

    async def _submit(self, wanted: list[Event], *, upto: int, room: int) -> Due:
        """Have it written, and go on from there."""
        ended, self._ended = self._ended, []
        expired, self._expired = self._expired, []
        before = self._endpoint
        tend = TendEndpoint(
            community_id=before.community_id,
            endpoint_id=before.id,
            lease=self._lease,
            holder=self._holder,
            ended=tuple(ended),
            expired=tuple(expired),
            cursor=before.cursor,
            upto=upto,
            event_types=before.event_types,
            wanted=tuple(map(_wanted, wanted)),
            room=room,
        )
        try:
            due = await self._ledger.submit(tend)
        except BaseException:
            self._ended, self._expired = ended + self._ended, expired + self._expired
            self._is_unsure = True
            raise
        now = self._clock.now()
        self._endpoint = due.endpoint
        self._ready.update((delivery.id, delivery) for delivery in due.deliveries)
        self._look_again(now if self._is_unsure else due.retried_at)
        self._is_unsure = False
        if ended:
            self._probes_at = now + probe_wait(due.endpoint.failures)
        if due.endpoint.status is not before.status:
            _tell_stop(due.endpoint)
        return due

    def _remember(self, events: Iterable[Event]) -> None:
        self._events.update((event.seq or 0, event) for event in events)
        while len(self._events) > EVENTS_KEPT:
            del self._events[next(iter(self._events))]

    async def _fetch_events(self) -> None:
        """Read the events of what goes out next, if they are not known from the log."""
        first = list(self._ready.values())[: self._hands()]
        if all(delivery.seq in self._events for delivery in first):
            return
        missing = {delivery.seq for delivery in self._ready.values()} - self._events.keys()
        found = await self._reader.events_at(self._endpoint.community_id, missing)
        self._remember(found)
        missing -= {event.seq for event in found}
        for delivery in [delivery for delivery in self._ready.values() if delivery.seq in missing]:
            del self._ready[delivery.id]
            self._ended.append(unmade(self._endpoint, delivery, now=self._clock.now()))

    def _send(self) -> None:
        """Send what may go out, the longest known first."""
        now = self._clock.now()
        while self._ready and self._hands():
            delivery = self._ready[next(iter(self._ready))]
            event = self._events.get(delivery.seq)
            if event is None:
                return  # it was sent elsewhere meanwhile: it is read again
            del self._ready[delivery.id]
            if now - delivery.created_at > KEPT:
                self._expired.append(delivery)
            else:
                task = asyncio.create_task(self._deliver(delivery, event), name=f"delivery {delivery.id}")
                self._on_way[delivery.id] = task

    async def _deliver(self, delivery: Delivery, event: Event) -> None:
        """Make one attempt and leave what came of it to be written down."""
        endpoint = self._endpoint
        try:
            ended = await self._attempt(endpoint, delivery, event, self._community_name)
        except Exception as broken:  # noqa: BLE001 - a bug met in one delivery must not stop the others
            extra = {"delivery_id": delivery.id, "error": type(broken).__name__, "where": place_of(broken)}
            log.error("webhook_broken", extra=extra)  # noqa: TRY400 - its text may repeat what somebody wrote
            ended = unmade(endpoint, delivery, now=self._clock.now())
        except BaseException:
            self._look_again(self._clock.now())  # it is still due
            raise
        finally:
            del self._on_way[delivery.id]
            self._wake.set()
        self._events.pop(delivery.seq, None)
        self._ended.append(ended)
        if not ended.attempt.is_success:
            tell_failure(ended.attempt)

    def _start_over(self) -> None:
        """Forget what could not be written: it is still due, and is sent once more."""
        self._ended.clear()
        self._expired.clear()
        self._pages.back_to(self._endpoint.cursor)
        self._look_again(self._clock.now())

    async def _pause(self, length: timedelta) -> None:
        await self._clock.rest(asyncio.Event(), self._clock.now() + length)

    async def _end(self) -> None:
        """Wait a moment for what is on its way, and write down what came of it."""
        until = self._clock.now() + LAST_WORDS
        while self._on_way and self._clock.now() < until:
            self._wake.clear()
            await self._clock.rest(self._wake, until)
        for task in self._on_way.values():
            task.cancel()
        if self._ended or self._expired:
            with contextlib.suppress(ParleyError):
                await self._submit([], upto=0, room=0)


def _wanted(event: Event) -> Wanted:
    return Wanted(event.seq or 0, event.conversation_id or 0, event.type, event.at)


def _has_changed(endpoint: Endpoint, before: Endpoint) -> bool:
    """Whether somebody else changed what the endpoint is sent."""
    return not endpoint.is_enabled or endpoint.event_types != before.event_types


def _tell_stop(endpoint: Endpoint) -> None:
    reason = endpoint.reason
    extra = {"endpoint_id": endpoint.id, "status": endpoint.status.value, "reason": reason and reason.value}
    log.warning("webhook_stopped", extra=extra)
