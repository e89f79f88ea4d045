"""The writer: one group at a time, over all processes, each in one transaction (design §1.2, §1.3)."""

import asyncio
import contextlib
import logging

import msgspec

from parley.core.errors import StorageFullError, StorageUnavailableError
from parley.core.events import Event
from parley.ports import DataRefusedError, GroupOfActions
from parley.storage import migrations, rows
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
    "tcp_user_timeout": "5000",  # and with the next three, a machine that is gone is noticed in 5 s
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
}
# The lock is a statement of its own: what LOAD sees must be younger than the lock.
BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({WRITER_LOCK})"
# From here on: a writer that stops between two messages of one statement counts as idle to none of the above. It is
# less than others wait for the lock. Not known before PostgreSQL 17.
BOUND = "; SET LOCAL transaction_timeout = '7s'"

VERSIONS_KEPT = "SELECT 1 WHERE to_regclass('schema_steps') IS NOT NULL"
VERSION = "SELECT coalesce(max(version), 0) FROM schema_steps"
# The types of keys and rows. asyncpg looks up each at its first use, 4 ms a time: all at once, before the lock is held.
ARRAYS = "SELECT $1::bigint[], $2::text[], $3::boolean[], $4::bytea[], $5::double precision[]"
STATUS = "SELECT pg_xact_status($1::text::xid8)"
EVENT = f"SELECT {rows.EVENT} FROM events WHERE number = $1"

log = logging.getLogger("parley.postgres")


class Ticket(msgspec.Struct, frozen=True):
    """What to ask about when the answer to COMMIT is lost.

    The id alone is not enough: one that a crash kept off the disk is given again, to somebody else's transaction. A
    group without events is mere housekeeping, which may be lost.
    """

    transaction: str
    last: Event | None


class UnknownError(Exception):
    """The connection broke while COMMIT was on its way: only the server knows what became of the transaction."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.transaction)
        self.ticket = ticket


class PostgresStorage:
    """Keeps everything in one PostgreSQL database. Satisfies `parley.ports.Storage`."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._connection: Connection = None
        self._catalogues = Catalogues()

    async def migrate(self) -> list[str]:
        """Bring the schema up to date, under a lock so that processes may start together; the steps taken."""
        connection = await self._server.connect({"application_name": "parley migration"}, within=None)
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
                if await self._was_committed(unknown.ticket, deadline):
                    return
            except (LostError, StorageUnavailableError) as lost:
                if loop.time() >= deadline:
                    msg = "The database cannot be reached."
                    raise StorageUnavailableError(msg) from lost
                await asyncio.sleep(PAUSE_S)
            else:
                return

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await _close(connection)

    async def _write(self, group: GroupOfActions) -> None:
        is_new = self._connection is None or self._connection.is_closed()
        if is_new:
            self._connection = await self._server.connect(SETTINGS)
        connection = self._connection
        ticket: Ticket | None = None
        try:
            with named_errors():
                if is_new:
                    await connection.prepare(ARRAYS)
                ticket = await self._prepare(connection, group)
                await connection.execute("ROLLBACK" if ticket is None else "COMMIT")
        except (DataRefusedError, StorageFullError):  # the server says that nothing is stored
            await self._roll_back(connection)
            raise
        except BaseException as broken:  # nobody knows in the middle of what the connection was left
            self._drop()
            if ticket is not None and isinstance(broken, LostError):
                raise UnknownError(ticket) from broken
            raise

    async def _prepare(self, connection: Connection, group: GroupOfActions) -> Ticket | None:
        """Everything but the COMMIT; None when there is nothing to commit."""
        await connection.execute(BEGIN + (BOUND if connection.get_server_version() >= (17,) else ""))
        facts = await steps.run(connection, load(group.take(), self._catalogues, TEXTS))
        changes = group.decide(facts)
        if changes is None:
            return None
        await steps.run(connection, store(changes, TEXTS))
        last = changes.events[-1] if changes.events else None
        transaction = await connection.fetchval(
            f"SELECT pg_current_xact_id()::text, pg_notify('{CHANNEL}', $1)", str(last.number) if last else ""
        )
        return Ticket(transaction, last)

    async def _roll_back(self, connection: Connection) -> None:
        """End a transaction that was refused."""
        self._catalogues.clear()  # what was cached on the way may never have happened
        try:
            with named_errors():
                await connection.execute("ROLLBACK")
        except LostError:
            self._drop()

    async def _was_committed(self, ticket: Ticket, deadline: float) -> bool:
        """Ask the server what became of a transaction. Raises StorageUnavailableError when it cannot be found out."""
        loop = asyncio.get_running_loop()
        while True:
            status = None
            with contextlib.suppress(StorageUnavailableError, LostError):
                status = await self._ask(ticket)
            if status in {"committed", "aborted"}:
                log.warning("commit_asked", extra={"status": status})
                return status == "committed"
            if loop.time() >= deadline:
                msg = "The database cannot be reached, and whether the last writes were stored is not known yet."
                raise StorageUnavailableError(msg)
            await asyncio.sleep(PAUSE_S)

    async def _ask(self, ticket: Ticket) -> str | None:
        connection = await self._server.connect({"application_name": "parley commit check"})
        try:
            with named_errors():
                status: str | None = await connection.fetchval(STATUS, ticket.transaction)
                if status == "committed" and ticket.last is not None:
                    found = await connection.fetchrow(EVENT, ticket.last.number)
                    if found is None or tuple(found) != rows.event_row(ticket.last):
                        return "aborted"  # the id is somebody else's by now
                return status
        except DataRefusedError:
            return "aborted"  # the id is still to be given: the server crashed before it was on disk
        finally:
            await _close(connection)

    def _drop(self) -> None:
        """Let go of the connection as it is; the server rolls back what was not committed."""
        self._catalogues.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


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
    except Exception:  # noqa: BLE001 - it is being thrown away
        connection.terminate()
