"""Plain reads on a small pool of threads, each with a connection of its own. They never wait for the writer."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from queue import SimpleQueue
from typing import TypeVar

from parley.core.access import Grant, RefreshToken, SigningKey
from parley.core.communities import Community
from parley.core.conversations import Message
from parley.core.events import Event
from parley.core.fields import Category, Field
from parley.core.people import Teammate, User
from parley.core.texts import key_of
from parley.ports import Finding, ListPage, Opened, Page
from parley.storage import migrations, rows
from parley.storage.sqlite import audit, conversations, load
from parley.storage.sqlite.connections import SqliteFile, named_errors
from parley.storage.sqlite.writer import schema_version

THREADS = 2  # reads at a time; each is tens of microseconds, so more threads would only wait for the interpreter lock

T = TypeVar("T")

_GRANT = f"""
    SELECT {", ".join(f"t.{name.strip()}" for name in rows.TOKEN.split(","))}, c.client_id
    FROM refresh_tokens t
    CROSS JOIN communities c ON c.id = t.community_id
"""
GRANT = f"{_GRANT} WHERE t.id = ?"
GRANT_BY_HASH = f"{_GRANT} WHERE t.secret_hash = ?"
CLIENT_EXISTS = "SELECT 1 FROM communities WHERE client_id = ?"
COMMUNITIES = f"SELECT {rows.COMMUNITY} FROM communities ORDER BY id"
COMMUNITY_BY_NAME = f"SELECT {rows.COMMUNITY} FROM communities WHERE name_key = ?"
COMMUNITY_BY_ID = f"SELECT {rows.COMMUNITY} FROM communities WHERE id = ?"
TOKENS = f"""
    SELECT {rows.TOKEN} FROM refresh_tokens WHERE community_id = ? AND revoked_at IS NULL ORDER BY id
"""
TEAMMATES = f"""
    SELECT t.user_id, t.community_id, t.role, t.status, t.seats, t.is_active, {rows.USER_OF_U}
    FROM teammates t
    CROSS JOIN users u ON u.id = t.user_id
    WHERE t.community_id = ?
    ORDER BY u.name, u.id
"""
EVENTS = f"SELECT {rows.EVENT} FROM events WHERE number > ? ORDER BY number LIMIT ?"
EVENTS_OF_COMMUNITY = f"""
    SELECT {rows.EVENT} FROM events WHERE community_id = ? AND seq > ? ORDER BY seq LIMIT ?
"""


class SqliteReader:
    """Satisfies `parley.ports.Reader`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parley-reader")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    async def ready(self) -> bool:
        """Whether the file answers and has this program's schema."""
        return await self._read(lambda connection: schema_version(connection) == migrations.newest("sqlite"))

    async def conversation(
        self, community_id: int, conversation_id: int, *, messages: str | None, at: datetime | None = None
    ) -> Opened | None:
        """One conversation with its author, place, estimate and at most 100 messages, all of one moment."""
        return await self._read(
            lambda connection: conversations.read(connection, community_id, conversation_id, order=messages, at=at)
        )

    async def messages(self, community_id: int, conversation_id: int, page: Page) -> list[tuple[Message, User]] | None:
        """A page of a conversation's messages; None when there is no such conversation."""
        return await self._read(
            lambda connection: conversations.read_messages(connection, community_id, conversation_id, page)
        )

    async def conversations(self, community_id: int, page: ListPage, *, at: datetime | None = None) -> list[Opened]:
        """Conversations, newest change first."""
        return await self._read(lambda connection: conversations.read_list(connection, community_id, page, at))

    async def grant(self, token_id: int) -> Grant | None:
        """A refresh token by its id."""
        return await self._read(lambda connection: _grant(connection, GRANT, token_id))

    async def grant_by_hash(self, secret_hash: bytes) -> Grant | None:
        """A refresh token by the SHA-256 of its secret."""
        return await self._read(lambda connection: _grant(connection, GRANT_BY_HASH, secret_hash))

    async def client_exists(self, client_id: str) -> bool:
        """Whether any community signs in with this client id."""
        return bool(await self._all(CLIENT_EXISTS, client_id))

    async def signing_keys(self) -> list[SigningKey]:
        """All signing keys, newest first."""
        return list(map(rows.signing_key_of, await self._all(load.SIGNING_KEYS)))

    async def communities(self) -> list[Community]:
        """All communities, by id."""
        return list(map(rows.community_of, await self._all(COMMUNITIES)))

    async def community(self, name_or_id: str) -> Community | None:
        """One community by its name, or else by its id."""
        found = await self._all(COMMUNITY_BY_NAME, key_of(name_or_id))
        if not found and name_or_id.isascii() and name_or_id.isdecimal() and len(name_or_id) < 16:  # noqa: PLR2004 - ids are below 2^53
            found = await self._all(COMMUNITY_BY_ID, int(name_or_id))
        return rows.community_of(found[0]) if found else None

    async def tokens(self, community_id: int) -> list[RefreshToken]:
        """The community's refresh tokens that are not revoked."""
        return list(map(rows.token_of, await self._all(TOKENS, community_id)))

    async def categories(self, community_id: int) -> list[Category]:
        """The community's categories."""
        return list(map(rows.category_of, await self._all(load.CATEGORIES_OF, community_id)))

    async def fields(self, community_id: int) -> list[Field]:
        """The community's custom fields."""
        return list(map(rows.field_of, await self._all(load.FIELDS_OF, community_id)))

    async def teammates(self, community_id: int) -> list[tuple[User, Teammate]]:
        """The community's teammates, by name."""
        found = await self._all(TEAMMATES, community_id)
        return [(rows.user_of(row[6:]), rows.teammate_of(row)) for row in found]

    async def events(self, *, after: int, take: int, community_id: int | None = None) -> list[Event]:
        """The log behind a number: the server's own, or with `community_id` its `seq`."""
        if community_id is None:
            found = await self._all(EVENTS, after, take)
        else:
            found = await self._all(EVENTS_OF_COMMUNITY, community_id, after, take)
        return list(map(rows.event_of, found))

    async def audit(self, progress: Callable[[int, int], None]) -> list[Finding]:
        """Hold the log, the tables and the counters against each other."""
        return await self._read(lambda connection: audit.audit(connection, progress))

    async def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get().close()

    async def _all(self, text: str, *parameters: object) -> list[rows.Row]:
        return await self._read(lambda connection: connection.execute(text, parameters).fetchall())

    async def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._in_thread, read)

    def _in_thread(self, read: Callable[[sqlite3.Connection], T]) -> T:
        with named_errors(), self._connection() as connection:
            connection.execute("BEGIN")
            try:
                return read(connection)
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._file.connect(for_writing=False) if self._idle.empty() else self._idle.get()
        try:
            yield connection
        except BaseException:
            connection.close()  # after an error a new one is cheaper than a doubtful one
            raise
        self._idle.put(connection)


def _grant(connection: sqlite3.Connection, text: str, key: object) -> Grant | None:
    row = connection.execute(text, (key,)).fetchone()
    return None if row is None else Grant(token=rows.token_of(row), client_id=row[8])
