"""`parley verify` sees each kind of damage, and says which it is."""

from typing import Any

import pytest

from parley.actions.bots import SetBot
from parley.actions.catalogue import AddCategory
from parley.actions.conversations import ChangeTakeover, CloseConversation, GiveFeedback
from parley.actions.desk import AddNote
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.actions.tokens import RotateKey
from parley.core.bots import BotKind, Manners
from parley.core.conversations import Feedback
from parley.core.people import Presence, Role
from tests.builders import MINUTE, RIVAL, SHOP, author, create, manners
from tests.ledger.books import Books

WAITS, TAKEN, CLOSED, RIVALS = 1, 2, 3, 4  # conversations
THEIRS: dict[str, Any] = {"community_id": SHOP, "by": "x"}

# What is done by hand, and the check that must fail then, alone.
DAMAGE = {
    "an event is lost": ("log", "DELETE FROM events WHERE type = 'key_rotated'"),
    "the log's counter is behind": ("log", "UPDATE numbers SET last = last - 1 WHERE kind = 'event'"),
    "the log's counter is lost": ("log", "DELETE FROM numbers WHERE kind = 'event'"),
    "a seq is given twice": ("seq", "UPDATE tallies SET last_seq = last_seq - 1 WHERE community_id = 1"),
    "a seq is left out": ("seq", "UPDATE events SET seq = seq + 1 WHERE number = (SELECT max(number) FROM events)"),
    "a community's counters are lost": ("seq", "DELETE FROM tallies WHERE community_id = 2"),
    "an id may be given twice": ("numbers", "UPDATE numbers SET last = 3 WHERE kind = 'conversation'"),
    "a counter of ids is lost": ("numbers", "DELETE FROM numbers WHERE kind = 'message'"),
    "somebody waits uncounted": ("waiting", "UPDATE tallies SET waiting = 0 WHERE community_id = 1"),
    "somebody is counted who does not wait": ("waiting", "UPDATE tallies SET waiting = 9 WHERE community_id = 2"),
    "a chat is not counted": ("assigned", "UPDATE tallies SET assigned = 0 WHERE community_id = 1"),
    "a bot's conversation is not counted": (
        "with the bot",
        "UPDATE tallies SET with_bot = 0 WHERE community_id = 1",
    ),
    "one closed on the last day is not counted": (
        "closed",
        "UPDATE tallies SET closed_today = 0 WHERE community_id = 1",
    ),
    "the last day on which one was closed is forgotten": (
        "closed",
        "UPDATE tallies SET closed_today = 0, closed_day = 0 WHERE community_id = 1",
    ),
    "a note is lost": ("notes", "DELETE FROM notes"),
    "a note is changed": ("notes", "UPDATE notes SET text = 'Other'"),
    "a note is nobody's": (
        "notes",
        "INSERT INTO notes SELECT 0, community_id, conversation_id, author_id, text, written_at FROM notes",
    ),
    "a seat is not counted": ("seats", "UPDATE tallies SET seats = 0 WHERE community_id = 1"),
    "a teammate's chats are counted wrong": ("open chats", "UPDATE teammates SET open_chats = 7"),
    "somebody waits though a teammate is free": (
        "given out",
        "UPDATE communities SET routing = 'automatic' WHERE id = 1",
    ),
    "a community takes back sooner": ("routing", "UPDATE communities SET return_after_s = 1 WHERE id = 2"),
    "a teammate may do more": ("teammates", "UPDATE teammates SET role = 'admin'"),
    "a teammate's status is lost from the log": (
        "teammates",
        "UPDATE events SET type = 'other' WHERE type = 'teammate_status_changed'",
    ),
    "a teammate's event cannot be read": (
        "teammates",
        "UPDATE events SET payload = '{' WHERE type = 'teammate_status_changed'",
    ),
    "a teammate has left unseen": ("seats", "UPDATE teammates SET left_at = 1"),
    "a stay is lost": ("stays", "DELETE FROM stays WHERE conversation_id = 1"),
    "a stay ended too early": (
        "stays",
        "UPDATE stays SET ended_at = joined_at, outcome = 'taken' WHERE ended_at IS NULL",
    ),
    "a block is counted wrong": (
        "blocks",
        "UPDATE waiting_blocks SET waiting = 2 WHERE community_id = 1 AND level = 2",
    ),
    "a block is lost": ("blocks", "DELETE FROM waiting_blocks WHERE community_id = 1 AND level = 1"),
    "a block is left over": ("blocks", "INSERT INTO waiting_blocks VALUES (1, 1, 77, 1)"),
    "a queue number is given twice": (
        "queue numbers",
        "UPDATE tallies SET last_queue_number = 2 WHERE community_id = 1",
    ),
    "a minute is counted wrong": ("traffic", "UPDATE traffic SET arrived = 9 WHERE span = 1 AND community_id = 1"),
    "an hour is counted wrong": ("traffic", "UPDATE traffic SET closed = 0 WHERE span = 60"),
    "feedback is counted wrong": ("traffic", "UPDATE traffic SET negative = 1"),
    "a period is lost": ("traffic", "DELETE FROM traffic WHERE community_id = 2 AND span = 60"),
    "a period is left over": ("traffic", "INSERT INTO traffic VALUES (1, 60, 999999, 1, 0, 0, 0, 0, 0, 0)"),
    "a first answer is lost": ("first answers", "UPDATE stays SET answered_at = NULL"),
    "a first answer is of another time": ("first answers", "UPDATE stays SET answered_at = answered_at + 1"),
    "a first answer that nobody gave": ("first answers", "UPDATE stays SET answered_at = joined_at WHERE position = 1"),
    "a bot owes an answer where it has nothing to say": ("turns", "UPDATE turns SET epoch = epoch + 1"),
    "a message is lost": ("messages", "DELETE FROM messages WHERE id = 1"),
    "an answer is owed by who has not the conversation": (
        "turns",
        "INSERT INTO turns VALUES (1, 1, 1, '[[1,0]]', NULL, 0, NULL)",
    ),
    "a conversation is changed": ("state", "UPDATE conversations SET title = 'Other' WHERE id = 3"),
    "an event is changed": (
        "state",
        "UPDATE events SET payload = replace(payload, 'Quick', 'Slow') WHERE type = 'conversation_feedback_given'",
    ),
    "an event cannot be read": (
        "state",
        "UPDATE events SET payload = '{' WHERE type = 'conversation_created' AND conversation_id = 3",
    ),
    "an event is another conversation's": (
        "state",
        "UPDATE events SET conversation_id = 99 WHERE type = 'conversation_assigned'",
    ),
    "an event of a conversation that is nowhere": (
        "state",
        "UPDATE events SET conversation_id = 99 WHERE type = 'conversation_created' AND conversation_id = 3",
    ),
}

