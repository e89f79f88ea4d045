"""The writer: one thread, one group at a time, each loaded, decided and committed in a single hop (design §1.6)."""

import contextlib
import sqlite3

from parley.core.errors import StorageUnavailableError
from parley.ports import GroupOfActions
from parley.storage import migrations
from parley.storage.loading import Catalogues, load
from parley.storage.sqlite import steps
from parley.storage.sqlite.connections import SqliteFile, named_errors
from parley.storage.sqlite.texts import TEXTS
from parley.storage.sqlite.threads import Threads
from parley.storage.storing import store

VERSIONS_KEPT = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_steps'"
VERSION = "SELECT coalesce(max(version), 0) FROM schema_steps"


class SqliteStorage:
    """Keeps everything in one file. Satisfies `parley.ports.Storage`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._catalogues = Catalogues()
        self._thread = Threads(1, "parley-writer")

    async def migrate(self) -> list[str]:
        """Bring the schema up to date; the names of the steps taken."""
        return await self._thread.do(self._migrate)

    async def write(self, group: GroupOfActions) -> None:
        """Lock, take, load, decide, store, commit: one hop into the writer thread."""
        await self._thread.do(lambda: self._write(group))

    async def close(self) -> None:
        """Close the file; SQLite folds the write-ahead log into it."""
        await self._thread.do(self._close)
        await self._thread.close()

    # In the writer thread

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._file.connect(for_writing=True)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, group: GroupOfActions) -> None:
        connection = self._open()
        with named_errors():
            connection.execute("BEGIN IMMEDIATE")
            try:
                facts = steps.run(connection, load(group.take(), self._catalogues, TEXTS))
                changes = group.decide(facts)
                if changes is None:
                    connection.execute("ROLLBACK")
                else:
                    steps.run(connection, store(changes, TEXTS))
                    connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        """End the transaction unless SQLite did so itself. What was cached on the way may never have happened."""
        self._catalogues.clear()
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _migrate(self) -> list[str]:
        connection = self._open()
        taken = []
        with named_errors():
            connection.execute(
                """CREATE TABLE IF NOT EXISTS schema_steps (
                    version INTEGER PRIMARY KEY, name TEXT NOT NULL, taken_at TEXT NOT NULL) STRICT"""
            )
            while step := self._next_step(connection):
                try:
                    for statement in split(step.sql):
                        connection.execute(statement)
                    connection.execute(
                        "INSERT INTO schema_steps (version, name, taken_at) VALUES (?, ?, datetime('now'))",
                        (step.version, step.name),
                    )
                    connection.execute("COMMIT")
                except BaseException:
                    self._roll_back(connection)
                    raise
                taken.append(f"{step.version:04}_{step.name}")
        return taken

    def _next_step(self, connection: sqlite3.Connection) -> migrations.Step | None:
        """The next step with the write lock held for it, so that processes may start together."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            waiting = migrations.pending("sqlite", schema_version(connection))
        except BaseException:
            self._roll_back(connection)
            raise
        if not waiting:
            connection.execute("ROLLBACK")
            return None
        return waiting[0]


def schema_version(connection: sqlite3.Connection) -> int:
    """The version that the file's schema has; 0 for a new file."""
    if connection.execute(VERSIONS_KEPT).fetchone() is None:
        return 0
    (version,) = connection.execute(VERSION).fetchone()
    return int(version)


def split(script: str) -> list[str]:
    """The statements of a script, so that they can share one transaction (`executescript` commits first)."""
    statements, part = [], ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            statements.append(part)
            part = ""
    if part.strip() and not all(line.lstrip().startswith("--") for line in part.splitlines() if line.strip()):
        msg = f"The script ends inside a statement: {part.strip()[:60]}"
        raise StorageUnavailableError(msg)
    return statements
