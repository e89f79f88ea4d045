"""Reads on a small pool of threads, each with a connection of its own. They never wait for the writer."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from parley.core.search import Query
from parley.ports import Finding
from parley.storage import auditing, migrations, rebuilding, searching
from parley.storage.reader import ScriptReader
from parley.storage.scripts import Ask, R, Row, Script
from parley.storage.sqlite import auditing as sqlite_auditing
from parley.storage.sqlite import steps
from parley.storage.sqlite.connections import SqliteFile, named_errors
from parley.storage.sqlite.texts import TEXTS
from parley.storage.sqlite.threads import Threads
from parley.storage.sqlite.writer import VERSION, VERSIONS_KEPT

THREADS = 2  # reads at a time; each is tens of microseconds, so more threads would only wait for the interpreter lock


class SqliteReader(ScriptReader):
    """Satisfies `parley.ports.Reader`."""

    def __init__(self, file: SqliteFile) -> None:
        super().__init__(TEXTS)
        self._file = file
        self._threads = Threads(THREADS, "parley-reader")
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    def hits(self, community_id: int, query: Query) -> Script[Sequence[Row]]:
        """The conversations where something was found. FTS5 folds what it is asked as it folds what it keeps."""
        match = searching.fts5(community_id, query)
        return (yield Ask(TEXTS.hits, (community_id, match, searching.HITS)))

    async def ready(self) -> bool:
        """Whether the file answers and has this program's schema."""
        return await self.run(_has_our_schema)

    async def audit(self, progress: rebuilding.Progress) -> list[Finding]:
        """Hold the log, the tables and the counters against each other, after a look at the file and the index."""

        def whole() -> Script[list[Finding]]:
            file = yield from sqlite_auditing.file()
            if not file.holds:  # what else is in a damaged file can be trusted no more, or not even be read
                return [file]
            return [file, (yield from sqlite_auditing.search(progress)), *(yield from auditing.audit(progress))]

        return await self.run(whole)

    async def run(self, script: Callable[[], Script[R]]) -> R:
        """Run a script in a reader's thread, in one read transaction."""
        return await self._threads.do(lambda: self._in_thread(script))

    async def close(self) -> None:
        """Close the connections."""
        await self._threads.close()
        while not self._idle.empty():
            self._idle.get().close()

    def _in_thread(self, script: Callable[[], Script[R]]) -> R:
        with named_errors(), self._connection() as connection:
            connection.execute("BEGIN")
            try:
                return steps.run(connection, script())
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._file.connect(for_writing=False)
        try:
            yield connection
        except BaseException:
            connection.close()  # after an error a new one is cheaper than a doubtful one
            raise
        self._idle.put(connection)


def _has_our_schema() -> Script[bool]:
    if not (yield Ask(VERSIONS_KEPT)):
        return False
    ((version,),) = yield Ask(VERSION)
    return bool(version == migrations.newest("sqlite"))
