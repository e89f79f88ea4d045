"""A proxy in front of PostgreSQL that reads along and strikes at a chosen step of a group.

It knows as much of the protocol as it takes to see which statement comes next: the messages that carry a statement
or name a prepared one, and the server's "ready for the next" (PostgreSQL manual, "Message Formats").
"""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.postgres import Cluster

READY = b"Z\x00\x00\x00\x05"  # the head of "ready for query", with which every answer ends; one byte follows
ASK_FOR_TLS, ASK_FOR_GSS = 80877103, 80877104  # the first packet, before the one that signs in
PIECE = 65_536


class Step(Enum):
    """What a group does, told from its statements."""

    BEGIN = auto()  # and wait for the lock
    LOAD = auto()
    STORE = auto()
    TICKET = auto()  # the transaction's id is read, to be asked about if need be
    COMMIT = auto()


class Way(Enum):
    """How the line fails at a step."""

    NONE = auto()  # it does not: one only learns that somebody is there
    BEFORE = auto()  # the statement never arrives; the connection is cut
    AFTER = auto()  # the server has done it; its answer is swallowed and the connection cut
    STALL = auto()  # the server has done it; its answer waits until somebody hangs up
    DEAD = auto()  # the statement never arrives and nothing more is heard, not even that somebody hung up


@dataclass(frozen=True)
class Fault:
    """Strikes once: at the nth statement of that step in one group."""

    step: Step
    way: Way
    nth: int = 1


