"""Callers: keep-alive HTTP/1.1 connections that send the next request when the last is answered."""

import asyncio
from array import array
from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any, cast

import httptools

from bench.asking import Asking, RequestError

CONNECT_S = 10.0
"""How long connecting may take."""


class Tally:
    """What all callers of one run have seen together."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.is_measuring = False
        self.is_over = False
        self.answered = 0
        self.failed = 0
        self.first_failure = ""
        self.latencies_ns = array("q")

    def success(self, latency_ns: int) -> None:
        """Count one good reply; its latency counts only inside the measured window."""
        self.answered += 1
        if self.is_measuring:
            self.latencies_ns.append(latency_ns)

    def failure(self, reason: str) -> None:
        """Count one bad reply or broken connection, and keep the first reason."""
        self.failed += 1
        self.first_failure = self.first_failure or reason


class Caller(asyncio.Protocol):
    """One connection with at most one request on its way; also the call-backs of its response parser."""

    def __init__(self) -> None:
        """Do nothing until `begin`."""
        self._done: asyncio.Future[None] | None = None
        self._lost = ""
        self._asked: Any = None
        self._body = b""
        self._sent_at_ns = 0
        self._parser = httptools.HttpResponseParser(self)

    def begin(self, asking: Asking, tally: Tally) -> asyncio.Future[None]:
        """Ask until nothing more is to be asked or the run is over; the future is done then."""
        self._asking = asking
        self._tally = tally
        self._done = done = asyncio.get_running_loop().create_future()
        if self._lost:
            self._break_off()
        else:
            self._call()
        return done

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; the first request waits for `begin`."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give the parser what came in."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._tally.failure(f"not HTTP: {error}")
            self._transport.abort()

    def on_body(self, chunk: bytes) -> None:
        """Keep a part of the reply (called by the parser)."""
        self._body += chunk

    def on_message_complete(self) -> None:
        """Judge the reply and send the next request, unless the run is over (called by the parser)."""
        latency_ns = perf_counter_ns() - self._sent_at_ns
        try:
            self._asking.judge(self._asked, self._parser.get_status_code(), self._body)
        except RequestError as error:
            self._tally.failure(str(error))
        else:
            self._tally.success(latency_ns)
        if self._tally.is_over:
            self._finish()
        else:
            self._call()

    def connection_lost(self, exc: Exception | None) -> None:
        """A line that breaks before the run is over is a failure."""
        self._lost = f"the server closed the connection: {exc or 'no reason given'}"
        self._break_off()

    def _call(self) -> None:
        asked = self._asking.request()
        if asked is None:
            self._finish()
        else:
            self._asked, request = asked
            self._body = b""
            self._sent_at_ns = perf_counter_ns()
            self._transport.write(request)

    def _break_off(self) -> None:
        if self._done is not None and not self._done.done():
            self._tally.failure(self._lost)
            self._finish()

    def _finish(self) -> None:
        assert self._done is not None
        self._done.set_result(None)


async def connected(port: int, count: int) -> list[Caller]:
    """Open so many connections."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_S):
        return [(await loop.create_connection(Caller, "127.0.0.1", port))[1] for _ in range(count)]


async def drained(calls: Sequence[asyncio.Future[None]], tally: Tally, *, within_s: float) -> None:
    """Wait until every caller is done; one that is not in time is a failure."""
    _, waiting = await asyncio.wait(calls, timeout=within_s)
    for _ in waiting:
        tally.failure(f"no answer within {within_s:.0f} s")
