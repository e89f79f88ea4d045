"""A caller of the live stream on a bare socket: what comes is seen byte by byte, and it can be cut anywhere."""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from parley.api.session_keeper import COOKIE
from tests.api.desks import Desk
from tests.api.integrators import CONVERSATIONS, Integrator

EVENTS = "/events"
WITHIN_S = 20.0
BEATS = 2  # heartbeats without an event between them: what is waited for does not come


def path_of(conversation_id: int | None) -> str:
    """Where a conversation's stream is, or the community's."""
    return EVENTS if conversation_id is None else f"{CONVERSATIONS}/{conversation_id}/events"


@dataclass
class Frame:
    """What stands between two blank lines: its members, and its comments."""

    members: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        """The event's type; empty for a comment."""
        return self.members.get("event", "")

    @property
    def data(self) -> Any:
        """What it is about."""
        return json.loads(self.members["data"])


def frame_of(text: str) -> Frame:
    """Read a frame."""
    frame = Frame()
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name:
            frame.members[name] = value
        else:
            frame.comments.append(value)
    return frame


class Follower:
    """An open stream."""

    def __init__(
        self,
        address: tuple[str, int],
        path: str,
        token: str,
        *,
        buffer: int = 0,
        last: str = "",
        origin: str = "",
        cookie: str = "",
    ) -> None:
        self.path = path
        self._socket = socket.socket()
        self._socket.settimeout(WITHIN_S)
        if buffer:  # bytes that the system takes in for one who does not read
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.connect(address)
        self._raw = b""
        self._text = ""
        self.frames: list[Frame] = []
        self.has_ended = False
        sent = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
        sent |= {"Last-Event-ID": last} if last else {}
        sent |= {"Origin": origin} if origin else {}
        sent |= {"Cookie": cookie} if cookie else {}
        lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: parley\r\n{lines}\r\n".encode())
        head = self._until(b"\r\n\r\n").decode("latin-1")
        status, *rest = head.split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send something behind the request."""
        self._socket.sendall(data)

    def body(self) -> Any:
        """The body of an answer that is no stream."""
        length = int(self.headers["content-length"])
        while len(self._raw) < length:
            self._receive()
        return json.loads(self._raw[:length])

    def next(self) -> Frame:
        """The next frame, comments included. Raises EOFError when the stream has ended."""
        while "\n\n" not in self._text:
            size = int(self._until(b"\r\n"), 16)
            if size == 0:
                self.has_ended = True
                raise EOFError
            while len(self._raw) < size + 2:
                self._receive()
            self._text += self._raw[:size].decode()
            self._raw = self._raw[size + 2 :]
        text, _, self._text = self._text.partition("\n\n")
        self.frames.append(frame_of(text))
        return self.frames[-1]

    def events(self) -> Iterator[Any]:
        """What is in the frames of events, one after another."""
        beats = 0
        while beats < BEATS:
            frame = self.next()
            beats = beats + 1 if frame.comments else 0
            if "id" in frame.members:
                yield frame.data
        raise TimeoutError

    def wait_for(self, is_it: Callable[[Frame], bool]) -> Frame:
        """The next frame that is it."""
        beats = 0
        while not is_it(frame := self.next()):
            beats += bool(frame.comments)
            if beats == BEATS:
                raise TimeoutError
        return frame

    def rest(self) -> list[Frame]:
        """Everything that comes until the stream ends, or the connection does."""
        before = len(self.frames)
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                self.next()
        return self.frames[before:]

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._raw:
            self._receive()
        found, _, self._raw = self._raw.partition(mark)
        return found

    def _receive(self) -> None:
        got = self._socket.recv(65_536)
        if not got:
            raise EOFError
        self._raw += got


def follow(shop: Integrator, conversation_id: int | None = None, query: str = "", *, last: str = "") -> Follower:
    """Open a stream of a conversation, or of the community."""
    return Follower(("127.0.0.1", shop.server.port), path_of(conversation_id) + query, shop.token, last=last)


def listen(desk: Desk, query: str = "", *, last: str = "") -> Follower:
    """Open the stream of a teammate."""
    address = ("127.0.0.1", desk.server.port)
    return Follower(address, f"/agents/events{query}", "", last=last, cookie=f"{COOKIE}={desk.cookie}")
