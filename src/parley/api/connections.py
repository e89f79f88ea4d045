"""Connections that are bounded: in number, in the size of a request's head, and in the time a request may take to come.

uvicorn bounds only the idle time between requests. This protocol is uvicorn's with the missing limits.
"""

import asyncio
import contextlib
import re
import socket
import struct
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from parley.api import errors
from parley.core.errors import ParleyError, UnavailableError

HEAD_WITHIN_S = 10.0  # from connecting, or from the first byte on a kept connection, to the end of the headers
BODY_WITHIN_S = 30.0  # from the end of the headers to the end of the body
HEAD_LIMIT = 32_768  # bytes of request line and headers; browsers and proxies stay under 16 KiB
CONNECTIONS_LIMIT = 10_000  # open at once; each costs about 10 KB
GONE_AFTER_MS = 60_000  # a caller of a lasting answer who acknowledges nothing for so long has gone without a word
LAST_ACK = struct.Struct("=56xI")  # Linux's struct tcp_info up to tcpi_last_ack_recv, in milliseconds
CONNECTION = "parley.connection"  # where the application finds the connection, in a request's scope

_UPGRADE = re.compile(rb"\r\n[Uu]pgrade:")
_REASONS = {408: b"Request Timeout", 431: b"Request Header Fields Too Large", 503: b"Service Unavailable"}


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol with a head and a body timer, a bounded head, and a bounded number of connections."""

    connections_limit = CONNECTIONS_LIMIT
    head_within_s = HEAD_WITHIN_S
    body_within_s = BODY_WITHIN_S
    if TYPE_CHECKING:
        cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn sets None and says otherwise

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._head_size = 0
        self._is_in_head = True
        self._ended_one = False  # whether a request ended in the packet that was read last
        self._closes = False
        self._running: RequestResponseCycle | None = None  # its answer is being made; later ones may be read already
        self._pushed = 0
        self._is_lost = False
        self._lose: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or say at once that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.connections_limit:
            self._refuse(UnavailableError("Too many connections are open. Please try again in a moment."))
        else:
            self._start_timer(self.head_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer with the connection, and tell an answer that lasts."""
        self._stop_timer()
        super().connection_lost(exc)
        self._is_lost = True
        if self._lose is not None:
            if self._running is not None:
                self._running.disconnected = True
            self._lose()

    def data_received(self, data: bytes) -> None:
        """Count what comes and is no body: heads that are not whole, and trailers."""
        if self.transport.is_closing():
            return
        if self._is_in_head and b"pgrade:" in data:
            data = _without_upgrade(data)
        self._head_size += len(data)
        self._ended_one = False
        super().data_received(data)
        if self._head_size > HEAD_LIMIT:
            self._refuse(_head_too_large())
        elif self._timer is None and not self.transport.is_closing():
            # Most requests come whole in one packet and need no timer at all.
            if not self._is_in_head:
                self._start_timer(self.body_within_s)
            elif not self._ended_one:
                self._start_timer(self.head_within_s)

    def on_headers_complete(self) -> None:
        """The head is whole: its time is over, and the body's begins unless that is here already."""
        if self._head_size > HEAD_LIMIT and self._length_of_head() > HEAD_LIMIT:
            self._refuse(_head_too_large())
            raise _head_too_large()  # the parser stops
        super().on_headers_complete()
        self._is_in_head, self._head_size = False, 0
        self._stop_timer()
        self.headers = []  # trailers are no headers (RFC 9110 §6.5.1)
        # Whoever is answered before the body is whole reads no answer if we close upon it: wait for the end.
        if self.cycle is not None:
            self._closes, self.cycle.keep_alive = not self.cycle.keep_alive, True

    def on_body(self, body: bytes) -> None:
        """A part of the body came: whatever comes behind it is counted anew."""
        self._head_size = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: what follows belongs to the next head."""
        self._stop_timer()
        self._is_in_head = self._ended_one = True
        super().on_message_complete()
        if self._closes and self.cycle is not None:
            self.cycle.keep_alive = False
            if self.cycle.response_complete:
                self.transport.close()

    # For answers that last: satisfies `parley.api.stream.Connection`.

    @property
    def backlog(self) -> int:
        """Bytes that the system has not taken yet."""
        return self.transport.get_write_buffer_size()

    @property
    def taken(self) -> int:
        """Bytes of what was pushed that the system has taken."""
        return self._pushed - self.backlog

    @property
    def is_choked(self) -> bool:
        """Whether `drained` would wait."""
        return self.flow.write_paused

    @property
    def silent_s(self) -> float:
        """How long ago the caller's system acknowledged anything; 0 where the system does not tell."""
        if sys.platform != "linux":
            return 0.0
        with contextlib.suppress(OSError, struct.error):
            info = self.transport.get_extra_info("socket").getsockopt(
                socket.IPPROTO_TCP, socket.TCP_INFO, LAST_ACK.size
            )
            return float(LAST_ACK.unpack(info)[0]) / 1_000
        return 0.0

    def keep(self, lost: Callable[[], None]) -> None:
        """Have the answer last until `lost` is called."""
        self._lose = lost
        if self._is_lost:
            lost()
            return
        option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux
        if option is not None:
            with contextlib.suppress(OSError):
                self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, option, GONE_AFTER_MS)

    def push(self, body: bytes) -> None:
        """Write a part of the answer, which has no length and so comes in chunks (RFC 9112 §7.1)."""
        if not self.transport.is_closing():
            chunk = b"%x\r\n%b\r\n" % (len(body), body)
            self._pushed += len(chunk)
            self.transport.write(chunk)

    async def drained(self) -> None:
        """Return when the caller has taken nearly everything, or has gone."""
        await self.flow.drain()

    def abort(self) -> None:
        """Drop the connection with whatever waits in it."""
        self.transport.abort()

    def on_response_complete(self) -> None:
        """The answer is whole: nobody is to be told any more when the caller goes."""
        self._lose = None
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        cycle.scope[CONNECTION] = self  # type: ignore[literal-required]  # our own
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP gets our envelope too."""
        self._refuse(errors.NotHttpError("What was sent is not an HTTP request."))

    def _length_of_head(self) -> int:
        """The head alone, without what came behind it in the same packet."""
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self._is_in_head and self.cycle is not None and not self.cycle.response_complete:
            self._start_timer(self.head_within_s)  # a pipelined head waits behind an answer that is still being made
            return
        what = "head" if self._is_in_head else "body"
        seconds = self.head_within_s if self._is_in_head else self.body_within_s
        self._refuse(errors.SlowRequestError(f"The request's {what} did not arrive within {seconds:g} seconds."))

    def _refuse(self, error: ParleyError) -> None:
        """Answer if this request has no answer yet and no earlier one waits for its own, and close."""
        self._stop_timer()
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if self._is_in_head:
            may_answer = cycle is None or cycle.response_complete
        else:
            may_answer = cycle is not None and not cycle.response_started and not self.pipeline
        if may_answer:
            self.transport.write(_written(error))
        if cycle is not None:
            cycle.disconnected = True
        self.transport.close()


def _without_upgrade(data: bytes) -> bytes:
    """The packet with its offer of another protocol spoilt: we take none, and the parser then finds no body.

    Java's HttpClient offers h2c with the first request of each plain connection.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nx-upgrade:", head) + end + rest


def _head_too_large() -> ParleyError:
    return errors.HeadTooLargeError(f"The request's head may be at most {HEAD_LIMIT} bytes long.")


def _written(error: ParleyError) -> bytes:
    """The whole answer as bytes: there is no application behind it."""
    status = errors.status_of(error)
    body = errors.body_of(error, "connection")
    lines = [
        b"HTTP/1.1 %d %s" % (status, _REASONS.get(status, b"Bad Request")),
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        b"x-request-id: connection",
        b"connection: close",
        *(b"%s: %s" % header for header in errors.headers_of(error)),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
