"""The schema goes forward by itself, once, and never back. No release yet: with the first, its data comes here too."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import StorageUnavailableError
from parley.storage import migrations
from parley.storage.migrations import NewerSchemaError, Step, UnfinishedMoveError
from parley.storage.sqlite.writer import split
from tests.builders import create
from tests.ledger.books import Books
from tests.servers import clean_environment, sqlite_url
from tests.storage.databases import Database, SqliteDatabase

STEPS = [(step.version, step.name) for step in migrations.steps("sqlite")]
ALL = [f"{version:04}_{name}" for version, name in STEPS]
NEXT = STEPS[-1][0] + 1


@pytest.fixture
def blank(database: Database) -> Database:
    """A database without a schema."""
    database.make_blank()
    return database


def versions(database: Database) -> list[Any]:
    """The steps that were taken, as the database keeps them."""
    return database.execute("SELECT version, name FROM schema_steps ORDER BY version")


def mark(database: Database, version: int, name: str) -> None:
    """Note a step as taken."""
    database.execute(f"INSERT INTO schema_steps VALUES ({version}, '{name}', '2030-01-01 00:00:00Z')")  # noqa: S608


async def test_a_blank_database_is_brought_to_the_newest_schema(blank: Database) -> None:
    reader = blank.reader()
    taken = await blank.storage().migrate()

    assert ALL == taken
    assert STEPS == versions(blank)
    assert await reader.ready()


async def test_a_second_run_is_a_no_op(blank: Database) -> None:
    storage = blank.storage()
    await storage.migrate()
    before = versions(blank)

    assert [] == await storage.migrate()
    assert before == versions(blank)


async def test_a_second_run_leaves_the_data_alone(books: Books) -> None:
    await books.do(create(message="Hi"))
    before = books.lines()

    assert [] == await books.gate.migrate()
    assert before == books.lines()


async def test_programs_that_start_together_migrate_once(blank: Database) -> None:
    """Each step is taken by whoever comes first, and no step twice."""
    taken = await asyncio.gather(*[blank.storage().migrate() for _ in range(5)])

    assert ALL == sorted(step for steps in taken for step in steps)
    assert STEPS == versions(blank)


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    command = [sys.executable, "-m", "parley", "migrate", "--database", sqlite_url(database.path)]
    started = [
        subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = [process.communicate(timeout=60) for process in started]

    assert [0, 0, 0] == [process.returncode for process in started], told
    assert ["\n".join(ALL), *["The schema is up to date."] * 2] == sorted(out.strip() for out, _ in told)


async def test_a_newer_schema_is_refused_and_left_alone(blank: Database) -> None:
    storage, reader = blank.storage(), blank.reader()
    await storage.migrate()
    mark(blank, 77, "future")

    with pytest.raises(NewerSchemaError, match=f"schema version 77, but this Parley knows versions up to {NEXT - 1}"):
        await storage.migrate()
    assert [*STEPS, (77, "future")] == versions(blank)
    assert not await reader.ready()


async def test_a_half_moved_database_is_refused(blank: Database) -> None:
    storage = blank.storage()
    await storage.migrate()
    mark(blank, migrations.UNFINISHED, "move")

    with pytest.raises(UnfinishedMoveError, match="A move into this database was not finished"):
        await storage.migrate()


async def test_a_step_that_fails_leaves_the_schema_as_it_was(blank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the steps before it are taken; the next start goes on from there."""
    real = migrations.steps(blank.dialect)
    broken = Step(NEXT, "broken", "CREATE TABLE things (id BIGINT);\nCREATE TABLE things (id BIGINT);\n")
    storage = blank.storage()
    monkeypatch.setattr(migrations, "steps", lambda dialect: (*real, broken))
    with pytest.raises(StorageUnavailableError):
        await storage.migrate()
    mended = Step(NEXT, "mended", "CREATE TABLE things (id BIGINT);\n")
    monkeypatch.setattr(migrations, "steps", lambda dialect: (*real, mended))

    assert [f"{NEXT:04}_mended"] == await storage.migrate()
    assert [*STEPS, (NEXT, "mended")] == versions(blank)


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_steps_are_numbered_from_one_without_a_gap(dialect: str) -> None:
    numbers = [step.version for step in migrations.steps(dialect)]

    assert list(range(1, len(numbers) + 1)) == numbers
    assert numbers[-1] == migrations.newest(dialect)


def test_every_step_is_written_for_both_databases() -> None:
    names = [[(step.version, step.name) for step in migrations.steps(dialect)] for dialect in ("sqlite", "postgres")]

    assert names[0] == names[1]


def test_what_is_pending_are_the_steps_not_yet_taken() -> None:
    assert migrations.steps("sqlite") == migrations.pending("sqlite", 0)
    assert () == migrations.pending("sqlite", migrations.newest("sqlite"))


def test_a_script_is_split_into_its_statements() -> None:
    script = "-- one; two\nCREATE TABLE a (b TEXT CHECK (b <> ';')); -- end\n\nDROP TABLE a;\n-- done\n"

    assert ["-- one; two\nCREATE TABLE a (b TEXT CHECK (b <> ';')); -- end\n", "\nDROP TABLE a;\n"] == split(script)


def test_a_script_that_ends_inside_a_statement_is_refused() -> None:
    with pytest.raises(StorageUnavailableError, match="ends inside a statement: DROP TABLE"):
        split("CREATE TABLE a (b TEXT);\nDROP TABLE\n-- never\n")
