"""A line to a server that breaks when it is told to."""

import asyncio
import re
import ssl
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

WITHIN_S = 30.0
PIECE = 65_536

_ASKED = re.compile(rb"GET .*\r\n(?:.+\r\n)*?\r\n")
_LAST = re.compile(rb"\r\nlast-event-id: *(.*)\r\n", re.IGNORECASE)
_HELLO = b"retry: "  # with which every stream begins


class Relay:
    """Passes on what comes to a port of its own. Use as a context manager; it lives in a thread.

    `lasts` holds the `Last-Event-ID` of every stream that was asked for, None where there was none. `begun` counts the
    streams that have begun, `turned_away` the connections that came to nothing.
    """

    def __init__(self, to: int, *, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.lasts: list[str | None] = []
        self.begun = 0
        self.turned_away = 0
        self._to = to
        self._tls = tls
        self._is_closed = False
        self._mark = b""
        self._ends: set[asyncio.StreamWriter] = set()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Cut all lines, and every one that comes from now on."""
        self._is_closed = True
        self._do(self._cut())

    def open(self) -> None:
        """Pass on again what comes from now on."""
        self._is_closed = False

    def cut_behind(self, mark: bytes) -> None:
        """Cut, once, the line on which the server sends this, right behind it."""
        self._mark = mark

    def until(self, holds: Callable[[Self], bool]) -> None:
        """Wait until what it has seen is so."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self), WITHIN_S), (self.lasts, self.begun, self.turned_away)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        self._is_closed = True
        await self._cut()
        if lines := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(lines, timeout=WITHIN_S)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            self._turn_away(writer)
            return
        if self._is_closed:
            self._turn_away(writer, to_server)
            return
        ends = {writer, to_server}
        self._ends |= ends
        ways = {asyncio.create_task(self._up(reader, to_server)), asyncio.create_task(self._down(from_server, writer))}
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self._ends -= ends
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in ends:
            end.close()

    def _turn_away(self, *ends: asyncio.StreamWriter) -> None:
        for end in ends:
            end.transport.abort()
        with self._changed:
            self.turned_away += 1
            self._changed.notify_all()

    async def _up(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        """Carry what is asked."""
        said = b""
        while piece := await reader.read(PIECE):
            said += piece
            while asked := _ASKED.search(said):
                said = said[asked.end() :]
                last = _LAST.search(asked[0])
                with self._changed:
                    self.lasts.append(last and last[1].decode())
                    self._changed.notify_all()
            to_server.write(piece)
            await to_server.drain()

    async def _down(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what is answered, to where the line is to be cut."""
        said = b""
        while piece := await from_server.read(PIECE):
            before, said = len(said), said + piece
            found = said.find(self._mark, max(0, before + 1 - len(self._mark))) if self._mark else -1
            end = len(said) if found < 0 else found + len(self._mark)
            writer.write(said[before:end])
            await writer.drain()
            if found >= 0:
                self._mark = b""
                return
            with self._changed:
                self.begun += said.count(_HELLO, max(0, before + 1 - len(_HELLO)))
                self._changed.notify_all()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(WITHIN_S)
