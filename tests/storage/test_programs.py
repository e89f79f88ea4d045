"""Several programs on one database: each sees what the others wrote, at once, and nothing that was not committed."""

import asyncio
from collections.abc import AsyncIterator
from inspect import signature
from typing import Any

import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.core import reports
from parley.core.communities import Tally
from parley.core.conversations import Holder
from parley.core.errors import InvalidError
from parley.core.fields import FieldType
from parley.core.reports import Past
from parley.core.views import Counts
from parley.ports import DataRefusedError, DeliveryPage, ListPage, Need, Page, Reader, ViewPage
from tests.builders import (
    ALICE,
    CHARLIE,
    RIVAL,
    SHOP,
    author,
    client,
    conversation,
    create,
    delivery,
    endpoint,
    field,
    guids,
    mail,
    message,
    saved_reply,
    sender,
    shops_bot,
    token,
    turn,
)
from tests.clock import START
from tests.ledger.books import Books, opened
from tests.ledger.histories import once
from tests.storage.databases import Database
from tests.storage.groups import load, settle, write


@pytest.fixture
async def others(books: Books) -> AsyncIterator[Books]:
    """A second program on the same database."""
    async with opened(books.database, books.clock, fresh=guids(1_000_000)) as others:
        yield others


async def test_two_programs_count_on_from_each_other(books: Books, others: Books) -> None:
    taking_turns = [books, others] * 3
    replies = [await one.do(create(message="Hi")) for one in taking_turns]

    assert [1, 2, 3, 4, 5, 6] == [reply.conversation.id for reply in replies]
    assert [1, 2, 3, 4, 5, 6] == [reply.position for reply in replies]
    assert [1, 2, 3, 4, 5, 6] == [reply.messages[0][0].id for reply in replies]
    assert 1 == len({reply.author.id for reply in replies})


async def test_two_programs_at_once_leave_no_gap_and_no_double(books: Books, others: Books) -> None:
    calls = [one.do(create(author=author(email=f"{number % 7}@x"))) for number in range(30) for one in (books, others)]
    replies = await asyncio.gather(*calls)

    assert list(range(1, 61)) == sorted(reply.conversation.id for reply in replies)
    assert list(range(1, 61)) == sorted(reply.position for reply in replies)
    assert [] == await books.failing_checks()


async def test_a_category_of_another_program_is_known_at_once(books: Books, others: Books) -> None:
    await books.do(create())  # now the catalogue is at hand
    await others.do(AddCategory(community_id=SHOP, name="Orders", id=1505, by="x"))

    assert 1505 == (await books.do(create(category_id=1505))).conversation.category_id


async def test_a_required_field_of_another_program_is_asked_for_at_once(books: Books, others: Books) -> None:
    await books.do(create())
    await others.do(AddField(community_id=SHOP, name="Order", type=FieldType.TEXT, is_required=True, by="x"))

    with pytest.raises(InvalidError, match="required field 1"):
        await books.do(create())


@pytest.mark.parametrize(
    "action",
    [
        AddCategory(community_id=SHOP, name="Orders", id=2**63, by="x"),
        create(title="half a character: \ud83d"),
        create(author=author(identifier="half a character: \ud83d")),
    ],
    ids=["too large a number", "half a character", "half a character to look for"],
)
async def test_what_no_column_can_hold_fails_alone(books: Books, action: Any) -> None:
    """The edge refuses such values; a bug there must not harm the others in the group."""
    _, told, after = await books.together([create(), action, create()])

    assert isinstance(told, DataRefusedError)
    assert 2 == after.position


async def test_the_catalogue_of_a_group_that_was_refused_is_forgotten(books: Books) -> None:
    """A category that never came to be must not stay at hand."""
    broken = AddCategory(community_id=SHOP, name="Orders", id=2**63, by="x")
    await books.together([broken, create()])

    with pytest.raises(InvalidError, match="there is no category"):
        await books.do(create(category_id=2**63))


async def test_readers_see_nothing_of_a_group_that_was_refused(database: Database) -> None:
    storage, reader = database.storage(), database.reader()
    await settle(storage)
    with pytest.raises(DataRefusedError):
        await write(storage, conversations=[conversation()], numbers={"event": -1})

    assert None is await reader.conversation(SHOP, 1, messages=None)


async def test_a_storage_goes_on_after_a_group_that_was_refused(database: Database) -> None:
    storage, reader = database.storage(), database.reader()
    await settle(storage)
    with pytest.raises(DataRefusedError):
        await write(storage, conversations=[conversation(message_count=-1)])
    await write(storage, conversations=[conversation()])

    assert None is not await reader.conversation(SHOP, 1, messages=None)


async def test_a_reader_is_ready_when_the_schema_is_ours(database: Database) -> None:
    storage, reader = database.storage(), database.reader()
    await storage.migrate()

    assert await reader.ready()


