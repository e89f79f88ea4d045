"""Callers: keep-alive HTTP/1.1 connections that send the next request when the last is answered."""

import asyncio
from array import array
from time import perf_counter_ns
from typing import cast

import httptools

from bench.seed import RequestError, Seed


class Tally:
    """What all callers of one run have seen together."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.is_measuring = False
        self.is_over = False
        self.answered = 0
        self.failed = 0
        self.first_failure = ""
        self.highest_place = 0
        self.latencies_ns = array("q")

    def success(self, place: int, latency_ns: int) -> None:
        """Count one good reply; its latency counts only inside the measured window."""
        self.answered += 1
        self.highest_place = max(self.highest_place, place)
        if self.is_measuring:
            self.latencies_ns.append(latency_ns)

    def failure(self, reason: str) -> None:
        """Count one bad reply or broken connection, and keep the first reason."""
        self.failed += 1
        self.first_failure = self.first_failure or reason


class Caller(asyncio.Protocol):
    """One connection with at most one request on its way; also the call-backs of its response parser."""

    def __init__(self, seed: Seed, tally: Tally) -> None:
        """Share the requests and the tally with the other callers."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._seed = seed
        self._tally = tally
        self._email = ""
        self._body = b""
        self._sent_at_ns = 0
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; the first request waits for `call`."""
        self._transport = cast("asyncio.Transport", transport)

    def call(self) -> None:
        """Send the next request."""
        self._email, request = self._seed.request()
        self._body = b""
        self._sent_at_ns = perf_counter_ns()
        self._transport.write(request)

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
            place = self._seed.place(self._email, self._parser.get_status_code(), self._body)
        except RequestError as error:
            self._tally.failure(str(error))
        else:
            self._tally.success(place, latency_ns)
        if self._tally.is_over:
            self._finish()
        else:
            self.call()

    def connection_lost(self, exc: Exception | None) -> None:
        """A line that breaks before the run is over is a failure."""
        if not self.done.done():
            self._tally.failure(f"the server closed the connection: {exc or 'no reason given'}")
            self.done.set_result(None)

    def _finish(self) -> None:
        self.done.set_result(None)
        self._transport.close()
