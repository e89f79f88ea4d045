"""One request to a customer's address: bounded in time and size, never redirected, only to where it may go.

The check of the address sits where the socket is made, so it sees the very address about to be connected to, whatever
a name meant a moment ago. Connections to allowed hosts are kept apart from all others: one that was opened under
somebody's exception is never used for somebody else.
"""

import asyncio
import socket
import ssl
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from yarl import URL

from parley.outgoing.addresses import JUDGED, complaint_about, is_allowed, is_public

CONNECT_WITHIN_S = 10.0  # name, connection and TLS together
KEPT_ALIVE_S = 3.0  # less than the 5 s after which common servers close: what they close just now would be lost
AT_ONCE = 2_000  # connections open at a time
HEAD_LIMIT = 16_384  # bytes of a line of an answer's head


class Failure(StrEnum):
    """What kept a request from being answered."""

    ADDRESS_REFUSED = "address_refused"
    DNS_LOOKUP_FAILED = "dns_lookup_failed"
    CONNECTION_FAILED = "connection_failed"
    CONNECTION_TIMEOUT = "connection_timeout"
    FAILED_TLS = "failed_tls"
    RESPONSE_TIMEOUT = "response_timeout"
    CONNECTION_LOST = "connection_lost"
    INVALID_RESPONSE = "invalid_response"
    RESPONSE_TOO_LARGE = "response_too_large"


_MEANING = {
    Failure.ADDRESS_REFUSED: "The address is not one that may be called.",
    Failure.DNS_LOOKUP_FAILED: "The host's name could not be found.",
    Failure.CONNECTION_FAILED: "Nobody answers at this address and port.",
    Failure.CONNECTION_TIMEOUT: "No connection came about in time.",
    Failure.FAILED_TLS: "The TLS connection failed: the certificate is not valid for this host, or it is no TLS.",
    Failure.RESPONSE_TIMEOUT: "No whole answer came in time.",
    Failure.CONNECTION_LOST: "The connection broke before the answer was whole.",
    Failure.INVALID_RESPONSE: "What came back is not HTTP.",
    Failure.RESPONSE_TOO_LARGE: "The answer is larger than is taken.",
}


class CallError(Exception):
    """A request came to nothing: `name` is the failure's public name, `text` says it in a sentence without secrets."""

    def __init__(self, name: Failure, text: str = "") -> None:
        self.name = name
        self.text = text or _MEANING[name]
        super().__init__(self.text)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `body` has its first bytes, `is_whole` whether these are all. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


class _RefusedError(OSError):
    """The socket was not made: its address may not be called."""


_refused: ContextVar[list[bool] | None] = ContextVar("refused", default=None)


class Outgoing:
    """Makes requests. To be used in one event loop, and closed there.

    `tls` replaces the system's trust in certificates, `resolver` its look-up of names.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, resolver: AbstractResolver | None = None) -> None:
        self._tls = tls
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        allowed_hosts: Collection[str] = (),
        within: timedelta,
        keep: int,
        refuses_larger: bool = False,
    ) -> Reply:
        """One request; a redirect comes back as it is. Of the answer's body `keep` bytes are kept.

        Raises CallError, with `refuses_larger` also when the body is larger than that.
        """
        complaint = complaint_about(url, allowed_hosts)
        if complaint is not None:
            raise CallError(Failure.ADDRESS_REFUSED, f"The address {complaint}.")
        session = self._session(is_lenient=is_allowed(url, allowed_hosts))
        seconds = within.total_seconds()
        limits = aiohttp.ClientTimeout(total=seconds, connect=min(seconds * 2 / 3, CONNECT_WITHIN_S))
        refused: list[bool] = []
        _refused.set(refused)
        try:
            async with session.request(
                method, _parsed(url), data=body or None, headers=headers, allow_redirects=False, timeout=limits
            ) as response:
                found, is_whole = await _read(response, keep)
                reply = Reply(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=found,
                    is_whole=is_whole,
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failed:
            raise CallError(Failure.ADDRESS_REFUSED if refused else _failure_of(failed)) from failed
        if refuses_larger and not reply.is_whole:
            raise CallError(Failure.RESPONSE_TOO_LARGE, f"The answer is larger than {keep} bytes.")
        return reply

    async def aclose(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def _session(self, *, is_lenient: bool) -> aiohttp.ClientSession:
        if is_lenient not in self._sessions:
            more: dict[str, Any] = {} if is_lenient else {"socket_factory": _public_socket}
            connector = aiohttp.TCPConnector(
                limit=AT_ONCE,
                ssl=self._tls or True,
                resolver=self._resolver or aiohttp.ThreadedResolver(),
                keepalive_timeout=KEPT_ALIVE_S,
                **more,
            )
            self._sessions[is_lenient] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept-Encoding",),
                max_line_size=HEAD_LIMIT,
                max_field_size=HEAD_LIMIT,
                trust_env=False,
            )
        return self._sessions[is_lenient]


@lru_cache(JUDGED)
def _parsed(url: str) -> URL:
    return URL(url)


def _public_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that may be called; aiohttp connects it. Raises OSError for any other."""
    family, kind, protocol, _, (host, *_) = address
    if not is_public(ip_address(str(host).partition("%")[0])):
        refused = _refused.get()
        if refused is not None:
            refused.append(True)
        raise _RefusedError
    return socket.socket(family, kind, protocol)


async def _read(response: aiohttp.ClientResponse, keep: int) -> tuple[bytes, bool]:
    """The first bytes of the body. What is longer is left unread, and the connection is not used again."""
    parts: list[bytes] = []
    left = keep
    while True:
        part = await response.content.read(left + 1)
        if not part:
            return b"".join(parts), True
        if len(part) > left:
            parts.append(part[:left])
            response.close()
            return b"".join(parts), False
        parts.append(part)
        left -= len(part)


def _failure_of(failed: BaseException) -> Failure:
    """The name of what went wrong, by the kind of the error; the texts are not read."""
    match failed:
        case aiohttp.ClientConnectorDNSError():
            return Failure.DNS_LOOKUP_FAILED
        case aiohttp.ClientSSLError() | ssl.SSLError() | ssl.CertificateError():
            return Failure.FAILED_TLS
        case aiohttp.ConnectionTimeoutError():
            return Failure.CONNECTION_TIMEOUT
        case asyncio.TimeoutError():
            return Failure.RESPONSE_TIMEOUT
        case aiohttp.ClientConnectorError():
            return Failure.CONNECTION_FAILED
        case aiohttp.InvalidURL():
            return Failure.ADDRESS_REFUSED
        case aiohttp.ClientResponseError() | aiohttp.http.HttpProcessingError():
            return Failure.INVALID_RESPONSE
        case _:
            return Failure.CONNECTION_LOST
