"""What callers ask: requests as bytes, and replies that are read and checked."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import msgspec

_SUCCESS = 200
_NO_ERROR = -1
_SHOWN = 300
"""Characters of a reply that is not the one asked for: enough for an envelope with its error."""

Judge = Callable[[int, bytes], None]
"""Raises `RequestError` unless a reply, by its status and its body, is the right one."""

T = TypeVar("T")


class RequestError(Exception):
    """A reply that is not the one asked for."""


class Asking(Protocol):
    """Makes requests of one kind, one after another, and judges their replies."""

    def request(self) -> tuple[Any, bytes] | None:
        """Return what `judge` must know and the next request; None when nothing more is to be asked."""

    def judge(self, asked: Any, status: int, body: bytes) -> None:
        """Raise `RequestError` unless the reply is the right one."""


class Once:
    """One request and what its reply must be."""

    def __init__(self, request: bytes, judge: Judge) -> None:
        self._request: bytes | None = request
        self._judge = judge

    def request(self) -> tuple[None, bytes] | None:
        """Return the request the first time it is asked for."""
        request, self._request = self._request, None
        return None if request is None else (None, request)

    def judge(self, asked: None, status: int, body: bytes) -> None:
        """Have the reply judged."""
        self._judge(status, body)


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server listens, and the token that every request carries."""

    port: int
    token: str

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return a whole request."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
            "Accept: application/json\r\n"
        )
        if body is None:
            return f"{head}\r\n".encode()
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class _Envelope(msgspec.Struct, Generic[T], rename="camel"):
    error_code: int
    data: T


class Reader(Generic[T]):
    """Reads the data of successful replies."""

    def __init__(self, data: Any) -> None:
        """Take the type of the data."""
        self._decode = msgspec.json.Decoder(_Envelope[data]).decode

    def read(self, status: int, body: bytes) -> T:
        """Return the data, or raise `RequestError` if this is no success or has another form."""
        try:
            reply = self._decode(body)
        except msgspec.DecodeError as error:
            raise unlike(status, body) from error
        if status != _SUCCESS or reply.error_code != _NO_ERROR:
            raise unlike(status, body)
        data: T = reply.data
        return data


def unlike(status: int, body: bytes, wanted: str = "") -> RequestError:
    """Return the error that shows a reply, and what was wanted instead."""
    shown = f"{status}: {body[:_SHOWN].decode(errors='replace')}"
    return RequestError(f"{shown} instead of {wanted}" if wanted else shown)
