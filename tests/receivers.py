"""Receivers of webhooks and the like, on real sockets, that behave as they are told: well, or badly in every way."""

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

WITHIN_S = 60


@dataclass(frozen=True)
class Request:
    """One that came: header names in lower case, `number` counts from 1 in order of arrival."""

    number: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int = 0  # counts connections from 1

    @property
    def query(self) -> dict[str, str]:
        """The query's members, the first of each."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


Writer = asyncio.StreamWriter
Manner = Callable[[Request, Writer], Awaitable[bool]]
"""How a request is treated. True: the connection may be used again."""
Script = Callable[[Request], Manner]


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Manner:
    """A whole answer."""

    async def treat(request: Request, writer: Writer) -> bool:
        lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        return True

    return treat


def write(raw: bytes) -> Manner:
    """These bytes, whatever they are, and then the end of the connection."""

    async def treat(request: Request, writer: Writer) -> bool:
        writer.write(raw)
        await writer.drain()
        return False

    return treat


async def drop(request: Request, writer: Writer) -> bool:
    """Nothing: the connection breaks off."""
    writer.transport.abort()
    return False


async def hang(request: Request, writer: Writer) -> bool:
    """Nothing, for ever: until the other side gives up."""
    await writer.wait_closed()
    return False


async def pour(request: Request, writer: Writer) -> bool:
    """A body without end, for as long as somebody takes it."""
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while not writer.transport.is_closing():
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()
    return False


async def greet(request: Request, writer: Writer) -> bool:
    """200, and the challenge when one is asked."""
    return await answer(200, request.query.get("challenge", "").encode())(request, writer)


class Receiver:
    """Listens on 127.0.0.1. Use as a context manager; it lives in a thread, so any test may use it.

    `script` says how each request is treated.
    """

    def __init__(self, script: Script | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.script: Script = script or (lambda _: greet)
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="receiver", daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Listen again, where it did before."""
        self._do(self._listen())

    def close(self) -> None:
        """Refuse connections, and break off those there are."""
        self._do(self._close())

    def until(self, holds: Callable[[list[Request]], bool]) -> list[Request]:
        """Wait until what came is so; what came."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self.requests), WITHIN_S), f"{len(self.requests)} requests came"
            return list(self.requests)

    def posted(self, count: int) -> list[Request]:
        """Wait until so many were posted; those."""
        return [
            request for request in self.until(lambda found: len(_posts(found)) >= count) if request.method == "POST"
        ]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        connection = self.connections
        try:
            while await self._one(reader, writer, connection):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the other side, or the test, has ended it
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: Writer, connection: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        with self._changed:
            request = Request(len(self.requests) + 1, method, target, headers, body, connection)
            self.requests.append(request)
            self._changed.notify_all()
        return await self.script(request)(request, writer)

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(WITHIN_S)


def _posts(requests: list[Request]) -> list[Request]:
    return [request for request in requests if request.method == "POST"]
