"""What is SQLite's alone: the file and its mode, its locks, its damage, and reading beside the writer."""

import asyncio
import re
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unicodedata import category, unidata_version

import pytest

import parley.storage
from parley.core.errors import Problems, StorageFullError, StorageUnavailableError
from parley.core.search import read_query
from parley.ports import DataRefusedError, GroupOfActions, Storage
from parley.storage.sqlite import SqliteFile, SqliteReader, SqliteStorage, connections
from parley.storage.sqlite.connections import named_errors
from tests.builders import SHOP, conversation
from tests.ledger.books import opened
from tests.storage.databases import SqliteDatabase
from tests.storage.groups import Writing, changes, settle, write

WORDS = Path(parley.storage.__file__).parent / "schema" / "0012_words.sqlite.sql"
PATIENCE_S = 60  # after which a test that forgot to let go fails instead of hanging


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A file."""
    database = SqliteDatabase(tmp_path)
    yield database
    await database.close()


@pytest.fixture
async def storage(database: SqliteDatabase) -> Storage:
    """A storage with those whom other rows refer to."""
    storage = database.storage()
    await settle(storage)
    return storage


class Halting(dict[tuple[int, int, int], int]):
    """Blocks at which the writer halts when it asks for them the second time: all rows are written, none committed."""

    def __init__(self) -> None:
        super().__init__()
        self.halted, self.go = threading.Event(), threading.Event()
        self._is_asked_again = False

    def __bool__(self) -> bool:
        return True

    def items(self) -> Any:
        if self._is_asked_again:
            self.halted.set()
            assert self.go.wait(PATIENCE_S)
        self._is_asked_again = True
        return ()


async def test_a_reader_neither_sees_nor_waits_for_what_is_not_committed(
    database: SqliteDatabase, storage: Storage
) -> None:
    halting, reader = Halting(), database.reader()
    group: GroupOfActions = Writing(changes(conversations=[conversation()], blocks=halting))
    writing = asyncio.create_task(storage.write(group))
    assert await asyncio.to_thread(halting.halted.wait, PATIENCE_S)
    before = await reader.conversation(SHOP, 1, messages=None)
    halting.go.set()
    await writing

    assert None is before
    assert None is not await reader.conversation(SHOP, 1, messages=None)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
async def test_nobody_else_may_read_the_file(database: SqliteDatabase, storage: Storage, suffix: str) -> None:
    mode = database.path.with_name(f"{database.path.name}{suffix}").stat().st_mode

    assert 0o600 == stat.S_IMODE(mode)


async def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    storage = SqliteStorage(SqliteFile(tmp_path / "new" / "folder" / "parley.db"))
    await storage.migrate()
    await storage.close()

    assert (tmp_path / "new/folder/parley.db").exists()


async def test_closing_folds_the_log_into_the_file(database: SqliteDatabase, storage: Storage) -> None:
    await database.close()

    assert [database.path] == list(database.path.parent.iterdir())


async def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    reader = SqliteReader(SqliteFile(tmp_path / "parley.db"))
    with pytest.raises(StorageUnavailableError, match="There is no database"):
        await reader.ready()
    await reader.close()

    assert not (tmp_path / "parley.db").exists()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "parley.db").write_text("Dear diary, " * 1_000)
    storage = SqliteStorage(SqliteFile(tmp_path / "parley.db"))

    with pytest.raises(StorageUnavailableError):
        await storage.migrate()
    await storage.close()


@pytest.mark.parametrize("what", ["TABLE customers (id INTEGER PRIMARY KEY)", "VIEW customers AS SELECT 1"])
async def test_another_programs_database_is_left_as_it_is(tmp_path: Path, what: str) -> None:
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE {what}")
    before = path.read_bytes()
    storage = SqliteStorage(SqliteFile(path))
    with pytest.raises(StorageUnavailableError, match="another program's database") as refused:
        await storage.migrate()
    await storage.close()

    assert str(path) in (refused.value.detail or "")
    assert before == path.read_bytes()


async def test_a_file_without_a_schema_is_not_ready(database: SqliteDatabase) -> None:
    with database.connect() as connection:
        connection.execute("PRAGMA user_version = 1")

    assert not await database.reader().ready()


async def test_a_lock_that_another_program_keeps_is_told(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And when the other lets go, the ledger goes on."""
    monkeypatch.setattr(connections, "BUSY_MS", 1)
    async with opened(database) as books:
        await books.add_communities()
        with database.connect() as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageUnavailableError, match="held by another program"):
                await books.add_communities()
            other.execute("ROLLBACK")

        assert [] == await books.failing_checks()


