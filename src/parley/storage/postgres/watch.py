"""Hearing that somebody has written to the database: each group sends one NOTIFY when it commits (design §2)."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta

from parley.core.errors import StorageUnavailableError
from parley.ports import DataRefusedError
from parley.storage.postgres.connections import Connection, LostError, PostgresServer, named_errors
from parley.storage.postgres.writer import CHANNEL

ASKED_EVERY = timedelta(seconds=10)  # whether the line still stands: one that only listens would not notice
ANSWERED_WITHIN_S = 5.0
FIRST_PAUSE_S = 0.1  # before connecting again; twice as long each time
LONGEST_PAUSE_S = 2.0

SETTINGS = {
    "application_name": "parley watch",
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
}

log = logging.getLogger("parley.postgres")


class PostgresWatch:
    """Satisfies `parley.ports.Watch`."""

    def __init__(
        self,
        server: PostgresServer,
        *,
        asked_every: timedelta = ASKED_EVERY,
        answered_within_s: float = ANSWERED_WITHIN_S,
    ) -> None:
        self._server = server
        self._asked_every_s = asked_every.total_seconds()
        self._answered_within_s = answered_within_s

    async def watch(self, wake: Callable[[], None]) -> None:
        """Listen, and when the connection is lost listen on a new one, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            with contextlib.suppress(StorageUnavailableError, LostError, DataRefusedError):
                connection = await self._server.connect(SETTINGS, within=self._answered_within_s)
                pause_s = FIRST_PAUSE_S
                await self._listen(connection, wake)
            log.warning("listening_lost", extra={"pause_s": pause_s})
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _listen(self, connection: Connection, wake: Callable[[], None]) -> None:
        """Wake at each notice until the connection is lost. Raises LostError."""
        lost = asyncio.Event()
        try:
            with named_errors():
                connection.add_termination_listener(lambda _: lost.set())
                await connection.add_listener(CHANNEL, lambda *_: wake())
                wake()  # for what was written while nobody listened
                while not lost.is_set():
                    await self._rest(lost)
                    await connection.fetchval("SELECT 1")
        finally:
            connection.terminate()

    async def _rest(self, lost: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._asked_every_s):
                await lost.wait()
