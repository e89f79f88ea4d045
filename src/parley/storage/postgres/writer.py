"""The writer: one group at a time, over all processes, each in one transaction (design §1.2, §1.3)."""

import asyncio
import contextlib
import logging

from parley.core.errors import StorageUnavailableError
from parley.ports import GroupOfActions
from parley.storage import migrations
from parley.storage.loading import Catalogues, load
from parley.storage.postgres import steps
from parley.storage.postgres.connections import Connection, LostError, PostgresServer, named_errors
from parley.storage.postgres.texts import TEXTS
from parley.storage.storing import store

WRITER_LOCK = 0x7061726C6579  # "parley": the advisory lock that whoever writes holds to the end of its transaction
MIGRATION_LOCK = WRITER_LOCK + 1
CHANNEL = "parley_events"
PATIENCE_S = 8.0  # how long a group is tried again while the server is away; callers give up after 10 s
PAUSE_S = 0.1  # between two tries

# The plan is the one that fits any size (a generic one over indexes), and a dead or stuck process cannot hold the lock.
SETTINGS = {
    "application_name": "parley writer",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "lock_timeout": "8s",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "5s",
    "tcp_user_timeout": "5000",
}

VERSIONS_KEPT = "SELECT 1 WHERE to_regclass('schema_steps') IS NOT NULL"
VERSION = "SELECT coalesce(max(version), 0) FROM schema_steps"

log = logging.getLogger("parley.postgres")


class UnknownError(Exception):
    """The connection broke while COMMIT was on its way: only the server knows what became of the transaction."""

    def __init__(self, transaction: str) -> None:
        super().__init__(transaction)
        self.transaction = transaction


class PostgresStorage:
    """Keeps everything in one PostgreSQL database. Satisfies `parley.ports.Storage`."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._connection: Connection = None
        self._catalogues = Catalogues()

    async def migrate(self) -> list[str]:
        """Bring the schema up to date, under a lock so that processes may start together; the steps taken."""
        connection = await self._server.connect({"application_name": "parley migration"})
        try:
            with named_errors():
                return await _migrate(connection)
        except LostError as lost:
            msg = f"The schema could not be brought up to date: {lost}."
            raise StorageUnavailableError(msg) from lost
        finally:
            await _close(connection)

    async def write(self, group: GroupOfActions) -> None:
        """Lock, take, load, decide, store, commit; again on a new connection when the old one breaks."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S
        while True:
            try:
                await self._write(group)
            except UnknownError as unknown:
                await self._drop()
                if await self._was_committed(unknown.transaction, deadline):
                    return
            except (LostError, StorageUnavailableError) as lost:
                await self._drop()
                if loop.time() >= deadline:
                    msg = "The database cannot be reached."
                    raise StorageUnavailableError(msg) from lost
                await asyncio.sleep(PAUSE_S)
            else:
                return

    async def close(self) -> None:
        """Close the connection."""
        await self._drop()

    async def _write(self, group: GroupOfActions) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._server.connect(SETTINGS)
        connection = self._connection
        try:
            with named_errors():
                # The lock is a statement of its own: what LOAD sees must be younger than the lock.
                await connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                facts = await steps.run(connection, load(group.take(), self._catalogues, TEXTS))
                changes = group.decide(facts)
                if changes is None:
                    await connection.execute("ROLLBACK")
                    return
                await steps.run(connection, store(changes, TEXTS))
                newest = str(changes.events[-1].number) if changes.events else ""
                transaction = await connection.fetchval(
                    f"SELECT pg_current_xact_id()::text, pg_notify('{CHANNEL}', $1)", newest
                )
        except BaseException:
            await self._roll_back(connection)
            raise
        try:
            with named_errors():
                await connection.execute("COMMIT")
        except LostError as lost:
            raise UnknownError(transaction) from lost

    async def _roll_back(self, connection: Connection) -> None:
        """End the transaction. What was cached on the way may never have happened."""
        self._catalogues.clear()
        try:
            with named_errors():
                await connection.execute("ROLLBACK")
        except LostError:
            await self._drop()

    async def _was_committed(self, transaction: str, deadline: float) -> bool:
        """Ask the server what became of a transaction. Raises StorageUnavailableError when it cannot be found out."""
        loop = asyncio.get_running_loop()
        while True:
            status = None
            with contextlib.suppress(StorageUnavailableError, LostError):
                connection = await self._server.connect({"application_name": "parley commit check"})
                try:
                    with named_errors():
                        status = await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", transaction)
                finally:
                    await _close(connection)
            if status in {"committed", "aborted"}:
                log.warning("commit_asked", extra={"status": status})
                return bool(status == "committed")
            if loop.time() >= deadline:
                msg = "The database cannot be reached, and whether the last writes were stored is not known yet."
                raise StorageUnavailableError(msg)
            await asyncio.sleep(PAUSE_S)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await _close(connection)


async def _migrate(connection: Connection) -> list[str]:
    taken: list[str] = []
    while True:
        async with connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            await connection.execute(
                """CREATE TABLE IF NOT EXISTS schema_steps (
                    version BIGINT PRIMARY KEY, name TEXT NOT NULL, taken_at TIMESTAMPTZ NOT NULL)"""
            )
            waiting = migrations.pending("postgres", int(await connection.fetchval(VERSION)))
            if not waiting:
                return taken
            step = waiting[0]
            await connection.execute(step.sql)
            await connection.execute(
                "INSERT INTO schema_steps (version, name, taken_at) VALUES ($1, $2, now())", step.version, step.name
            )
        taken.append(f"{step.version:04}_{step.name}")


async def _close(connection: Connection) -> None:
    """Close politely if the server still listens, else at once."""
    try:
        await connection.close(timeout=1)
    except (OSError, TimeoutError, asyncio.CancelledError, Exception):  # noqa: BLE001 - it is being thrown away
        connection.terminate()