async def test_a_reference_that_leads_nowhere_fails_the_check_of_the_file(
    database: SqliteDatabase, storage: Storage
) -> None:
    database.execute("UPDATE users SET community_id = 77 WHERE kind = 'client'")
    (finding, *others) = await database.reader().audit(lambda done, of: None)

    assert ("file", False, []) == (finding.check, finding.holds, others)
    assert "lead nowhere" in finding.detail
    assert "users" in finding.detail


async def test_a_damaged_file_fails_its_check_and_no_other_is_tried(database: SqliteDatabase, storage: Storage) -> None:
    with database.connect() as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE tallies SET waiting = -1")
    (finding, *others) = await database.reader().audit(lambda done, of: None)

    assert ("file", False, []) == (finding.check, finding.holds, others)
    assert "the file is damaged" in finding.detail


async def test_a_reader_writes_nothing(database: SqliteDatabase, storage: Storage) -> None:
    connection = SqliteFile(database.path).connect(for_writing=False)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM numbers")
    connection.close()


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
async def test_what_was_answered_is_on_disk(database: SqliteDatabase, pragma: str, value: object) -> None:
    """The write-ahead log, synced at each commit (2 is FULL), and references that are checked."""
    connection = SqliteFile(database.path).connect(for_writing=True)
    ((told,),) = connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.close()

    assert value == told


def test_a_disk_without_room_is_told_as_such() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE things (thing BLOB)")
    connection.execute("PRAGMA max_page_count = 10")

    with pytest.raises(StorageFullError, match="no room"), named_errors():
        connection.execute("INSERT INTO things VALUES (zeroblob(1000000))")
    connection.close()


def test_what_the_rules_of_a_table_refuse_is_told_by_its_code() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE things (thing INTEGER NOT NULL)")

    with pytest.raises(DataRefusedError, match=r"^SQLITE_CONSTRAINT_NOTNULL$"), named_errors():
        connection.execute("INSERT INTO things VALUES (NULL)")
    connection.close()


def test_what_nobody_foresaw_is_unavailable() -> None:
    with pytest.raises(StorageUnavailableError), named_errors():
        raise sqlite3.InterfaceError


async def test_a_waiting_caller_hears_of_any_fault_in_the_writers_thread(storage: Storage) -> None:
    with pytest.raises(AttributeError):
        await write(storage, conversations=[None])


@pytest.mark.skipif(unidata_version != "14.0.0", reason="what is younger than our list is not in it")
def test_every_character_is_a_part_of_words_or_stands_between_them_as_in_what_is_typed() -> None:
    """As on PostgreSQL, whose function has the same list. Private characters are nobody's."""
    (made,) = re.findall(r"CREATE VIRTUAL TABLE found_titles\b.*?\);", WORDS.read_text(), re.DOTALL)
    known = [number for number in range(1, 0x20000) if category(chr(number)) not in {"Cn", "Co", "Cs"}]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(made)
        connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(found_titles, instance)")
        connection.executemany(
            "INSERT INTO found_titles (rowid, words) VALUES (?, ?)", [(each, f"aa{chr(each)}bb") for each in known]
        )
        counted = dict(connection.execute("SELECT doc, count(*) FROM words GROUP BY doc"))
    typed = {each: read_query(f"aa{chr(each)}bb", "q", Problems()) for each in known}

    assert {} == {
        hex(each): counted[each] for each, query in typed.items() if query and len(query.phrases) != counted[each]
    }
