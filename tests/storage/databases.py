"""A fresh database of each kind, with as many storages and readers on it as there would be programs."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from parley.ports import Reader, Storage
from parley.storage.sqlite import SqliteFile, SqliteReader, SqliteStorage
from parley.storage.storing import TABLES

NAMES = [table.into.split()[0] for table in TABLES]  # of all tables, parents before those who refer to them


class Database(Protocol):
    """A database without rows, and perhaps without a schema: `migrate` first. `close` closes whatever was opened."""

    dialect: str

    @property
    def url(self) -> str:
        """What a command would be told."""
        ...

    def storage(self) -> Storage:
        """A writer's side."""
        ...

    def reader(self) -> Reader:
        """A reader's side."""
        ...

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement behind the program's back, in a transaction of its own."""
        ...

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in order."""
        ...

    def make_blank(self) -> None:
        """Take away the schema too."""
        ...

    async def close(self) -> None:
        """Close everything that was opened on it."""
        ...


class SqliteDatabase:
    """One file."""

    dialect = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.path = folder / "parley.db"
        self._open: list[Storage | Reader] = []

    @property
    def url(self) -> str:
        """What a command would be told."""
        return f"sqlite:///{self.path}"

    def storage(self) -> Storage:
        """A writer with a connection of its own."""
        storage = SqliteStorage(SqliteFile(self.path))
        self._open.append(storage)
        return storage

    def reader(self) -> Reader:
        """A reader with connections of its own."""
        reader = SqliteReader(SqliteFile(self.path))
        self._open.append(reader)
        return reader

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement by hand; references are not checked."""
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in order."""
        with self.connect() as connection:
            return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in NAMES}  # noqa: S608

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A plain connection."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def make_blank(self) -> None:
        """It is: there is no file yet."""

    async def close(self) -> None:
        """Close all storages and readers."""
        while self._open:
            await self._open.pop().close()
