"""Endpoints, deliveries, attempts and leases are read back as they were written; lanes begin with what is due."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from parley.core.events import ConversationClosed, ConversationCreated, Event, Happening, TokenRevoked
from parley.core.leases import Lease
from parley.core.webhooks import EVENT_TYPES, Delivery, Endpoint, Reason, State, Status
from parley.ports import DeliveryPage, Need, Reader, Storage
from tests.builders import SHOP, attempt, client, conversation, delivery, endpoint
from tests.clock import START
from tests.storage import values
from tests.storage.databases import Database
from tests.storage.groups import load, settle, write

HAPPENED: dict[str, Happening] = {
    "conversation_created": ConversationCreated(conversation(), client(), 1),
    "conversation_closed": ConversationClosed(conversation(), client()),
    "token_revoked": TokenRevoked(1, "default"),
}
stopped = st.sampled_from([(Status.DISABLED, Reason.OPERATOR), (Status.DISABLED, Reason.GONE)])
endpoints = st.builds(
    lambda status, failing, former, **rest: endpoint(
        **rest,
        status=status[0],
        reason=status[1],
        failures=0 if failing is None else 3,
        failing_since=failing,
        former_secret=former and former[0],
        former_until=former and former[1],
    ),
    status=stopped | st.sampled_from([(Status.ENABLED, None), (Status.PAUSED, Reason.FAILING)]),
    failing=values.maybe_moment,
    former=st.none() | st.tuples(st.binary(max_size=9), values.moments),
    url=values.texts,
    event_types=st.lists(st.sampled_from(EVENT_TYPES), max_size=4).map(tuple),
    allowed_hosts=st.lists(values.texts, max_size=3).map(tuple),
    verify_token=st.binary(max_size=9),
    secret=st.binary(max_size=9),
    cursor=values.counts,
    status_at=values.maybe_moment,
    rests_until=values.maybe_moment,
    delivered_at=values.maybe_moment,
)
OPEN = {State.DUE: {"due_at": values.moments}, State.HELD: {}}
FINISHED = {State.DELIVERED: {"finished_at": values.moments}, State.FAILED: {"finished_at": values.moments}}


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """A delivery in any state."""
    state = draw(st.sampled_from(State))
    rest: dict[str, Any] = {name: draw(value) for name, value in (OPEN | FINISHED)[state].items()}
    return delivery(
        state=state,
        tries=draw(st.integers(0, 10)),
        attempts=draw(values.counts),
        status=draw(st.none() | st.integers(100, 599)),
        failure=draw(values.maybe_text),
        **({"due_at": None} | rest),
    )


@pytest.fixture
async def storage(database: Database) -> Storage:
    """A storage with a shop and its endpoint."""
    storage = database.storage()
    await settle(storage)
    await write(storage, endpoints=[endpoint()])
    return storage


@pytest.fixture
def reader(storage: Storage, database: Database) -> Reader:
    """A reader beside it."""
    return database.reader()


@given(after=endpoints)
async def test_an_endpoint(storage: Storage, reader: Reader, after: Endpoint) -> None:
    await write(storage, endpoints=[after])
    need = Need(START)
    need.endpoints.add((SHOP, after.id))

    assert {(SHOP, after.id): after} == (await load(storage, need)).endpoints
    assert [after] == await reader.endpoints(SHOP) == await reader.all_endpoints()


async def test_a_removed_endpoint_is_listed_no_more_and_still_found(storage: Storage, reader: Reader) -> None:
    await write(storage, endpoints=[endpoint(removed_at=START)])
    need = Need(START)
    need.endpoints_of.add(SHOP)

    assert [] == await reader.endpoints(SHOP) == await reader.all_endpoints()
    assert {(SHOP, 1): endpoint(removed_at=START)} == (await load(storage, need)).endpoints


@given(after=deliveries())
async def test_a_delivery(storage: Storage, reader: Reader, after: Delivery) -> None:
    await write(storage, deliveries=[replace(after, state=State.HELD, due_at=None, finished_at=None)])
    await write(storage, deliveries=[after])
    need = Need(START)
    need.deliveries.add((SHOP, after.id))
    need.delivery_keys.add(after.key)
    need.lanes.add(after.lane)
    facts = await load(storage, need)

    assert {after.id: after} == facts.deliveries
    assert {after.key: after.id} == facts.delivery_keys
    assert ({after.lane: (after.id,)} if after.is_open else {}) == facts.lanes
    assert (after, []) == await reader.delivery(SHOP, after.id)
    assert [after] == await reader.deliveries(SHOP, DeliveryPage(take=9))
    assert [after] == await reader.deliveries(SHOP, DeliveryPage(take=9, endpoint_id=1))
    assert ([after] if after.state is State.FAILED else []) == await reader.deliveries(
        SHOP, DeliveryPage(take=9, is_failed=True)
    )


came = st.tuples(st.none(), values.texts) | st.tuples(st.integers(100, 599), values.maybe_text)


@given(data=st.data())
async def test_an_attempt(storage: Storage, reader: Reader, data: st.DataObject) -> None:
    """Attempts are never changed: each example has a delivery of its own."""
    number = 1 + max([found.id for found in await reader.deliveries(SHOP, DeliveryPage(take=1))], default=0)
    made = delivery(id=number, seq=number, conversation_id=number)
    status, failure = data.draw(came)
    tried = attempt(
        delivery_id=number,
        at=data.draw(values.moments),
        took=timedelta(microseconds=data.draw(st.integers(0, 10**9))),
        url=data.draw(values.texts),
        status=status,
        failure=failure,
        answer=data.draw(st.binary(max_size=40)),
    )
    await write(storage, deliveries=[made], attempts=[tried])

    assert (made, [tried]) == await reader.delivery(SHOP, number)


@given(until=values.moments, holder=values.texts)
async def test_a_lease(storage: Storage, reader: Reader, until: datetime, holder: str) -> None:
    lease = Lease(name="webhooks:1", holder=holder, until=until)
    await write(storage, leases=[lease])
    need = Need(START)
    need.leases |= {lease.name, "webhooks:2"}

    assert {lease.name: lease} == (await load(storage, need)).leases
    assert [lease] == await reader.leases()


async def test_a_lane_is_known_by_what_is_due_and_the_first_that_is_held(storage: Storage) -> None:
    """However the events came into it: a replay queues early ones late."""
    held: dict[str, Any] = {"state": State.HELD, "due_at": None}
    lane = [
        delivery(id=1, seq=5),
        *(delivery(id=number, seq=seq, **held) for number, seq in ((2, 9), (3, 3), (4, 7))),
        delivery(id=5, seq=4, state=State.DELIVERED, due_at=None, finished_at=START),
        delivery(id=6, seq=1, to_url="https://h", **held),
    ]
    await write(storage, deliveries=lane)
    need = Need(START)
    need.lanes.add(lane[0].lane)

    assert {lane[0].lane: (1, 3)} == (await load(storage, need)).lanes


async def test_what_is_due_is_read_the_longest_due_first(storage: Storage, reader: Reader) -> None:
    due = [delivery(id=n, seq=n, conversation_id=n, due_at=START + timedelta(seconds=9 - n)) for n in range(1, 8)]
    await write(storage, deliveries=due)
    until = START + timedelta(seconds=6)

    assert [7, 6, 5] == [found.id for found in await reader.due_deliveries(endpoint(), until=until, take=3)]
    assert [] == await reader.due_deliveries(endpoint(community_id=2), until=until, take=3)
    assert START + timedelta(seconds=7) == await reader.next_due_at(endpoint(), after=until)
    assert None is await reader.next_due_at(endpoint(), after=START + timedelta(seconds=8))


async def test_what_waits_for_an_endpoint_is_open_or_still_in_the_log(storage: Storage, reader: Reader) -> None:
    """Of the log behind its cursor what it wants; of its deliveries not those that a replay sends elsewhere."""
    types = ("conversation_created", "conversation_closed", "conversation_created", "token_revoked")
    events = [
        Event(number=n, seq=n, community_id=SHOP, conversation_id=1, by="x", at=START, what=HAPPENED[name])
        for n, name in enumerate(types, 1)
    ]
    held: dict[str, Any] = {"state": State.HELD, "due_at": None}
    done = delivery(id=3, seq=8, state=State.DELIVERED, due_at=None, finished_at=START)
    open_ones = [delivery(id=1), delivery(id=2, seq=2, **held), delivery(id=4, seq=9, to_url="https://h", **held)]
    await write(storage, events=events, deliveries=[*open_ones, done])

    assert 2 + 3 == await reader.waiting_for(endpoint())
    assert 2 + 1 == await reader.waiting_for(endpoint(cursor=2))
    assert 2 + 2 == await reader.waiting_for(endpoint(event_types=("conversation_created",)))
    assert 3 == await reader.waiting_for(endpoint(id=2))
    assert 0 == await reader.waiting_for(endpoint(id=2, community_id=2))


async def test_old_deliveries_go_with_their_attempts(storage: Storage, reader: Reader) -> None:
    over: dict[str, Any] = {"state": State.FAILED, "due_at": None}
    old = delivery(id=1, seq=1, finished_at=START, **over)
    new = delivery(id=2, seq=2, finished_at=START + timedelta(seconds=1), **over)
    tried = [attempt(delivery_id=1), attempt(delivery_id=2)]
    await write(storage, deliveries=[old, new, delivery(id=3, seq=3)], attempts=tried)
    need = Need(START)
    need.deliveries_before = new.finished_at
    facts = await load(storage, need)
    await write(storage, forget_deliveries_before=new.finished_at)

    assert facts.has_old_deliveries
    assert None is await reader.delivery(SHOP, 1)
    assert (new, tried[1:]) == await reader.delivery(SHOP, 2)
    assert not (await load(storage, need)).has_old_deliveries
