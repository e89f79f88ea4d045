"""`parley backup` and `parley restore`: a copy of one moment, whole or not there at all, and the way back."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from parley import databases
from tests.cli.conftest import Command
from tests.postgres import cluster
from tests.servers import Server, clean_environment, run_parley, sqlite_url, try_parley
from tests.stories.callers import CONVERSATIONS, sign_in, somebody

LARGE = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO answers SELECT 1, i, '', '', x'', 0, zeroblob(4000), i, NULL FROM n
"""  # three steps of a backup
DIES = """
import os, signal, sys
from pathlib import Path
from parley import databases
databases.back_up(sys.argv[1], Path(sys.argv[2]), lambda *_: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a community and 12 MB of stored answers."""
    path = tmp_path_factory.mktemp("original") / "original.db"
    run_parley("community", "add", "Acme", database=sqlite_url(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(LARGE)
    return path


@pytest.fixture
def file(original: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, alone in its folder."""
    (tmp_path / "here").mkdir()
    return Path(shutil.copy(original, tmp_path / "here" / "parley.db"))


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    """A backup that was made of it."""
    databases.back_up(sqlite_url(original), tmp_path / "copy.db", lambda *_: None)
    return tmp_path / "copy.db"


@contextmanager
def by_hand(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose changes are kept."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def count(path: Path, table: str = "events") -> int:
    """How many rows a table has."""
    with by_hand(path) as connection:
        (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own names
    return int(found)


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def refused(parley: Command, *arguments: str, database: str) -> str:
    """The sentence that a command is refused with."""
    ended = parley(*arguments, "--database", database)
    assert 1 == ended.code
    return ended.refusal


# Backup


def test_a_backup_beside_a_running_server_is_whole(parley: Command, tmp_path: Path) -> None:
    """What the server has written is still in its write-ahead log, and has to be in the copy."""
    here = tmp_path / "here"
    with Server(sqlite_url(here / "parley.db")) as server:
        _, token = sign_in(server, "Acme")
        for _ in range(3):
            server.request("POST", CONVERSATIONS, {**somebody(), "message": "Hello"}, token=token)
        made = parley("backup", str(tmp_path / "copy.db"), "--database", server.database, "--json").json()
        after = server.request("POST", CONVERSATIONS, somebody(), token=token)
    verified = parley("verify", "--database", sqlite_url(tmp_path / "copy.db"))

    assert ["tables"] == list(made)
    assert (3, 3) == (made["tables"]["conversations"], made["tables"]["messages"])
    assert (3, 4) == (count(tmp_path / "copy.db", "conversations"), count(here / "parley.db", "conversations"))
    assert 200 == after.status
    assert 0 == verified.code, verified.out


def test_what_is_written_during_a_backup_is_not_in_it_and_does_not_make_it_begin_anew(file: Path) -> None:
    before = count(file)
    to = file.parent / "copy.db"
    steps: list[tuple[int, int]] = []

    def write(_: str, done: int, of: int) -> None:
        steps.append((done, of))
        with by_hand(file) as connection:
            connection.execute(
                "INSERT INTO events SELECT max(number) + 1, 1, 9 + max(number), 1, 1, '', '', 0, '' FROM events"
            )

    tables = databases.back_up(sqlite_url(file), to, write)

    assert len(steps) >= 3
    assert sorted(set(steps)) == steps
    assert before == tables["events"] == count(to)
    assert before + len(steps) == count(file)


def test_a_copy_is_private_and_one_file(parley: Command, file: Path) -> None:
    shown = parley("backup", str(file.parent / "copy.db"), "--database", sqlite_url(file))

    assert (0, "") == (shown.code, shown.err)
    assert shown.out.splitlines()[-1].startswith("Copied: ")
    assert ["copy.db", "parley.db"] == names(file.parent)
    assert 0o600 == (file.parent / "copy.db").stat().st_mode & 0o777


def test_a_copy_can_be_read_where_nothing_can_be_written(copy: Path) -> None:
    with closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as connection:
        assert ("delete",) == connection.execute("PRAGMA journal_mode").fetchone()


def test_a_backup_replaces_nothing(parley: Command, file: Path, tmp_path: Path) -> None:
    for name in ("copy.db", "other.db.part"):
        (tmp_path / name).write_text("mine")
        to = tmp_path / name.removesuffix(".part")

        assert f"{tmp_path / name} exists" in refused(parley, "backup", str(to), database=sqlite_url(file))
        assert "mine" == (tmp_path / name).read_text()


def test_a_backup_into_no_folder_is_refused(parley: Command, file: Path, tmp_path: Path) -> None:
    said = refused(parley, "backup", str(tmp_path / "none" / "copy.db"), database=sqlite_url(file))

    assert "copy.db.part cannot be made: No such file or directory." in said


def test_an_interrupted_backup_leaves_nothing(file: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        databases.back_up(sqlite_url(file), file.parent / "copy.db", interrupt)

    assert ["parley.db"] == names(file.parent)


def test_a_killed_backup_is_not_taken_for_a_whole_one(parley: Command, file: Path) -> None:
    to = file.parent / "copy.db"
    done = subprocess.run(
        [sys.executable, "-c", DIES, sqlite_url(file), to], env=clean_environment(), timeout=30, check=False
    )
    said = refused(parley, "backup", str(to), database=sqlite_url(file))
    Path(f"{to}.part").unlink()
    again = parley("backup", str(to), "--database", sqlite_url(file))

    assert -signal.SIGKILL == done.returncode
    assert "copy.db.part exists" in said
    assert 0 == again.code


def test_what_cannot_be_backed_up_is_told(parley: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "letter.db").write_text("Dear Alice, this is not a database.\n" * 100)
    to = str(tmp_path / "copy.db")

    assert "absent.db does not exist" in refused(parley, "backup", to, database=sqlite_url(tmp_path / "absent.db"))
    assert "not a database of Parley" in refused(parley, "backup", to, database=sqlite_url(tmp_path / "empty.db"))
    assert "not a database" in refused(parley, "backup", to, database=sqlite_url(tmp_path / "letter.db"))
    assert ["empty.db", "letter.db"] == names(tmp_path)


def test_postgresql_is_backed_up_with_its_own_tool(parley: Command, tmp_path: Path) -> None:
    said = refused(parley, "backup", str(tmp_path / "copy.db"), database="postgresql://127.0.0.1:1/parley")

    assert "pg_dump" in said
    assert [] == names(tmp_path)


# Restore


def test_a_restored_database_serves_as_the_old_one_did(parley: Command, tmp_path: Path) -> None:
    secret = {"PARLEY_SECRET_KEY": "a secret"}
    with Server(sqlite_url(tmp_path / "old.db"), env=secret) as server:
        tenant, token = sign_in(server, "Acme")
        first = server.request("POST", CONVERSATIONS, somebody(), token=token).data
        parley("backup", str(tmp_path / "copy.db"), "--database", server.database)
    database = sqlite_url(tmp_path / "deep" / "new.db")
    restored = parley("restore", str(tmp_path / "copy.db"), "--verify", "--database", database, "--json").json()
    with Server(database, env=secret) as server:
        second = server.request("POST", CONVERSATIONS, somebody(), token=token).data
        renewed = server.token(tenant)

    assert 1 == restored["tables"]["conversations"]
    assert first["id"] + 1 == second["id"]
    assert renewed
    assert 0 == parley("verify", "--database", database).code
    assert 0o600 == (tmp_path / "deep" / "new.db").stat().st_mode & 0o777
    assert ["new.db"] == names(tmp_path / "deep")


@pytest.mark.parametrize("flags", [(), ("--verify",)])
def test_a_database_without_rows_counts_as_none(
    parley: Command, copy: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    (tmp_path / "empty.db").touch()
    parley("migrate", "--database", sqlite_url(tmp_path / "migrated.db"))
    for name in ("absent.db", "empty.db", "migrated.db"):
        shown = parley("restore", str(copy), *flags, "--database", sqlite_url(tmp_path / name))

        assert (0, "") == (shown.code, shown.err)
        assert shown.out.splitlines()[-1].startswith("Restored and verified: " if flags else "Restored: ")
        assert count(copy) == count(tmp_path / name)
    assert ["absent.db", "copy.db", "empty.db", "migrated.db"] == names(tmp_path)


def test_nothing_is_restored_over_anything(parley: Command, copy: Path, file: Path) -> None:
    before = file.read_bytes()

    assert "not empty: it has rows in" in refused(parley, "restore", str(copy), database=sqlite_url(file))
    assert before == file.read_bytes()
    assert ["parley.db"] == names(file.parent)


def test_nothing_is_restored_over_another_program_s_file(parley: Command, copy: Path, tmp_path: Path) -> None:
    with by_hand(tmp_path / "letters.db") as connection:
        connection.execute("CREATE TABLE letters (text)")
    (tmp_path / "letter.db").write_text("Dear Alice, this is not a database.\n" * 100)

    assert "the table letters" in refused(parley, "restore", str(copy), database=sqlite_url(tmp_path / "letters.db"))
    assert "cannot be opened" in refused(parley, "restore", str(copy), database=sqlite_url(tmp_path / "letter.db"))
    assert (tmp_path / "letter.db").read_text().startswith("Dear Alice")


def test_a_database_in_use_is_refused(parley: Command, copy: Path, tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "served.db")) as server:
        said = refused(parley, "restore", str(copy), database=server.database)

    assert "The database is in use: stop the server" in said


def test_a_file_that_appears_meanwhile_is_left_alone(parley: Command, copy: Path, tmp_path: Path) -> None:
    part = tmp_path / "new.db.part"
    part.write_text("mine")

    assert "new.db.part exists" in refused(parley, "restore", str(copy), database=sqlite_url(tmp_path / "new.db"))
    assert "mine" == part.read_text()
    assert not (tmp_path / "new.db").exists()


def test_a_log_of_another_database_is_not_taken_in(parley: Command, copy: Path, tmp_path: Path) -> None:
    """SQLite would replay it into whatever file has the name."""
    (tmp_path / "new.db-wal").write_text("the log of a file that was moved away")

    assert "new.db-wal is left" in refused(parley, "restore", str(copy), database=sqlite_url(tmp_path / "new.db"))
    assert ["copy.db", "new.db-wal"] == names(tmp_path)


HARM = {
    "a row that is gone": ("DELETE FROM events WHERE number = 2", "log: "),
    "a count that is wrong": ("UPDATE tallies SET waiting = 5", "waiting: "),
    "a reference that leads nowhere": ("UPDATE communities SET id = 2", "file: "),
}


@pytest.mark.parametrize("harm", HARM)
def test_verify_finds_harm_before_the_copy_takes_its_place(
    parley: Command, copy: Path, tmp_path: Path, harm: str
) -> None:
    statement, named = HARM[harm]
    with by_hand(copy) as connection:
        assert connection.execute(statement).rowcount > 0
    said = refused(parley, "restore", str(copy), "--verify", database=sqlite_url(tmp_path / "new.db"))

    assert said.startswith("The copy does not hold, and nothing was restored.")
    assert named in said
    assert ["copy.db"] == names(tmp_path)


def test_verify_finds_a_damaged_page(parley: Command, copy: Path, tmp_path: Path) -> None:
    with by_hand(copy) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'answers_by_age'").fetchone()
    with copy.open("r+b") as raw:
        raw.seek(4_096 * (page - 1))
        raw.write(b"\xaa" * 600)

    assert "damaged" in refused(parley, "restore", str(copy), "--verify", database=sqlite_url(tmp_path / "new.db"))
    assert ["copy.db"] == names(tmp_path)


def test_what_cannot_be_restored_is_told(parley: Command, copy: Path, tmp_path: Path) -> None:
    newer, half, empty, letter = (tmp_path / f"{name}.db" for name in ("newer", "half", "empty", "letter"))
    for path, version in ((newer, 9_999), (half, 999_999_999)):
        shutil.copy(copy, path)
        with by_hand(path) as connection:
            connection.execute("INSERT INTO schema_steps VALUES (?, '', '')", (version,))
    empty.touch()
    letter.write_text("Dear Alice, this is not a database.\n" * 100)
    before = names(tmp_path)
    new = sqlite_url(tmp_path / "new.db")

    assert "schema version 9999" in refused(parley, "restore", str(newer), database=new)
    assert "was not finished" in refused(parley, "restore", str(half), database=new)
    assert "not a database of Parley" in refused(parley, "restore", str(empty), database=new)
    assert "not a database" in refused(parley, "restore", str(letter), database=new)
    assert "absent.db does not exist" in refused(parley, "restore", str(tmp_path / "absent.db"), database=new)
    assert before == names(tmp_path)


def test_into_postgresql_it_is_a_move(parley: Command, copy: Path) -> None:
    url = cluster().new_database()

    assert "parley move" in refused(parley, "restore", str(copy), database=url)
    assert 0 == parley("move", "--from", sqlite_url(copy), "--to", url).code


def test_without_a_file_it_ends_with_2(tmp_path: Path) -> None:
    for command in ("backup", "restore"):
        ended = try_parley(command, database=sqlite_url(tmp_path / "any.db"))

        assert 2 == ended.returncode
        assert "FILE" in ended.stderr
