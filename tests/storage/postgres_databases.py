"""Databases on a real PostgreSQL. Making one takes 0.2 s, so they are emptied and used again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg

from parley.ports import Reader, Storage
from parley.storage.postgres import PostgresReader, PostgresServer, PostgresStorage
from tests.postgres import cluster
from tests.storage.databases import NAMES

_spare: list[str] = []  # URLs of databases without rows
_aside = ThreadPoolExecutor(1, thread_name_prefix="by-hand")  # a loop of its own, for tests have one running already
EMPTY = "; ".join(f"DELETE FROM {name}" for name in reversed(NAMES))  # noqa: S608 - our own names
BLANK = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class PostgresDatabase:
    """One database."""

    dialect = "postgres"

    def __init__(self, folder: Path) -> None:
        self.url = _spare.pop() if _spare else _aside.submit(lambda: cluster().new_database()).result()
        self._open: list[Storage | Reader] = []
        self._is_blank = False

    def storage(self) -> Storage:
        """A writer with a connection of its own."""
        storage = PostgresStorage(PostgresServer(self.url))
        self._open.append(storage)
        return storage

    def reader(self) -> Reader:
        """A reader with connections of its own."""
        reader = PostgresReader(PostgresServer(self.url))
        self._open.append(reader)
        return reader

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement by hand."""
        return self._by_hand(lambda connection: connection.fetch(sql))

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in order."""
        found = self._by_hand(_every_row)
        return {name: sorted((row[1:] for row in found if row[0] == name), key=repr) for name in NAMES}

    def make_blank(self) -> None:
        """Take away everything."""
        self._is_blank = True
        self._run(BLANK)

    async def close(self) -> None:
        """Close all storages and readers, and leave the database to the next test."""
        while self._open:
            await self._open.pop().close()
        self._run(BLANK if self._is_blank else EMPTY)
        _spare.append(self.url)

    def _run(self, script: str) -> None:
        async def run(connection: Any) -> list[Any]:
            await connection.execute(script)
            return []

        self._by_hand(run)

    def _by_hand(self, work: Callable[[Any], Awaitable[Iterable[Any]]]) -> list[tuple[Any, ...]]:
        async def on_a_connection() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(self.url)
            try:
                return [tuple(row) for row in await work(connection)]
            finally:
                await connection.close()

        return _aside.submit(lambda: asyncio.run(on_a_connection())).result()


async def _every_row(connection: Any) -> list[tuple[Any, ...]]:
    return [
        (name, *row)
        for name in NAMES
        for row in await connection.fetch(f"SELECT * FROM {name}")  # noqa: S608 - our own names
    ]
