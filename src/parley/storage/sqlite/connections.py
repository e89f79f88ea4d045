"""How a connection to the file is opened, and what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.core.errors import StorageFullError, StorageUnavailableError
from parley.ports import DataRefusedError

LEAST_VERSION = (3, 38, 0)  # STRICT tables, and ->> in the look-ups
BUSY_MS = 5_000  # how long another process (a command) may hold the write lock before we give up
STATEMENTS = 256  # prepared statements kept per connection; the writer has about 90 texts
CACHE_KIB = 16_384  # page cache of the writer
ALONE_WITHIN_S = 1.0  # how long another program may still be at the file that we want for ourselves

OUR_FIRST_TABLE = "schema_steps"

_PRIMARY = 0xFF  # an extended error code's low byte is its primary code


class SqliteFile:
    """A database file. Made with mode 0600, for it holds people's conversations and the signing keys."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def connect(self, *, for_writing: bool) -> sqlite3.Connection:
        """A connection in autocommit mode, usable from any one thread at a time.

        Raises StorageUnavailableError when the file cannot be made or opened, or is not a database.
        """
        if sqlite3.sqlite_version_info < LEAST_VERSION:
            least = ".".join(map(str, LEAST_VERSION))
            msg = f"Parley needs SQLite {least} or newer, but Python was built with {sqlite3.sqlite_version}."
            raise StorageUnavailableError(msg)
        try:
            if for_writing:
                self._make()
            elif not self.path.exists():
                msg = "There is no database."
                raise StorageUnavailableError(msg, detail=f"{self.path} does not exist.")
            return self._open(for_writing=for_writing)
        except (OSError, sqlite3.Error) as failed:
            msg = "The database cannot be opened."
            raise StorageUnavailableError(msg, detail=f"{self.path}: {failed}.") from failed

    def connect_alone(self, *, makes: bool) -> sqlite3.Connection:
        """A connection that keeps every other program out of the file until it is closed.

        SQLite gives it only when no other connection is open, not even an idle one: a server that runs has one.
        Raises StorageUnavailableError.
        """
        try:
            if makes:
                self._make()
            elif not self.path.exists():
                msg = "There is no database."
                raise StorageUnavailableError(msg, detail=f"{self.path} does not exist.")
            return self._open_alone()
        except (OSError, sqlite3.Error) as failed:
            msg = "The database cannot be opened."
            if getattr(failed, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_BUSY:
                msg = "The database is in use: stop the server and whatever else has it open."
            raise StorageUnavailableError(msg, detail=f"{self.path}: {failed}.") from failed

    def _open_alone(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=ALONE_WITHIN_S, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")  # the lock stays
        except sqlite3.Error:
            connection.close()  # it holds a lock even when it could not get the one it wanted
            raise
        return connection

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))

    def _open(self, *, for_writing: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
        )
        try:
            self._set_up(connection, for_writing=for_writing)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection, *, for_writing: bool) -> None:
        if for_writing:
            self._refuse_anothers(connection)
            _begin_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        else:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_schema")

    def _refuse_anothers(self, connection: sqlite3.Connection) -> None:
        """Leave a database alone in which there is something, and nothing of ours: our first table is made first."""
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        if names and OUR_FIRST_TABLE not in names:
            msg = "The file is another program's database, and was left as it is."
            raise StorageUnavailableError(msg, detail=f"{self.path} has no table {OUR_FIRST_TABLE}.")


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log.

    Processes that do it at once on a new file stand in each other's way, and SQLite tells one of them so without
    waiting. It then waits for the other as for any lock, and finds the switch made.
    """
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as failed:
        if failed.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY:
            raise
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn the driver's errors into ours, by code; the texts are not read."""
    try:
        yield
    except (OverflowError, ValueError) as failed:  # a value that no column can hold: too large, or half a character
        raise DataRefusedError(type(failed).__name__) from failed
    except sqlite3.Error as failed:
        code = getattr(failed, "sqlite_errorcode", 0) & _PRIMARY
        if code == sqlite3.SQLITE_CONSTRAINT:
            raise DataRefusedError(getattr(failed, "sqlite_errorname", "constraint")) from failed
        if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            msg = "The database's disk has no room or does not work. Nothing was stored."
            raise StorageFullError(msg) from failed
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            msg = "The database's file is damaged. Nothing was stored."
        elif code == sqlite3.SQLITE_ERROR:  # our own statements are sound, so a table or column is missing
            msg = "The database does not have the schema of this Parley; `parley migrate` makes it."
        else:
            msg = "The database cannot be reached or is held by another program."
        raise StorageUnavailableError(msg) from failed
