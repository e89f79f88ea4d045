"""A file as one end of a move."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import suppress

from parley.core.errors import StorageUnavailableError
from parley.ports import DataRefusedError
from parley.storage.moving import CopyError
from parley.storage.scripts import Ask, Row, Step
from parley.storage.sqlite import steps
from parley.storage.sqlite.connections import SqliteFile, named_errors
from parley.storage.sqlite.writer import SqliteStorage

TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"


class SqliteEnd:
    """Satisfies `parley.storage.moving.End`. It blocks, for nothing else runs beside a move."""

    dialect = "sqlite"
    emptying = "DELETE FROM"

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None

    async def open(self, *, makes: bool) -> None:
        """Lock the file against every other program."""
        self._connection = self._file.connect_alone(makes=makes)
        if makes:
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")

    async def close(self) -> None:
        """Close it; what is in the write-ahead log is folded in."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def migrate(self) -> None:
        """Bring the schema up to date, through the writer, who cannot have the file while we have it."""
        await self.close()
        storage = SqliteStorage(self._file)
        try:
            await storage.migrate()
        finally:
            await storage.close()
        await self.open(makes=True)

    async def tables(self) -> set[str]:
        """All tables but SQLite's own."""
        return {row[0] for row in await self.ask(TABLES)}

    async def ask(self, text: str) -> list[Row]:
        """What a plain statement finds."""
        with named_errors():
            return list(steps.take(self._opened, Ask(text)))

    async def rows(self, text: str) -> AsyncGenerator[Row, None]:
        """What a plain statement finds, row by row."""
        with named_errors():
            for row in self._opened.execute(text):
                yield row

    async def write(self, *taken: Step) -> None:
        """Take some steps in a transaction of their own."""
        connection = self._opened
        try:
            with named_errors():
                connection.execute("BEGIN IMMEDIATE")
                for step in taken:
                    steps.take(connection, step)
                connection.execute("COMMIT")
        except DataRefusedError as refused:
            msg = f"The target refuses a row: {refused}."
            raise CopyError(msg) from refused
        finally:
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    async def settle(self) -> None:
        """Nothing: the queries do not depend on statistics."""

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            msg = "The file is not open."
            raise StorageUnavailableError(msg)
        return self._connection
