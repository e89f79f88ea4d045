"""What was stored before a step of the schema is there behind it, and what the step adds follows from it."""

import json
from typing import Any

import pytest

from parley.core import conversations
from parley.core.communities import Tally
from parley.core.conversations import Conversation, Holder
from parley.core.events import ConversationClosed, ConversationCreated, Event, Happening, MessageAdded, TakeoverChanged
from parley.storage import migrations, rows
from parley.storage.scripts import Row
from parley.storage.storing import TABLES
from tests.builders import (
    ALICE,
    BOT,
    CHARLIE,
    SHOP,
    bot,
    client,
    community,
    conversation,
    membership,
    message,
    teammate,
)
from tests.clock import START
from tests.ledger.books import opened
from tests.storage.databases import Database

INTO = {table.into.split()[0]: table.into for table in TABLES}
BEFORE_BOTS = 2  # the last step of the schema that knew nothing of bots

History = list[tuple[Happening, Conversation]]  # what happened, and the conversation behind it


async def make_older(database: Database, monkeypatch: pytest.MonkeyPatch, *, version: int) -> None:
    """A database as a program made it that knew the schema up to this version, with the Shop and its people."""
    database.make_blank()
    known = tuple(step for step in migrations.steps(database.dialect) if step.version <= version)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "steps", lambda dialect: known)
        await database.storage().migrate()
    insert(database, "communities", rows.community_row(community()), lacks=1)
    insert(database, "tallies", rows.tally_row(SHOP, Tally()), lacks=3)
    for user in (client(), bot(), teammate()):
        insert(database, "users", rows.user_row(user))
    insert(database, "teammates", rows.teammate_row(membership()), lacks=2)


def insert(database: Database, table: str, row: Row, *, lacks: int = 0) -> None:
    """Store a row by hand, as it was when the table lacked so many of the last columns."""
    name, _, columns = INTO[table].removesuffix(")").partition("(")
    kept = columns.split(",")[: len(row) - lacks]
    values = ", ".join(map(literal, row[: len(kept)]))
    database.execute(f"INSERT INTO {name} ({', '.join(kept)}) VALUES ({values})")  # noqa: S608 - our own values


def insert_uncounted(database: Database, value: Conversation) -> None:
    """Store a conversation as it was when nobody counted what bots say."""
    insert(database, "conversations", rows.conversation_row(value), lacks=3)


def literal(value: Any) -> str:
    """A value as both databases write it."""
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return str(value)


async def test_what_bots_had_said_before_it_was_counted_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not what was imported, and not what others said on the team's side."""
    await make_older(database, monkeypatch, version=BEFORE_BOTS)
    for number, count in ((1, 5), (2, 0)):
        insert_uncounted(database, conversation(id=number, queue_number=number, message_count=count))
    said: list[dict[str, Any]] = [
        {"author_id": ALICE},
        {"author_id": BOT, "is_team": True},
        {"author_id": BOT, "is_team": True},
        {"author_id": BOT, "is_team": True, "is_imported": True},
        {"author_id": CHARLIE, "is_team": True},
    ]
    for number, changes in enumerate(said, 1):
        insert(database, "messages", rows.message_row(message(id=number, **changes)))
    await database.storage().migrate()
    reader = database.reader()
    found = [await reader.conversation(SHOP, number, messages=None) for number in (1, 2)]

    assert [(2, None), (0, None)] == [
        (each.conversation.bot_messages, each.conversation.handover) for each in found if each is not None
    ]
    assert [] == await reader.all_bots()
    assert [] == await reader.turns(SHOP)


async def test_the_log_of_a_time_before_bots_were_counted_makes_what_the_tables_hold(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that the bot began, and of one in which it spoke and lost and which was closed."""
    await make_older(database, monkeypatch, version=BEFORE_BOTS)
    keep(database, begun_by_bot(1))
    keep(database, closed_after_bot(2))
    database.execute("UPDATE tallies SET last_seq = 6")
    for kind, last in (("event", 6), ("conversation", 2), ("message", 2), ("community", SHOP)):
        insert(database, "numbers", (kind, last))

    async with opened(database) as books:
        assert [(1,), (1,)] == database.execute("SELECT bot_messages FROM conversations ORDER BY id")
        assert [] == await books.failing_checks()


def begun_by_bot(number: int) -> History:
    """The bot speaks first; it has the conversation."""
    made = conversation(
        id=number, author_id=BOT, holder=Holder.BOT, is_with_bot=True, queue_number=None, message_count=1
    )
    said = message(id=1, conversation_id=number, author_id=BOT, is_team=True)
    return [(ConversationCreated(made, bot(), -1), made), (MessageAdded(said, bot(), 1), made)]


def closed_after_bot(number: int) -> History:
    """The bot has it and speaks; a teammate takes it and closes it."""
    made = conversation(id=number, holder=Holder.BOT, is_with_bot=True, queue_number=None)
    spoken = conversations.with_messages(made, 1, now=START)
    said = message(id=2, conversation_id=number, author_id=BOT, is_team=True)
    taken = conversations.take(spoken, assignee_id=CHARLIE, now=START)
    closed = conversations.close(taken, now=START)
    return [
        (ConversationCreated(made, client(), -1), made),
        (MessageAdded(said, bot(), 1), spoken),
        (TakeoverChanged(is_assigned_to_bot=False, custody=conversations.custody_of(taken)), taken),
        (ConversationClosed(closed, client()), closed),
    ]


def keep(database: Database, history: History) -> None:
    """Store a conversation, its messages and its log as they were written when bots were not counted."""
    insert_uncounted(database, history[-1][1])
    for what, after in history:
        if isinstance(what, MessageAdded):
            insert(database, "messages", rows.message_row(what.message))
        ((count,),) = database.execute("SELECT count(*) FROM events")
        event = Event(
            number=count + 1,
            community_id=SHOP,
            seq=count + 1,
            conversation_id=after.id,
            epoch=after.epoch,
            by="x",
            at=START,
            what=what,
        )
        *rest, payload = rows.event_row(event)
        told = {name: value for name, value in json.loads(payload).items() if name != "handover"}
        insert(database, "events", (*rest, json.dumps(told)))
