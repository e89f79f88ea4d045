"""`parley verify` finds what is wrong with a database, and says so to people and to programs."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from parley import wiring
from parley.actions.create_conversation import CreateConversation
from parley.core.people import Author
from tests.cli.conftest import Command
from tests.servers import sqlite_url

CHECKS = ["file", "search", "log", "seq", "numbers", "waiting", "blocks", "queue numbers", "messages", "state"]

HARM = {
    "file": "UPDATE conversations SET author_id = 'nobody' WHERE id = 2",
    "search": "DELETE FROM found_authors WHERE rowid = 2",
    "log": "DELETE FROM events WHERE number = 5",
    "seq": "UPDATE events SET seq = 99 WHERE number = 5",
    "numbers": "UPDATE numbers SET last = 1 WHERE kind = 'conversation'",
    "waiting": "UPDATE tallies SET waiting = waiting + 1",
    "blocks": "DELETE FROM waiting_blocks WHERE level = 1",
    "queue numbers": "UPDATE tallies SET last_queue_number = 1",
    "messages": "DELETE FROM messages WHERE id = 1",
    "state": "UPDATE conversations SET title = 'another' WHERE id = 2",
}


@pytest.fixture
def file(parley: Command, tmp_path: Path) -> Path:
    """A database with three conversations that wait, each with a message."""
    path = tmp_path / "verified.db"
    parley("community", "add", "Acme", "--database", sqlite_url(path))

    async def fill() -> None:
        async with wiring.opened(sqlite_url(path)) as parts:
            for name in ("alice", "bob", "charlie"):
                author = Author(email=f"{name}@example.com")
                await parts.ledger.submit(CreateConversation(community_id=1, by="test", author=author, message="Hello"))

    asyncio.run(fill())
    return path


def test_a_good_database_holds(parley: Command, file: Path) -> None:
    shown = parley("verify", "--database", sqlite_url(file))
    findings = parley("verify", "--json", "--database", sqlite_url(file)).json()

    assert (0, "") == (shown.code, shown.err)
    assert all(line.startswith("ok ") for line in shown.out.splitlines())
    assert [["check", "holds", "detail"]] * len(findings) == [list(finding) for finding in findings]
    assert set(CHECKS) <= {finding["check"] for finding in findings}
    assert all(finding["holds"] is True for finding in findings)


@pytest.mark.parametrize("check", CHECKS)
def test_harm_is_found_and_ends_with_1(parley: Command, file: Path, check: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        assert connection.execute(HARM[check]).rowcount > 0
    shown = parley("verify", "--database", sqlite_url(file))
    told = parley("verify", "--json", "--database", sqlite_url(file))

    assert (1, "") == (shown.code, shown.err) == (told.code, told.err)
    assert any(line.startswith(f"FAIL  {check}: ") for line in shown.out.splitlines()), shown.out
    assert f'{{"check":"{check}","holds":false,' in told.out


def test_verify_makes_no_database(parley: Command, tmp_path: Path) -> None:
    assert "absent.db" in parley("verify", "--database", sqlite_url(tmp_path / "absent.db")).refusal
    assert [] == list(tmp_path.iterdir())


def test_a_damaged_file_is_found_and_nothing_else_is_said_of_it(parley: Command, file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()
    with file.open("r+b") as raw:
        raw.seek(4_096 * (page - 1))
        raw.write(b"\xaa" * 600)
    shown = parley("verify", "--database", sqlite_url(file))

    assert (1, 1, "") == (shown.code, shown.out.count("\n"), shown.err)
    assert shown.out.startswith("FAIL  file: the file is damaged: ")


def test_a_database_of_something_else_is_not_called_good(parley: Command, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE letters (text)")

    assert "does not have the schema" in parley("verify", "--database", sqlite_url(tmp_path / "other.db")).refusal
