"""What the process that looks after an endpoint writes: deliveries made from the log, and what came of each attempt.

Attempts are no events: they are told in rows of their own. What happens to the endpoint itself is one.
"""

from datetime import datetime, timedelta

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import webhooks
from parley.core.events import WebhookReplayed, WebhookStatusChanged
from parley.core.webhooks import KEPT, Attempt, Delivery, Endpoint, Key, Lane, State
from parley.ports import SERVER, Need

BY = "server"  # nobody asked for what comes of an attempt


class Wanted(msgspec.Struct, frozen=True):
    """An event of the log that an endpoint is to be sent."""

    seq: int
    conversation_id: int
    type: str
    at: datetime


class Ended(msgspec.Struct, frozen=True):
    """An attempt that has ended, with the lane it was made in, the wait that was asked for, and the dice."""

    attempt: Attempt
    lane: Lane
    retry_after: timedelta | None = None
    dice: float = 0.0


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand at an endpoint: itself, the deliveries that may go out because of what was written, and when
    the first of those that failed comes due again. `has_gone_on` says whether deliveries were made of the log.
    """

    endpoint: Endpoint
    deliveries: tuple[Delivery, ...]
    retried_at: datetime | None
    has_gone_on: bool


class TendEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Write down what came of attempts, set aside what waited too long, then make deliveries of the log's next part.

    `wanted` has those of the events behind `cursor` up to `upto` that are of the `event_types` the endpoint wants. Of
    these no more are made than it takes for `room` to be due: the cursor says how far that was. When the cursor is
    another by now, or the endpoint wants others, is not enabled any more, or is looked after by another process, none
    is made; what came of attempts is written all the same, once. Refused with NotFoundError when the endpoint was
    removed.
    """

    community_id: int
    endpoint_id: int
    lease: str
    holder: str
    ended: tuple[Ended, ...] = ()
    expired: tuple[Delivery, ...] = ()
    cursor: int = 0
    upto: int = 0
    event_types: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    room: int = 0

    def needs(self, need: Need) -> None:
        """The endpoint, the deliveries and the lanes they are in."""
        need.communities.add(self.community_id)
        need.endpoints.add((self.community_id, self.endpoint_id))
        need.leases.add(self.lease)
        for ended in self.ended:
            need.deliveries.add((self.community_id, ended.attempt.delivery_id))
            need.lanes.add(ended.lane)
        for delivery in self.expired:
            need.deliveries.add((self.community_id, delivery.id))
            need.lanes.add(delivery.lane)
        for wanted in self.wanted:
            need.delivery_keys.add(self._key(wanted))
            need.lanes.add((self.community_id, self.endpoint_id, "", wanted.conversation_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Due:
        """First the past, then what comes next."""
        before = endpoint = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        due: list[Delivery] = []
        for ended in self.ended:
            endpoint = _note(draft, endpoint, ended, due, now)
        for delivery in self.expired:
            found = draft.outbox.delivery(delivery.id)
            if found is not None and found.state is State.DUE:
                _finish(draft, webhooks.expire(found, now=now), due, now)
        has_gone_on = self._may_go_on(draft, endpoint)
        if has_gone_on:
            endpoint = msgspec.structs.replace(endpoint, cursor=self._plan(draft, due, now))
        if endpoint != before:
            draft.outbox.put_endpoint(endpoint)
        if endpoint.status is not before.status:
            what = WebhookStatusChanged(endpoint.id, endpoint.status, endpoint.reason)
            draft.record(what, community_id=self.community_id, by=BY, at=now)
        times = [delivery.due_at for delivery in due if delivery.due_at is not None and delivery.due_at > now]
        return Due(
            endpoint=endpoint,
            deliveries=tuple(delivery for delivery in due if delivery.due_at is not None and delivery.due_at <= now),
            retried_at=min(times, default=None),
            has_gone_on=has_gone_on,
        )

    def _may_go_on(self, draft: Draft, endpoint: Endpoint) -> bool:
        lease = draft.lease(self.lease)
        return (
            endpoint.cursor == self.cursor < self.upto
            and endpoint.event_types == self.event_types
            and endpoint.is_enabled
            and lease is not None
            and lease.holder == self.holder
        )

    def _plan(self, draft: Draft, due: list[Delivery], now: datetime) -> int:
        """Make deliveries of the wanted events, but of those that waited for longer than is kept; the new cursor."""
        room = self.room
        for wanted in self.wanted:
            key = self._key(wanted)
            if now - wanted.at > KEPT or draft.outbox.delivery_of(key) is not None:  # replayed before it was its turn
                continue
            made = _queue(draft, _new(draft, key, wanted, now), now)
            if made.state is State.DUE:
                due.append(made)
                room -= 1
                if room <= 0:
                    return wanted.seq
        return self.upto

    def _key(self, wanted: Wanted) -> Key:
        return (self.community_id, self.endpoint_id, "", wanted.seq)


class QueueReplay(msgspec.Struct, frozen=True, kw_only=True):
    """Send events once more, to the endpoint or to another address; the number of deliveries that wait because of it.

    One that still waits goes on waiting and counts too, be it in its lane or in the log behind the endpoint's cursor:
    made before its turn, it would overtake earlier events of its conversation. Refused with NotFoundError.
    """

    community_id: int
    endpoint_id: int
    wanted: tuple[Wanted, ...]
    by: str
    to_url: str = ""

    def needs(self, need: Need) -> None:
        """The endpoint, and what there is of these events."""
        need.communities.add(self.community_id)
        need.endpoints.add((self.community_id, self.endpoint_id))
        for wanted in self.wanted:
            need.delivery_keys.add(self._key(wanted))
            need.lanes.add((self.community_id, self.endpoint_id, self.to_url, wanted.conversation_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> int:
        """Put each into its lane."""
        endpoint = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        for wanted in self.wanted:
            found = draft.outbox.delivery_of(self._key(wanted))
            if found is not None:
                if not found.is_open:
                    _queue(draft, webhooks.queue_again(found, now=now), now)
            elif not self._is_still_to_come(endpoint, wanted, now):
                _queue(draft, _new(draft, self._key(wanted), wanted, now), now)
        if self.wanted:
            what = WebhookReplayed(self.endpoint_id, len(self.wanted))
            draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return len(self.wanted)

    def _is_still_to_come(self, endpoint: Endpoint, wanted: Wanted, now: datetime) -> bool:
        """Whether its delivery will be made of the log."""
        return (
            not self.to_url and wanted.seq > endpoint.cursor and endpoint.wants(wanted.type) and now - wanted.at <= KEPT
        )

    def _key(self, wanted: Wanted) -> Key:
        return (self.community_id, self.endpoint_id, self.to_url, wanted.seq)


class ForgetDeliveries(msgspec.Struct, frozen=True, kw_only=True):
    """Drop a bounded number of deliveries, with their attempts, that ended 30 days ago or longer.

    The reply says whether there were any; the server repeats it now and then, each time until there are none.
    """

    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Whether there are any."""
        need.deliveries_before = need.at - KEPT

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> bool:
        """Ask the storage to drop them."""
        return draft.forget_deliveries(before=now - KEPT)


def _note(draft: Draft, endpoint: Endpoint, ended: Ended, due: list[Delivery], now: datetime) -> Endpoint:
    """Write an attempt down, unless another process has made this one too and was first; the endpoint after it."""
    attempt = ended.attempt
    found = draft.outbox.delivery(attempt.delivery_id)
    if found is None or found.state is not State.DUE or found.attempts != attempt.number - 1:
        return endpoint
    draft.outbox.add_attempt(attempt)
    _finish(
        draft,
        webhooks.after_attempt(found, attempt, retry_after=ended.retry_after, dice=ended.dice),
        due,
        now,
    )
    if found.to_url:
        return endpoint  # what another address answers says nothing about the endpoint
    return webhooks.endpoint_after(endpoint, attempt, retry_after=ended.retry_after)


def _finish(draft: Draft, delivery: Delivery, due: list[Delivery], now: datetime) -> None:
    """Store it, and when it is finished let the next of its lane go; what is due then, be it later, joins `due`."""
    draft.outbox.put_delivery(delivery)
    if delivery.is_open:
        due.append(delivery)
    elif (follower := draft.outbox.next_in(delivery.lane)) is not None:
        due.append(_release(draft, follower, now))


def _queue(draft: Draft, delivery: Delivery, now: datetime) -> Delivery:
    """Put it into its lane: due when nothing is before it."""
    if draft.outbox.is_busy(delivery.lane):
        draft.outbox.put_delivery(delivery)
        return delivery
    return _release(draft, delivery, now)


def _release(draft: Draft, delivery: Delivery, now: datetime) -> Delivery:
    released = msgspec.structs.replace(delivery, state=State.DUE, due_at=now)
    draft.outbox.put_delivery(released)
    return released


def _new(draft: Draft, key: Key, wanted: Wanted, now: datetime) -> Delivery:
    community_id, endpoint_id, to_url, seq = key
    return Delivery(
        id=draft.next_number("delivery"),
        community_id=community_id,
        endpoint_id=endpoint_id,
        seq=seq,
        conversation_id=wanted.conversation_id,
        type=wanted.type,
        state=State.HELD,
        created_at=now,
        to_url=to_url,
    )
