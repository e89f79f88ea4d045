"""Hearing that somebody has written to the database: each group sends one NOTIFY when it commits (design §2).

The same connection carries what the processes tell each other.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from parley.core.errors import StorageUnavailableError
from parley.ports import DataRefusedError
from parley.storage.postgres.connections import Connection, LostError, PostgresServer, named_errors
from parley.storage.postgres.writer import CHANNEL

WORDS = "parley_words"  # the channel of what processes tell each other
# All words that wait, in one transaction, which changes no row and so waits for no disk. They are numbered, for of
# equal ones only the first would be sent. Without words it is a mere question, whose answer tells that the line stands.
TELL = f"SELECT pg_notify('{WORDS}', number || ' ' || word) FROM unnest($1::text[]) WITH ORDINALITY k (word, number)"
UNTOLD_LIMIT = 1_000  # words that may wait for the line; of more, the oldest are dropped

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
        self._untold: deque[str] = deque(maxlen=UNTOLD_LIMIT)
        self._stir = asyncio.Event()  # there is something to tell, or the connection was lost

    def tell(self, word: str) -> None:
        """Have it sent by whoever listens: a connection serves one at a time."""
        self._untold.append(word)
        self._stir.set()

    async def watch(self, wake: Callable[[], None], *, hear: Callable[[str], None] | None = None) -> None:
        """Listen, and when the connection is lost listen on a new one, until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            with contextlib.suppress(StorageUnavailableError, LostError, DataRefusedError):
                connection = await self._server.connect(SETTINGS, within=self._answered_within_s)
                pause_s = FIRST_PAUSE_S
                await self._listen(connection, wake, hear)
            log.warning("listening_lost", extra={"pause_s": pause_s})
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _listen(
        self, connection: Connection, wake: Callable[[], None], hear: Callable[[str], None] | None
    ) -> None:
        """Wake at each notice, and carry words, until the connection is lost. Raises LostError."""
        try:
            with named_errors():
                connection.add_termination_listener(lambda _: self._stir.set())
                self._untold.clear()  # told while there was no line: true no longer
                if hear is not None:
                    await _listen_for_words(connection, hear)
                await connection.add_listener(CHANNEL, lambda *_: wake())
                wake()  # for what was written while nobody listened
                while True:
                    await self._rest()
                    await self._send(connection)
        finally:
            connection.terminate()

    async def _rest(self) -> None:
        """Return when there is something to do, at the latest when it is time to ask whether the line still stands."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._asked_every_s):
                await self._stir.wait()
        self._stir.clear()

    async def _send(self, connection: Connection) -> None:
        words = list(self._untold)
        self._untold.clear()
        await connection.execute(TELL, words)


async def _listen_for_words(connection: Connection, hear: Callable[[str], None]) -> None:
    """Hear what others tell, and not our own words, which the server gives back, too."""
    own = await connection.fetchval("SELECT pg_backend_pid()")  # what the driver knows may be a pooler's number

    def take(_connection: Connection, teller: int, _channel: str, numbered: str) -> None:
        if teller != own:
            hear(numbered.partition(" ")[2])

    await connection.add_listener(WORDS, take)
