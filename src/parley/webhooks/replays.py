"""Replays: events that are sent once more, found in the log or among what was set aside, queued in batches.

In order throughout: what is queued first goes out first, so a conversation's earlier event is queued before its later.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import msgspec

from parley.actions.deliveries import QueueReplay, Wanted
from parley.core.errors import NotFoundError
from parley.core.events import Event
from parley.core.replays import Selection
from parley.core.webhooks import EVENT_TYPES, Delivery, Endpoint
from parley.ledger import Ledger
from parley.ports import DeliveryPage, Reader

BATCH = 200  # events in one action: each loads as many lanes
PAGE = 500  # events or deliveries read at a time

Progress = Callable[[int, int], None]


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent once more, to which endpoints, and to which other address if not theirs.

    With `is_named` the endpoint was named by the caller: one event that is named too goes there, wanted or not.
    """

    community_id: int
    selection: Selection
    endpoints: tuple[Endpoint, ...]
    by: str
    to_url: str = ""
    is_named: bool = False

    def is_for(self, endpoint: Endpoint, event_type: str) -> bool:
        """Whether the endpoint gets events of this type."""
        return endpoint.wants(event_type) or (self.is_named and self.selection.event is not None)


class Batch(msgspec.Struct, frozen=True):
    """Some events for one endpoint; `done` of `of` are then seen through."""

    endpoint: Endpoint
    wanted: tuple[Wanted, ...]
    done: int
    of: int


async def count(replay: Replay, reader: Reader, progress: Progress) -> int:
    """How many deliveries would be queued."""
    total = 0
    async for batch in _batches(replay, reader):
        total += len(batch.wanted)
        progress(batch.done, batch.of)
    return total


async def queue(replay: Replay, reader: Reader, ledger: Ledger, progress: Progress) -> int:
    """Queue them; how many. Raises NotFoundError for what does not exist."""
    total = 0
    async for batch in _batches(replay, reader):
        for wanted in _parts(batch.wanted, BATCH):
            total += await ledger.submit(
                QueueReplay(
                    community_id=replay.community_id,
                    endpoint_id=batch.endpoint.id,
                    wanted=wanted,
                    by=replay.by,
                    to_url=replay.to_url,
                )
            )
        progress(batch.done, batch.of)
    return total


async def _batches(replay: Replay, reader: Reader) -> AsyncIterator[Batch]:
    if replay.selection.is_failed:
        for endpoint in replay.endpoints:
            failed = await _failed(replay, endpoint, reader)
            yield Batch(endpoint, failed, len(failed), len(failed))
        return
    async for events, done, of in _log(replay, reader):
        for endpoint in replay.endpoints:
            wanted = tuple(_wanted(event) for event in events if replay.is_for(endpoint, event.type))
            yield Batch(endpoint, wanted, done, of)


async def _log(replay: Replay, reader: Reader) -> AsyncIterator[tuple[list[Event], int, int]]:
    """The published events that are meant, page by page, and how far it is."""
    selection, community_id = replay.selection, replay.community_id
    if selection.event is not None:
        yield await _one(community_id, selection.event, reader), 1, 1
        return
    if selection.conversation_id is not None:
        found = await reader.conversation(community_id, selection.conversation_id, messages=None)
        if found is None:
            msg = f"There is no conversation {selection.conversation_id}."
            raise NotFoundError(msg)
    first = max((selection.since or 0) - 1, 0)
    after, last = first, await reader.last_seq(community_id)  # what is queued writes events of its own
    while after < last:
        events = await reader.events_of(community_id, after=after, take=PAGE, conversation_id=selection.conversation_id)
        after = events[-1].seq or last if len(events) == PAGE else last
        published = [event for event in events if event.type in EVENT_TYPES and (event.seq or 0) <= last]
        yield published, min(after, last) - first, last - first


async def _one(community_id: int, seq: int, reader: Reader) -> list[Event]:
    found = await reader.events_at(community_id, [seq])
    if not found:
        msg = f"There is no event {seq}."
        raise NotFoundError(msg)
    if found[0].type not in EVENT_TYPES:
        msg = f"Event {seq} is a {found[0].type}, which no webhook is sent."
        raise NotFoundError(msg)
    return found


async def _failed(replay: Replay, endpoint: Endpoint, reader: Reader) -> tuple[Wanted, ...]:
    """What was set aside at an endpoint, the oldest event first. What a replay sent elsewhere is not meant."""
    page = DeliveryPage(take=PAGE, endpoint_id=endpoint.id, is_failed=True)
    found: list[Delivery] = []
    while True:
        more = await reader.deliveries(replay.community_id, page)
        found += [delivery for delivery in more if not delivery.to_url]
        if len(more) < PAGE:
            break
        page = msgspec.structs.replace(page, before=more[-1].id)
    return tuple(
        Wanted(delivery.seq, delivery.conversation_id, delivery.type, delivery.created_at)
        for delivery in sorted(found, key=lambda delivery: delivery.seq)
    )


def _wanted(event: Event) -> Wanted:
    return Wanted(event.seq or 0, event.conversation_id or 0, event.type, event.at)


def _parts(wanted: Sequence[Wanted], size: int) -> Iterable[tuple[Wanted, ...]]:
    return (tuple(wanted[start : start + size]) for start in range(0, len(wanted), size))
