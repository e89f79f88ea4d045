"""A server that cannot start says why in one line, and ends with 1."""

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers import free_port, run_parley, sqlite_url, try_parley


def refusal(*flags: str, database: str, code: int = 1) -> str:
    """The one line that `parley serve` ends with."""
    ended = try_parley("serve", "--port", "0", *flags, database=database)

    assert (code, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("parley: ")
    assert 1 == ended.stderr.count("\n"), ended.stderr
    return ended.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal("--port", port, database=sqlite_url(tmp_path / "any.db"))

    assert f"Port {port} of 127.0.0.1" in said
    assert "--port" in said


def test_a_host_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "no.such.invalid" in refusal("--host", "no.such.invalid", database=sqlite_url(tmp_path / "any.db"))


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "newer.db"
    run_parley("migrate", database=sqlite_url(file))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO schema_steps (version, name, taken_at) VALUES (9999, 'later', '2031-01-01')")
    before = file.read_bytes()
    said = refusal(database=sqlite_url(file))

    assert "schema version 9999" in said
    assert before == file.read_bytes()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Alice, this is not a database.\n" * 100)

    assert "is not a database" in refusal(database=sqlite_url(file))
    assert file.read_text().startswith("Dear Alice")


@pytest.mark.parametrize("path", ["folder", "letter.txt/parley.db", "/proc/parley/parley.db"])
def test_a_path_where_no_file_can_be_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "letter.txt").touch()

    assert str(tmp_path / path) in refusal(database=sqlite_url(tmp_path / path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    assert str(tmp_path) in refusal(database=sqlite_url(tmp_path / "parley.db"))


def test_more_workers_than_one_are_refused_on_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "any.db"

    assert "PostgreSQL" in refusal("--workers", "2", database=sqlite_url(file), code=2)
    assert not file.exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_postgresql_that_is_not_there_is_one_line_without_the_password(workers: str) -> None:
    said = refusal("--workers", workers, database=f"postgresql://nobody:geheim@127.0.0.1:{free_port()}/parley")

    assert "cannot be reached" in said
    assert "geheim" not in said


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    run_parley("migrate", database=sqlite_url(tmp_path / "a" / "b" / "parley.db"))

    assert (tmp_path / "a" / "b" / "parley.db").exists()
