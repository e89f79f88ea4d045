"""A database on a server as one end of a move."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator

from parley.core.errors import StorageUnavailableError
from parley.ports import DataRefusedError
from parley.storage.moving import CopyError
from parley.storage.postgres import steps
from parley.storage.postgres.connections import FAILURES, Connection, LostError, PostgresServer, named_errors
from parley.storage.postgres.writer import WRITER_LOCK, PostgresStorage
from parley.storage.scripts import Ask, Row, Step

COMMAND_WITHIN_S = 600.0  # a count of a very large table takes minutes
ROWS_AHEAD = 100  # fetched at a time
ALONE_WITHIN_S = 2.0  # the server takes a moment to notice that a program has ended
PAUSE_S = 0.1

SETTINGS = {"application_name": "parley move", "synchronous_commit": "on", "jit": "off", "lock_timeout": "30s"}

LOCK = f"SELECT pg_try_advisory_lock({WRITER_LOCK})"  # of the session, so that it lasts over all transactions
# Servers and commands keep a connection while they run; the lock alone is free whenever none of them writes.
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'parley %'
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"


class PostgresEnd:
    """Satisfies `parley.storage.moving.End`."""

    dialect = "postgres"
    emptying = "TRUNCATE"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._connection: Connection = None

    async def open(self, *, makes: bool) -> None:
        """Take the writer's lock and see that no Parley is connected. A source is read as of this moment."""
        self._connection = await self._server.connect(SETTINGS, within=COMMAND_WITHIN_S)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ALONE_WITHIN_S
        with _told_errors():
            while not await self._connection.fetchval(LOCK) or await self._connection.fetchval(OTHERS):
                if loop.time() > deadline:
                    name = await self._connection.fetchval("SELECT current_database()")
                    msg = "The database is in use: stop the servers and whatever else of Parley works on it."
                    raise StorageUnavailableError(msg, detail=f"It is {name}.")
                await asyncio.sleep(PAUSE_S)
            if not makes:
                await self._connection.transaction(isolation="repeatable_read", readonly=True).start()

    async def close(self) -> None:
        """Close the connection, and with it the lock and whatever was not committed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*FAILURES):
                await connection.close(timeout=1)
            connection.terminate()

    async def migrate(self) -> None:
        """Bring the schema up to date."""
        await PostgresStorage(self._server).migrate()

    async def tables(self) -> set[str]:
        """All tables of the schema that ours are made in."""
        return {row[0] for row in await self.ask(TABLES)}

    async def ask(self, text: str) -> list[Row]:
        """What a plain statement finds."""
        with _told_errors():
            return list(await steps.take(self._connection, Ask(text)))

    async def rows(self, text: str) -> AsyncGenerator[Row, None]:
        """What a plain statement finds, some rows at a time."""
        with _told_errors():
            async with self._connection.transaction():  # cursors live in one
                async for row in self._connection.cursor(text, prefetch=ROWS_AHEAD):
                    yield row

    async def write(self, *taken: Step) -> None:
        """Take some steps in a transaction of their own."""
        with _told_errors():
            async with self._connection.transaction():
                for step in taken:
                    await steps.take(self._connection, step)

    async def settle(self) -> None:
        """Let the planner know what is in the tables now; by itself it would learn it only after a while."""
        with _told_errors():
            await self._connection.execute("ANALYZE")


@contextlib.contextmanager
def _told_errors() -> Iterator[None]:
    """The driver's errors as ours, with what it says for the operator to read."""
    try:
        with named_errors():
            yield
    except DataRefusedError as refused:
        msg = f"The target refuses a row: {refused}."
        raise CopyError(msg) from refused
    except LostError as lost:
        msg = "The connection to PostgreSQL broke, or it refused a statement; the same command begins anew."
        raise StorageUnavailableError(msg, detail=f"{lost.__cause__}") from lost
