"""What was stored before a step of the schema is there behind it, and what the step adds follows from it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from parley.core import conversations, reports
from parley.core.communities import Tally
from parley.core.conversations import Conversation, Feedback, Holder
from parley.core.errors import Problems
from parley.core.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationCreated,
    Event,
    FeedbackGiven,
    Happening,
    MessageAdded,
    TakeoverChanged,
)
from parley.core.reports import Traffic
from parley.core.search import read_query
from parley.core.views import Counts, midnight
from parley.ports import ViewPage
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
BEFORE_TEAMMATES = 3  # and of teammates at work
BEFORE_COUNTED_CHATS = 10  # and of how many conversations each has
BEFORE_WORDS = 11  # and that left words to the database's own parser

History = list[tuple[Happening, Conversation]]  # what happened, and the conversation behind it


async def make_older(database: Database, monkeypatch: pytest.MonkeyPatch, *, version: int) -> None:
    """A database as a program made it that knew the schema up to this version, with the Shop and its people."""
    database.make_blank()
    known = tuple(step for step in migrations.steps(database.dialect) if step.version <= version)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "steps", lambda dialect: known)
        await database.storage().migrate()
    insert(database, "communities", rows.community_row(community()), lacks=2)
    insert(database, "tallies", rows.tally_row(SHOP, Tally()), lacks=3)
    for user in (client(), bot(), teammate()):
        insert(database, "users", rows.user_row(user))


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


async def test_what_happened_before_it_was_counted_is_in_the_reports(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_older(database, monkeypatch, version=BEFORE_BOTS)
    keep(database, waited_and_answered(1))
    at = rows.micros(START)
    database.execute(
        f"INSERT INTO stays VALUES (1, 1, {SHOP}, {at}, 1, NULL, NULL, NULL, {at}, 'taken')"  # noqa: S608 - our own
    )
    database.execute("UPDATE tallies SET last_seq = 6, last_queue_number = 1")
    for kind, last in (("event", 6), ("conversation", 1), ("message", 1), ("community", SHOP)):
        insert(database, "numbers", (kind, last))

    async with opened(database) as books:
        window = reports.days_until(START, 1)
        past = await books.reader.past(SHOP, window)
        assert [Traffic(arrived=1, taken=1, closed=1, negative=1)] == list(past.traffic.values())
        assert ([0.0], [0.0]) == (past.waits, past.first_answers)
        assert [] == await books.failing_checks()


async def test_the_chats_of_teammates_are_counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_older(database, monkeypatch, version=BEFORE_COUNTED_CHATS)
    insert(database, "teammates", rows.teammate_row(membership()), lacks=1)
    held = {"holder": Holder.TEAMMATE, "assignee_id": CHARLIE, "taken_at": START}
    ended = {"holder": Holder.NOBODY, "assignee_id": CHARLIE, "closed_at": START}
    kept = [conversation(id=1, **held), conversation(id=2, **held), conversation(id=3, **ended)]
    for each in kept:
        insert(database, "conversations", rows.conversation_row(each))
    await database.storage().migrate()

    assert {CHARLIE: 2} == await database.reader().open_chats(SHOP)


def waited_and_answered(number: int) -> History:
    """It waits, Charlie takes it, answers and closes it, and the client thinks better of it, then worse."""
    made = conversation(id=number)
    taken = conversations.take(made, assignee_id=CHARLIE, now=START)
    written = conversations.with_messages(taken, 1, now=START)
    good, bad = (Feedback(is_positive=is_positive, text=None) for is_positive in (True, False))
    pleased = conversations.with_feedback(written, good, now=START)
    displeased = conversations.with_feedback(pleased, bad, now=START)
    closed = conversations.close(displeased, now=START)
    said = message(id=1, conversation_id=number, author_id=CHARLIE, is_team=True)
    return [
        (ConversationCreated(made, client(), 1), made),
        (ConversationAssigned(conversations.custody_of(taken)), taken),
        (MessageAdded(said, teammate(), 1), written),
        (FeedbackGiven(good), pleased),
        (FeedbackGiven(bad), displeased),
        (ConversationClosed(closed, client()), closed),
    ]


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


async def test_what_the_views_count_is_counted_of_what_was_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many the bot has, and how many were closed on the last day on which one was."""
    await make_older(database, monkeypatch, version=BEFORE_TEAMMATES)
    with_bot = {"holder": Holder.BOT, "is_with_bot": True, "queue_number": None}
    closed = {"holder": Holder.NOBODY}
    lives = [
        conversation(id=1, **with_bot),
        conversation(id=2, **with_bot),
        conversation(id=3, **closed, closed_at=START),
        conversation(id=4, **closed, closed_at=START + timedelta(days=1)),
        conversation(id=5, **closed, closed_at=START + timedelta(days=1, minutes=1)),
    ]
    for each in lives:
        insert(database, "conversations", rows.conversation_row(each), lacks=1)
    await database.storage().migrate()

    tomorrow = midnight(START + timedelta(days=1))
    assert Counts(waiting=0, mine=0, bot=2, assigned=0, closed_today=2) == (
        await database.reader().counts(SHOP, CHARLIE, today=tomorrow)
    )
    assert 0 == (await database.reader().counts(SHOP, CHARLIE, today=midnight(START))).closed_today


async def test_what_was_stored_before_words_were_folded_is_found_by_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said, a title, and who began it."""
    await make_older(database, monkeypatch, version=BEFORE_WORDS)
    for number, changes in enumerate(({}, {"title": "नमस्ते"}, {"author_id": "dora"}), 1):
        insert(
            database, "conversations", rows.conversation_row(conversation(id=number, queue_number=number, **changes))
        )
    insert(database, "messages", rows.message_row(message(text="“ÆRLIG” talt🤔")))
    insert(database, "users", rows.user_row(client(id="dora", name="Дора Brûlée")))
    await database.storage().migrate()

    assert [[1], [1], [2], [3]] == [
        await found(database, typed) for typed in ("ærlig ", "talt ", "नमस्ते", "дора brulee")
    ]


async def found(database: Database, typed: str) -> list[int]:
    """The conversations that a search finds."""
    page = ViewPage(take=9, user_id=CHARLIE, today=START, query=read_query(typed, "q", Problems()))
    return [each.opened.conversation.id for each in await database.reader().view(SHOP, page, at=START)]
