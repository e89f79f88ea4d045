"""Raw sockets: what is sent byte by byte, and what comes back."""

import socket
from http.client import parse_headers
from typing import Self

from tests.api.integrators import CONVERSATIONS
from tests.servers import Reply

PATIENCE_S = 20  # far beyond what any answer takes


class Wire:
    """One connection to a server. Use as a context manager."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> Self:
        """Send some bytes."""
        self.socket.sendall(data)
        return self

    def reply(self, *, is_for_head: bool = False) -> Reply:
        """The next reply; one for HEAD has no body, whatever length it tells."""
        words = self.file.readline().split(b" ", 2)
        assert words[0] == b"HTTP/1.1", words
        headers = parse_headers(self.file)
        length = 0 if is_for_head else int(headers.get("Content-Length", 0))
        return Reply(int(words[1]), headers, self.file.read(length))

    def ended(self) -> bool:
        """Wait until the server closes the connection; whether it did so without another word."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True


def post(token: str, body: bytes, *, path: str = CONVERSATIONS, headers: bytes = b"") -> bytes:
    """A whole request as bytes."""
    return head(token, path=path, headers=b"Content-Length: %d\r\n%s" % (len(body), headers)) + body


def head(token: str, *, path: str = CONVERSATIONS, headers: bytes = b"") -> bytes:
    """The line and headers of a POST."""
    lines = f"POST {path} HTTP/1.1\r\nHost: parley\r\nAuthorization: Bearer {token}\r\n"
    return lines.encode() + b"Content-Type: application/json\r\n" + headers + b"\r\n"


def get(path: str, *, method: str = "GET", headers: bytes = b"") -> bytes:
    """A request without a body."""
    return f"{method} {path} HTTP/1.1\r\nHost: parley\r\n".encode() + headers + b"\r\n"
