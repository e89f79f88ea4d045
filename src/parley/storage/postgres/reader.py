"""Reads on a pool of connections. They never wait for the writer."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import asyncpg

from parley.core.errors import StorageUnavailableError
from parley.core.search import Query, spellings
from parley.ports import DataRefusedError, Finding
from parley.storage import auditing, migrations, rebuilding, searching
from parley.storage.postgres import steps
from parley.storage.postgres.connections import (
    CONNECT_WITHIN_S,
    FAILURES,
    STATEMENTS,
    Connection,
    LostError,
    PostgresServer,
    named_errors,
    unavailable,
)
from parley.storage.postgres.texts import TEXTS
from parley.storage.postgres.writer import VERSION, VERSIONS_KEPT
from parley.storage.reader import ScriptReader
from parley.storage.scripts import Ask, R, Row, Script

CONNECTIONS = 4  # reads at a time in one process
TURN_WITHIN_S = 5.0  # how long a read waits for a free connection
READ_WITHIN_S = 5.0  # after which a line is held to be dead: no read takes a tenth of it

# As for the writer: a plan made on a young, empty table must not be the one that reads all of it later.
SETTINGS = {
    "application_name": "parley reader",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "enable_seqscan": "off",
    "default_transaction_read_only": "on",
}
AUDIT_SETTINGS = {**SETTINGS, "application_name": "parley verify", "enable_seqscan": "on"}  # it reads everything

# What is typed, in the words of the index.
FOLDED = """
    SELECT array_to_string(found_words(NULL, k.spelling), ' ')
    FROM unnest($1::text[]) WITH ORDINALITY k (spelling, number) ORDER BY k.number
"""


class PostgresReader(ScriptReader):
    """Satisfies `parley.ports.Reader`."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(TEXTS)
        self._server = server
        self._pool: Connection = None
        self._opening = asyncio.Lock()

    def hits(self, community_id: int, query: Query) -> Script[Sequence[Row]]:
        """The conversations where something was found, by words that are folded as those of the index are."""
        spelled = [spellings(phrase) for phrase in query.phrases]
        every = [spelling for phrase in spelled for spelling in phrase]
        folded = iter((yield Ask(FOLDED, (every,))))
        phrases = [[next(folded)[0] or spelling for spelling in phrase] for phrase in spelled]
        asked = searching.tsquery(community_id, phrases, is_unfinished=query.is_unfinished)
        in_rows = searching.rows_of_words(phrases, is_unfinished=query.is_unfinished)
        return (yield Ask(TEXTS.hits, (community_id, asked, searching.HITS, in_rows)))

    async def ready(self) -> bool:
        """Whether the server answers and the database has this program's schema."""
        return await self.run(_has_our_schema)

    async def audit(self, progress: rebuilding.Progress) -> list[Finding]:
        """Hold the log, the tables and the counters against each other, on a connection that may take long.

        Differs by necessity from SQLite's: PostgreSQL's index of what is searched follows the rows by itself, so there
        is nothing to check.
        """
        connection = await self._server.connect(AUDIT_SETTINGS, within=None)
        try:
            return await _run(connection, auditing.audit(progress))
        except LostError as lost:
            raise unavailable(lost) from lost
        finally:
            connection.terminate()

    async def run(self, script: Callable[[], Script[R]]) -> R:
        """Run a script in one read transaction; once more when the connection had been broken in the pool."""
        try:
            return await self._run(script())
        except LostError as lost:
            if isinstance(lost.__cause__, TimeoutError):  # its turn did not come, or the line is dead: no longer wait
                raise unavailable(lost) from lost
        try:
            return await self._run(script())
        except LostError as lost:
            raise unavailable(lost) from lost

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._pool.close(), TURN_WITHIN_S)
            self._pool.terminate()

    async def _run(self, script: Script[R]) -> R:
        pool = await self._opened()
        with named_errors():
            async with pool.acquire(timeout=TURN_WITHIN_S) as connection:
                return await _run(connection, script)

    async def _opened(self) -> Connection:
        async with self._opening:
            if self._pool is None:
                try:
                    self._pool = await asyncpg.create_pool(
                        self._server.url,
                        min_size=0,  # opens nothing by itself: whoever reads first connects, and is told if that fails
                        max_size=CONNECTIONS,
                        timeout=CONNECT_WITHIN_S,
                        command_timeout=READ_WITHIN_S,
                        statement_cache_size=STATEMENTS,
                        max_cached_statement_lifetime=0,
                        server_settings=SETTINGS,
                        reset=_leave,
                    )
                except (*FAILURES, ValueError) as failed:
                    raise unavailable(failed) from failed
            return self._pool


async def _run(connection: Connection, script: Script[R]) -> R:
    try:
        with named_errors():
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await steps.run(connection, script)
    except DataRefusedError as refused:  # a read has nothing that could be refused: the statement is at fault
        raise StorageUnavailableError("The database does not understand the question.") from refused


async def _leave(connection: Connection) -> None:
    """A read leaves no setting, lock or cursor behind; to reset them all the same costs a fifth of a read."""


def _has_our_schema() -> Script[bool]:
    if not (yield Ask(VERSIONS_KEPT)):
        return False
    ((version,),) = yield Ask(VERSION)
    return bool(version == migrations.newest("postgres"))