HOURS = reports.days_until(START, 1)
# What a reader is asked about the Shop, and what it says when the Rival asks for the Shop's things.
FOREIGN: dict[str, tuple[dict[str, Any], Any]] = {
    "conversation": ({"conversation_id": 1, "messages": "earliest"}, None),
    "places": ({"conversation_ids": [1], "at": START}, {}),
    "messages": ({"conversation_id": 1, "page": Page(take=9, is_ascending=True)}, None),
    "conversations": ({"page": ListPage(take=9, author_id=ALICE)}, []),
    "tokens": ({}, []),
    "categories": ({}, []),
    "fields": ({}, []),
    "teammates": ({}, []),
    "user": ({"user_id": ALICE}, None),
    "counts": (
        {"user_id": CHARLIE, "today": START},
        Counts(waiting=0, mine=0, bot=0, assigned=0, closed_today=0),
    ),
    "view": ({"page": ViewPage(take=9, user_id=CHARLIE, today=START), "at": START}, []),
    "whole": ({"conversation_id": 1, "user_id": CHARLIE, "at": START}, None),
    "replies": ({}, []),
    "open_chats": ({}, {}),
    "events_of": ({"after": 0, "take": 9, "conversation_id": 1}, []),
    "last_seq": ({}, 0),
    "events_at": ({"seqs": [1]}, []),
    "endpoints": ({}, []),
    "deliveries": ({"page": DeliveryPage(take=9)}, []),
    "delivery": ({"delivery_id": 1}, None),
    "bot": ({}, None),
    "past": ({"window": HOURS}, Past(waiting=0, traffic={}, waits=[], first_answers=[], chats=[], points=[])),
    "traffic": ({"window": HOURS}, Past(waiting=0, traffic={})),
    "turns": ({"conversation_ids": [1, 2]}, []),
    "sender": ({}, None),
    "mails": ({"conversation_id": 1}, []),
}


async def fill(database: Database) -> Reader:
    """The Shop has something of everything, the Rival not even its own people."""
    storage = database.storage()
    await settle(storage)
    await write(
        storage,
        users=[client(email="alice@x", identifier="alice")],
        conversations=[
            conversation(),
            conversation(id=2, holder=Holder.BOT, is_with_bot=True, queue_number=None),
            conversation(id=3, holder=Holder.TEAMMATE, assignee_id=CHARLIE, queue_number=None, taken_at=START),
        ],
        tallies={SHOP: Tally(waiting=1, with_bot=1, assigned=1)},
        open_chats={(SHOP, CHARLIE): 1},
        messages=[message()],
        tokens=[token()],
        fields=[field()],
        endpoints=[endpoint()],
        deliveries=[delivery()],
        bots=[shops_bot()],
        turns=[turn(conversation_id=2)],
        senders=[sender()],
        replies=[saved_reply()],
        mails=[mail()],
    )
    database.execute(f"DELETE FROM teammates WHERE community_id = {RIVAL}")  # noqa: S608 - our own number
    return database.reader()


def test_every_read_of_a_community_is_among_them() -> None:
    reads = {
        name for name, read in vars(Reader).items() if callable(read) and "community_id" in signature(read).parameters
    }

    assert reads == set(FOREIGN)


@pytest.mark.parametrize("name", FOREIGN)
async def test_a_foreign_communitys_things_are_not_found_by_a_reader(database: Database, name: str) -> None:
    reader = await fill(database)
    arguments, nothing = FOREIGN[name]

    assert nothing == await getattr(reader, name)(community_id=RIVAL, **arguments)
    if name not in {"events_of", "events_at", "last_seq"}:  # nothing happened in the Shop either
        assert nothing != await getattr(reader, name)(community_id=SHOP, **arguments)


async def test_a_foreign_communitys_things_are_not_found_by_a_group(database: Database) -> None:
    await fill(database)
    found = {community_id: await everything_of(database, community_id) for community_id in (SHOP, RIVAL)}

    assert [0] * 9 == found[RIVAL]
    assert 0 not in found[SHOP]


async def everything_of(database: Database, community_id: int) -> list[int]:
    """How much of the Shop's a group finds that asks for it as this community's."""
    need = Need(START)
    need.users.add((community_id, ALICE))
    need.emails |= {(community_id, "alice@x"), (community_id, "charlie@shop.example")}
    need.identifiers.add((community_id, "alice"))
    need.teammates.add((community_id, "charlie@shop.example"))
    need.conversations |= {(community_id, 1), (community_id, 2)}
    need.rows.add((community_id, 1))
    need.token_names.add((community_id, "default"))
    facts = await load(database.storage(), need)
    found: list[Any] = [facts.users, facts.emails, facts.identifiers, facts.teammates]
    return [*map(len, [*found, facts.conversations, facts.turns, facts.ahead, facts.token_names, facts.waiting_since])]


async def test_an_answer_of_a_foreign_community_is_not_found(books: Books) -> None:
    need = Need(START)
    need.answers.add((RIVAL, "k"))
    await books.do_once(create(), once("k", create()))

    assert {} == (await load(books.database.storage(), need)).answers