# And the checks that fail beside it, for what they count is gone or changed.
BESIDE = {
    "a stay is lost": ["traffic"],
    "a stay ended too early": ["traffic"],
    "a teammate has left unseen": ["teammates"],
    "somebody waits though a teammate is free": ["routing"],
}


@pytest.fixture
async def books(books: Books) -> Books:
    """A conversation in each state, teammates, messages, a category, and an event of the whole server in the middle."""
    charlie, _ = await books.do(AddTeammate(name="Charlie", email="charlie@x", role=Role.AGENT, **THEIRS))
    await books.do(SetTeammateStatus(email="charlie@x", status=Presence.ONLINE, **THEIRS))
    await books.do(RotateKey(sealed=b"plain:key", by="x"))
    await books.do(AddCategory(name="Orders", **THEIRS))
    await books.do(SetBot(manners=Manners(kind=BotKind.RASA, silence=None, farewell=""), url="https://x", **THEIRS))
    await books.together([create(message="Hello?"), create(), create(message="Hi"), create(community_id=RIVAL)])
    take = ChangeTakeover(conversation_id=TAKEN, is_assigned_to_bot=False, assignee_id=charlie.id, **THEIRS)
    feedback = Feedback(is_positive=True, text="Quick")
    await books.do(take)
    books.clock.move(MINUTE)
    answer = NewMessage(author=author(id=charlie.id), text="I see.")
    await books.do(AddMessages(conversation_id=TAKEN, messages=(answer,), **THEIRS))
    await books.do(AddMessages(conversation_id=TAKEN, messages=(NewMessage(author=author(), text="Hm"),), **THEIRS))
    await books.do(GiveFeedback(conversation_id=CLOSED, feedback=feedback, **THEIRS))
    await books.do(CloseConversation(conversation_id=CLOSED, **THEIRS))
    await books.do(GiveFeedback(conversation_id=CLOSED, feedback=feedback, **THEIRS))
    await books.do(create(is_bot_enabled=True, message="Where is it?"))
    await books.do(AddNote(conversation_id=TAKEN, user_id=charlie.id, text="Rude.", **THEIRS))
    return books


async def test_a_sound_database_passes_every_check(books: Books) -> None:
    assert [] == await books.failing_checks()


async def test_an_empty_database_passes_every_check(books: Books) -> None:
    findings = await books.reader.audit(lambda done, of: None)

    assert all(finding.holds for finding in findings)


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_is_seen_by_the_check_for_it_and_by_no_other(books: Books, damage: str) -> None:
    check, sql = DAMAGE[damage]
    books.database.execute(sql)

    assert [check, *BESIDE.get(damage, [])] == await books.failing_checks()


@pytest.mark.parametrize("change", ["epoch = epoch + 1", "community_id = 2"])
async def test_an_answer_that_is_owed_elsewhere_is_seen(books: Books, change: str) -> None:
    await books.do(SetBot(manners=manners(), url="https://bots.example", **THEIRS))
    await books.do(create(is_bot_enabled=True, message="Hi"))
    assert [] == await books.failing_checks()
    books.database.execute(f"UPDATE turns SET {change}")  # noqa: S608 - our own words

    assert ["turns"] == await books.failing_checks()


async def test_every_check_has_its_damage(books: Books) -> None:
    """But for SQLite's own, the file and the index of what is searched, and the references, which it checks there."""
    findings = await books.reader.audit(lambda done, of: None)

    assert {finding.check for finding in findings} - {"file", "search", "references"} == {
        check for check, _ in DAMAGE.values()
    }


async def test_a_finding_says_how_many_and_where(books: Books) -> None:
    books.database.execute("UPDATE conversations SET title = 'Other'")
    findings = {finding.check: finding for finding in await books.reader.audit(lambda done, of: None)}

    assert "5 conversations differ from the log, first 1" == findings["state"].detail
    assert "24 events, numbered 1 to 24" in findings["log"].detail


async def test_the_progress_goes_to_the_end(books: Books) -> None:
    told: list[tuple[int, int]] = []
    await books.reader.audit(lambda done, of: told.append((done, of)))

    assert (5, 5) == told[-1]
