"""Noticing that somebody has written to the file: SQLite counts the commits of other connections."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import timedelta

from parley.core.errors import ParleyError
from parley.storage.sqlite.connections import SqliteFile, named_errors
from parley.storage.sqlite.threads import Threads

EVERY = timedelta(milliseconds=250)  # one look costs about 10 µs


class SqliteWatch:
    """Satisfies `parley.ports.Watch`. Differs by necessity from PostgreSQL's: a file tells nobody, it must be asked."""

    def __init__(self, file: SqliteFile, *, every: timedelta = EVERY) -> None:
        self._file = file
        self._every_s = every.total_seconds()
        self._connection: sqlite3.Connection | None = None

    def tell(self, word: str) -> None:
        """Tell nobody: one process serves from a file."""

    async def watch(self, wake: Callable[[], None], *, hear: Callable[[str], None] | None = None) -> None:
        """Look four times a second, until cancelled."""
        thread = Threads(1, "parley-watch")
        last: int | None = None
        try:
            while True:
                version = await self._look(thread)
                if version != last:
                    last = version
                    wake()
                await asyncio.sleep(self._every_s)
        finally:
            await thread.do(self._close)
            await thread.close()

    async def _look(self, thread: Threads) -> int | None:
        """How often the file was written to; None when it cannot be opened now."""
        try:
            return await thread.do(self._version)
        except ParleyError:
            return None

    def _version(self) -> int:
        if self._connection is None:
            self._connection = self._file.connect(for_writing=False)
        with named_errors():
            ((version,),) = self._connection.execute("PRAGMA data_version")
        return int(version)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
