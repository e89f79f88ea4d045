"""Who happens to share a group with whom makes no difference to anybody."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.core.conversations import Conversation
from parley.core.events import apply
from parley.core.waiting import NOT_WAITING
from parley.ledger import GROUP_LIMIT
from parley.ports import Opened
from tests.builders import SHOP, author, create
from tests.clock import ManualClock
from tests.conftest import NewDatabase
from tests.ledger.bad_actions import Broken, Refused, Speechless, Unkeepable
from tests.ledger.books import Books, opened, renamed
from tests.ledger.histories import BY, Call, authors, calls, joins, looks, moves, plans, prepare
from tests.storage.databases import Database

Plan = list[tuple[int, list[Call]]]

bad_calls = st.builds(
    lambda action, author: Call(action(community_id=SHOP, by=BY, author=author, message="x")),
    st.sampled_from([Refused, Broken, Speechless, Unkeepable]),
    authors,
)


@given(plan=plans)
async def test_any_grouping_gives_what_one_after_the_other_gives(new_database: NewDatabase, plan: Plan) -> None:
    async with new_database() as database:
        one_by_one = await carried_out(plan, database, are_grouped=False)
    async with new_database() as database:
        grouped = await carried_out(plan, database, are_grouped=True)

    assert one_by_one == grouped


@given(good=st.lists(calls, min_size=1, max_size=6), bad=st.lists(st.tuples(st.integers(0, 6), bad_calls), max_size=3))
async def test_a_bad_action_harms_no_other_in_its_group(
    new_database: NewDatabase, good: list[Call], bad: list[tuple[int, Call]]
) -> None:
    """Neither replies, ids, places and seqs of the others nor any table shows that it was there."""
    mixed = list(good)
    for place, call in bad:
        mixed.insert(place, call)
    unheard = {id(call) for _, call in bad}

    async with new_database() as database:
        without = await in_one_group(good, database)
    async with new_database() as database:
        beside = await in_one_group(mixed, database, unheard=unheard)

    assert without == beside


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (Refused, "InvalidError"),
        (Broken, "ZeroDivisionError"),
        (Speechless, "ZeroDivisionError"),
        (Unkeepable, "DataRefusedError"),
    ],
)
async def test_a_bad_action_gets_its_own_error(books: Books, action: Any, error: str) -> None:
    bad = action(community_id=SHOP, by=BY, author=author())
    _, told, _ = await books.together([create(), bad, create()])

    assert error == type(told).__name__


@settings(max_examples=10)
@given(plan=plans)
async def test_events_are_numbered_without_a_gap_whatever_was_refused(new_database: NewDatabase, plan: Plan) -> None:
    async with new_database() as database:
        await carried_out(plan, database, are_grouped=True)
        events = await database.reader().events(after=0, take=10_000)

    assert list(range(1, len(events) + 1)) == [event.number for event in events]
    for community_id in {event.community_id for event in events} - {None}:
        seqs = [event.seq for event in events if event.community_id == community_id]
        assert list(range(1, len(seqs) + 1)) == seqs


@settings(max_examples=10)
@given(plan=plans)
async def test_the_log_makes_the_very_conversations_that_the_tables_hold(new_database: NewDatabase, plan: Plan) -> None:
    async with new_database() as database:
        await carried_out(plan, database, are_grouped=True)
        reader = database.reader()
        made: dict[int, Conversation] = {}
        for event in await reader.events(after=0, take=10_000):
            after = apply(made.get(event.conversation_id or 0), event)
            if after is not None:
                made[after.id] = after

        for conversation in made.values():
            kept = await reader.conversation(conversation.community_id, conversation.id, messages=None)
            assert kept is not None
            assert conversation == kept.conversation


queueing = st.lists(st.builds(Call, joins | moves | looks), min_size=6, max_size=15)


@given(batches=st.lists(queueing, min_size=1, max_size=3))
async def test_every_place_told_is_that_of_a_plain_count(new_database: NewDatabase, batches: list[list[Call]]) -> None:
    """Conversations join, leave in the middle, and come back at their kept number, all within one group."""
    model: dict[int, Conversation] = {}
    async with new_database() as database, opened(database) as books:
        await prepare(books)
        for batch in batches:
            for reply in await books.in_one_group(call.on(books) for call in batch):
                if isinstance(reply, Opened):
                    model[reply.conversation.id] = reply.conversation
                    assert place_in(model, reply.conversation) == reply.position
                elif isinstance(reply, Conversation):
                    model[reply.id] = reply


async def test_a_group_takes_256_and_the_next_one_the_rest(books: Books) -> None:
    books.gate.sizes.clear()
    await books.together([create()] * (GROUP_LIMIT + 44))

    assert [256, 44] == books.gate.sizes


def place_in(model: dict[int, Conversation], conversation: Conversation) -> int:
    """One more than those of its community that wait with a smaller number."""
    if not conversation.is_waiting:
        return NOT_WAITING
    ahead = [
        other
        for other in model.values()
        if other.is_waiting
        and other.community_id == conversation.community_id
        and (other.queue_number or 0) < (conversation.queue_number or 0)
    ]
    return 1 + len(ahead)


async def carried_out(plan: Plan, database: Database, *, are_grouped: bool) -> list[str]:
    """The replies, the tables and the failing checks after the plan, a line each."""
    clock = ManualClock()
    replies: list[Any] = []
    async with opened(database, clock) as books:
        await prepare(books)
        for seconds, batch in plan:
            clock.move(timedelta(seconds=seconds))
            for group in [batch] if are_grouped else [[call] for call in batch]:
                replies += await books.in_one_group(call.on(books) for call in group)
    return [*told(replies), *books.lines(), *await books.failing_checks()]


async def in_one_group(calls: Sequence[Call], database: Database, unheard: set[int] | None = None) -> list[str]:
    """The replies but those to the unheard, and the tables, after one group of calls on a queue of two."""
    async with opened(database) as books:
        await prepare(books)
        await books.together([create(), create()])
        replies = await books.in_one_group(call.on(books) for call in calls)
    heard = [reply for call, reply in zip(calls, replies, strict=True) if id(call) not in (unheard or set())]
    return [*told(heard), *books.lines(), *await books.failing_checks()]


def told(replies: list[Any]) -> list[str]:
    return renamed("\n".join(map(repr, replies))).splitlines()
