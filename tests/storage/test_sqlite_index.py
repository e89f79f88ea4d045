"""`parley verify` sees each kind of damage to SQLite's index of what is searched, and names what it is about."""

from pathlib import Path

import pytest

from parley.actions.desk import ChangeConversation, Details
from tests.builders import RIVAL, SHOP, author, create
from tests.ledger.books import opened
from tests.storage.databases import SqliteDatabase

# The entry of the second message is taken away; one is made.
IS_LOST = """
    INSERT INTO found_messages (found_messages, rowid, whose, words)
    SELECT 'delete', id, 'c' || community_id, text FROM messages WHERE id = 2
"""
IS_MADE = "INSERT INTO found_messages (rowid, whose, words) VALUES"

# What the finding says, and what is done by hand before.
DAMAGE = [
    ("2 messages have no entry, first 1", "INSERT INTO found_messages (found_messages) VALUES ('delete-all')"),
    ("1 messages have no entry, first 2", IS_LOST),
    ("1 messages have no entry, first 2", f"{IS_LOST}; {IS_MADE} (2, 'c1', 'The parcel came.')"),
    ("1 messages have other words in their entry, first 2", f"{IS_LOST}; {IS_MADE} (2, 'c2', 'The parcel')"),
    ("1 entries of messages are left over, first 9", f"{IS_MADE} (9, 'c1', 'Hi')"),
    ("1 titles have no entry, first 1", "DELETE FROM found_titles"),
    (
        "1 titles have no entry, first 1; 1 entries of titles are left over, first 2",
        "UPDATE found_titles SET rowid = 2 WHERE rowid = 1",
    ),
    ("1 titles have other words in their entry, first 1", "UPDATE found_titles SET words = 'Early' WHERE rowid = 1"),
    ("2 authors have no entry, first 1", "DELETE FROM found_authors WHERE rowid < 3"),
    ("1 authors have no entry, first 2", "UPDATE found_authors SET whose = 'c1' WHERE rowid = 2"),
    ("1 authors have other words in their entry, first 3", "UPDATE found_authors SET words = '' WHERE rowid = 3"),
]


@pytest.mark.parametrize(("told", "damage"), DAMAGE)
async def test_damage_of_the_index_is_told(tmp_path: Path, told: str, damage: str) -> None:
    database = SqliteDatabase(tmp_path)
    async with opened(database) as books:
        await books.add_communities()
        await books.do(create(title="Late", message="Hello, are you there?"))
        await books.do(create(community_id=RIVAL, message="The parcel came."))
        await books.do(create(author=author(name="Bob", identifier="bob"), title="Gone"))
        untitled = Details(title=None)
        await books.do(ChangeConversation(community_id=SHOP, conversation_id=3, details=untitled, by="x"))
        assert [] == await books.failing_checks()
        for statement in damage.split(";"):
            database.execute(statement)
        findings = {finding.check: finding for finding in await books.reader.audit(lambda done, of: None)}
    await database.close()

    assert told == findings["search"].detail
    assert ["search"] == [finding.check for finding in findings.values() if not finding.holds]
