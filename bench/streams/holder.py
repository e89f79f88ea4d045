"""The process that holds the streams: it reads what comes, counts it, and does nothing else.

The first line of standard input says where they are. Each further line is a `Wanted`, and is answered by a `Held` on
standard output. The streams end with standard input.
"""

import asyncio
import contextlib
import resource
import sys
from time import monotonic_ns
from typing import Literal, cast

import httptools
import msgspec
import uvloop

from bench.asking import Address

PATH = "/events"
MEDIA_TYPE = b"text/event-stream"

OPEN_S = 30.0
"""How long opening all that are wanted may take."""

FRAME_S = 25.0
"""How long a frame is waited for: heartbeats come every 15 seconds."""

_AT_ONCE = 32
"""Streams that are being opened at a time: the system holds 2,048 connections that the server has not taken yet."""

_SPARE_FILES = 50
"""Files beside the connections."""

Frame = Literal["beat", "event"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Hold so many streams, and answer when each has had another frame of this kind."""

    streams: int
    frame: Frame


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The streams as they are."""

    open: int
    heard: int
    """Of those, how many had the frame that was waited for."""

    last_ns: int
    """When the last of them had it, by the monotonic clock."""

    fewest_beats: int
    """Heartbeats of the stream that had the fewest so far."""

    silence_s: float
    """The longest that any of them has heard nothing so far."""

    cut: int
    first_cut: str
    """How many were cut, and the first reason."""


class Stream(asyncio.Protocol):
    """One connection with its stream; also the call-backs of its response parser."""

    def __init__(self, request: bytes, streams: "Streams") -> None:
        """Take what is sent to open it, and who is told what it hears."""
        self.is_open = False
        self.beats = 0
        self.silence_ns = 0
        self.opened = asyncio.get_running_loop().create_future()
        self._request = request
        self._streams = streams
        self._parser = httptools.HttpResponseParser(self)
        self._is_stream = False
        self._rest = b""
        self._heard_at_ns = monotonic_ns()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Give the parser what came in."""
        now_ns = monotonic_ns()
        self.silence_ns = max(self.silence_ns, now_ns - self._heard_at_ns)
        self._heard_at_ns = now_ns
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(f"not HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """A stream whose connection goes is cut."""
        self._end(f"the server closed the connection: {exc or 'no reason given'}")

    def on_header(self, name: bytes, value: bytes) -> None:
        """See whether it is a stream (called by the parser)."""
        if name.lower() == b"content-type":
            self._is_stream = value.startswith(MEDIA_TYPE)

    def on_headers_complete(self) -> None:
        """Anything but a stream is as good as cut (called by the parser)."""
        if self._parser.get_status_code() != 200 or not self._is_stream:
            self._end(f"answered with {self._parser.get_status_code()} and no stream")

    def on_body(self, body: bytes) -> None:
        """Hear every frame that is whole (called by the parser)."""
        *frames, self._rest = (self._rest + body).split(b"\n\n")
        for frame in frames:
            self._hear(frame)

    def on_message_complete(self) -> None:
        """A stream that ends is cut, though its connection may stay (called by the parser)."""
        self._end("the server ended the stream")

    def _hear(self, frame: bytes) -> None:
        if frame.startswith(b"retry:"):
            self.is_open = True
            self.opened.set_result(None)
        elif frame.startswith(b"id:"):
            self._streams.heard(self, "event")
        elif frame == b": ":
            self.beats += 1
            self._streams.heard(self, "beat")
        elif frame.startswith(b":"):
            self._end(frame.decode())

    def _end(self, reason: str) -> None:
        if self.is_open or not self.opened.done():
            self._streams.lose(self, reason)
        self.is_open = False
        if not self.opened.done():
            self.opened.set_result(None)
        self._transport.abort()


class Streams:
    """All of them, and which are waited for."""

    def __init__(self, address: Address) -> None:
        """Take where they are."""
        self._port = address.port
        self._request = (
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\nAuthorization: Bearer {address.token}\r\n"
            f"Accept: {MEDIA_TYPE.decode()}\r\n\r\n"
        ).encode()
        self._all: list[Stream] = []
        self._frame: Frame = "beat"
        self._awaited: set[Stream] = set()
        self._last_ns = 0
        self._complete = asyncio.Event()
        self._cut = 0
        self._first_cut = ""

    async def hold(self, wanted: Wanted) -> Held:
        """Open what is missing, and wait for the frame."""
        await self._open(wanted.streams - len(self._all))
        self._frame, self._awaited = wanted.frame, {stream for stream in self._all if stream.is_open}
        self._complete.clear()
        self._see_whether_complete()
        with contextlib.suppress(TimeoutError):  # the number of those that heard tells it
            async with asyncio.timeout(FRAME_S):
                await self._complete.wait()
        return self._held()

    def heard(self, stream: Stream, frame: Frame) -> None:
        """One has had a frame."""
        if frame == self._frame and stream in self._awaited:
            self._last_ns = monotonic_ns()
            self._awaited.discard(stream)
            self._see_whether_complete()

    def lose(self, stream: Stream, reason: str) -> None:
        """One was cut."""
        self._cut += 1
        self._first_cut = self._first_cut or reason
        self._awaited.discard(stream)
        self._see_whether_complete()

    def _see_whether_complete(self) -> None:
        if not self._awaited:
            self._complete.set()

    async def _open(self, count: int) -> None:
        missing = iter(range(count))

        async def open_some() -> None:
            for _ in missing:
                await self._open_one()

        async with asyncio.timeout(OPEN_S):
            await asyncio.gather(*(open_some() for _ in range(_AT_ONCE)))

    async def _open_one(self) -> None:
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(lambda: Stream(self._request, self), "127.0.0.1", self._port)
        self._all.append(stream)
        await stream.opened

    def _held(self) -> Held:
        still = [stream for stream in self._all if stream.is_open]
        return Held(
            open=len(still),
            heard=len(still) - len(self._awaited),
            last_ns=self._last_ns,
            fewest_beats=min((stream.beats for stream in still), default=0),
            silence_s=max((stream.silence_ns for stream in still), default=0) / 1e9,
            cut=self._cut,
            first_cut=self._first_cut,
        )


async def _serve() -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    streams = Streams(msgspec.json.decode(await lines.readline(), type=Address))
    while line := await lines.readline():
        wanted = msgspec.json.decode(line, type=Wanted)
        _allow_files(wanted.streams + _SPARE_FILES)
        held = await streams.hold(wanted)
        sys.stdout.buffer.write(msgspec.json.encode(held) + b"\n")
        sys.stdout.buffer.flush()


def _allow_files(wanted: int) -> None:
    """Raise this process's limit of open files as far as it goes, each stream being one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else hard
    if most < wanted:
        sys.exit(f"the system allows {most:,} open files, and {wanted:,} are needed: raise the hard limit (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    uvloop.run(_serve())