class Proxy:
    """Listens on a port of its own. Use as a context manager; it lives in a thread.

    `delay` holds back every answer by so many seconds. `struck` is set when the fault that was armed has struck.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.port = 0
        self.delay = 0.0
        self.fault: Fault | None = None
        self.struck = threading.Event()
        self.struck_port = 0  # of the program at the other end of the line that was struck
        self.lines: set[Line] = set()
        self.never = asyncio.Event()  # what a dead line waits for: the end of the proxy
        self._cluster = cluster
        self._listening: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.admit()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, database: str) -> str:
        """The URL of a database, given its own one, by way of the proxy."""
        parts = urlsplit(database)
        user = f"{parts.username or 'postgres'}{f':{parts.password}' if parts.password else ''}"
        return f"postgresql://{user}@127.0.0.1:{self.port}{parts.path}?sslmode=disable"

    def arm(self, fault: Fault) -> threading.Event:
        """Strike the next group that comes to that step; the event that says so."""
        self.struck.clear()
        self.fault = fault
        return self.struck

    def disarm(self) -> None:
        """Strike nobody."""
        self.fault = None

    def cut(self) -> int:
        """Cut all connections; how many there were."""
        cut: int = self._do(self._cut())
        return cut

    def deaden(self) -> None:
        """Let nothing more come through the lines there are, and leave them standing."""
        for line in list(self.lines):
            line.die()

    def refuse(self) -> None:
        """Refuse new connections and cut all there are."""
        self._do(self._refuse())

    def admit(self) -> None:
        """Listen, on the same port as before."""
        self._do(self._listen())

    def writers(self) -> int:
        """How many connections there are that have written and can do so again."""
        return sum(line.writes for line in list(self.lines))

    def take(self, step: Step, nth: int, line: "Line") -> Fault | None:
        """The armed fault if this is its moment; it is then spent."""
        fault = self.fault
        if fault is None or (fault.step, fault.nth) != (step, nth):
            return None
        self.fault = None
        self.struck_port = line.port
        return fault

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the server itself."""
        socket: Path | None = self._cluster.socket
        if socket is not None:
            return await asyncio.open_unix_connection(str(socket))
        parts = urlsplit(self._cluster.url())
        return await asyncio.open_connection(parts.hostname, parts.port or 5432)

    async def _listen(self) -> None:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(self, reader, writer)
        self.lines.add(line)
        try:
            await line.run()
        finally:
            self.lines.discard(line)

    async def _refuse(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        await self._cut()

    async def _cut(self) -> int:
        lines = list(self.lines)
        for line in lines:
            line.cut()
        return len(lines)

    async def _end(self) -> None:
        self.never.set()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            await task

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(what, self._loop)
        return done.result(10)


class Line:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.port: int = writer.get_extra_info("peername")[1]
        self._has_written = False
        self._proxy = proxy
        self._from_program, self._to_program = reader, writer
        self._to_server: asyncio.StreamWriter | None = None
        self._texts: dict[bytes, bytes] = {}  # prepared statements by name
        self._counts: Counter[Step] | None = None  # statements of each step in this group; None outside of one
        self._way: Way | None = None  # how this line was struck

    @property
    def writes(self) -> bool:
        """Whether it belongs to a writer and is well."""
        return self._has_written and self._way is None

    def die(self) -> None:
        """Carry nothing more in either direction."""
        self._way = Way.DEAD

    async def run(self) -> None:
        """Carry messages until somebody hangs up."""
        try:
            from_server, self._to_server = await self._proxy.dial()
        except OSError:
            self.cut()
            return
        ways = {asyncio.ensure_future(self._up(self._to_server)), asyncio.ensure_future(self._down(from_server))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self.cut()

    def cut(self) -> None:
        """End both halves at once, whatever is on its way."""
        for writer in (self._to_program, self._to_server):
            if writer is not None:
                writer.transport.abort()

    async def _up(self, server: asyncio.StreamWriter) -> None:
        """Carry what the program says."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._sign_in(server)
            while True:
                head = await self._from_program.readexactly(5)
                body = await self._from_program.readexactly(int.from_bytes(head[1:]) - 4)
                self._watch(head[:1], body)
                if self._way is Way.BEFORE:
                    self._proxy.struck.set()
                    return
                if self._way is Way.DEAD:
                    self._proxy.struck.set()
                    break
                server.write(head + body)
                await server.drain()
        if self._way is Way.DEAD:
            await self._proxy.never.wait()  # the end of the program is not passed on either

    async def _sign_in(self, server: asyncio.StreamWriter) -> None:
        """The first packets have no type."""
        code = ASK_FOR_TLS
        while code in {ASK_FOR_TLS, ASK_FOR_GSS}:
            size = await self._from_program.readexactly(4)
            packet = await self._from_program.readexactly(int.from_bytes(size) - 4)
            code = int.from_bytes(packet[:4])
            server.write(size + packet)

    async def _down(self, server: asyncio.StreamReader) -> None:
        """Carry what the server says."""
        end = b""
        with contextlib.suppress(ConnectionError):
            while data := await server.read(PIECE):
                end = (end + data)[-6:]
                if self._way is None:
                    if self._proxy.delay:
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._proxy.never.wait(), self._proxy.delay)
                    self._to_program.write(data)
                    await self._to_program.drain()
                elif end.startswith(READY):
                    self._proxy.struck.set()
                    if self._way is Way.AFTER:
                        return
        if self._way is Way.DEAD:
            await self._proxy.never.wait()

    def _watch(self, kind: bytes, body: bytes) -> None:
        """See whether a statement begins a step at which the line is to be struck."""
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._texts[name] = text
        elif kind == b"B":
            _, name, _ = body.split(b"\0", 2)
            self._step(self._texts.get(name, b"").decode())
        elif kind == b"Q":
            self._step(body.rstrip(b"\0").decode())

    def _step(self, text: str) -> None:
        word = text.split(None, 1)[0] if text else ""
        if word == "BEGIN;" and "pg_advisory_xact_lock" in text:
            self._counts, step = Counter(), Step.BEGIN
            self._has_written = True
        elif self._counts is None:
            return
        elif word == "SELECT":
            step = Step.TICKET if "pg_current_xact_id" in text else Step.LOAD
        elif word in {"INSERT", "UPDATE", "DELETE"}:
            step = Step.STORE
        elif word == "COMMIT":
            step = Step.COMMIT
        else:
            return
        self._counts[step] += 1
        fault = self._proxy.take(step, self._counts[step], self)
        if step is Step.COMMIT:
            self._counts = None
        if fault is not None and fault.way is Way.NONE:
            self._proxy.struck.set()
        elif fault is not None:
            self._way = fault.way
