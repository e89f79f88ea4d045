"""What a teammate's screen asks first: the counts, a list, an opened conversation; each reply held against the rule."""

import json
from http.client import HTTPConnection

import msgspec

from bench.asking import Address, Reader, unlike
from bench.errors import BenchError
from bench.fill import TEAMMATE

PASSWORD = "a password of the benchmark"
MESSAGES = 20
"""In each conversation."""

PAGE = 50
"""Conversations of a first list; of fewer, the list holds all."""

WAITING, BOT, TAKEN, CLOSED = "waiting", "bot", "taken", "closed"

COUNTS = "counts of all views"
OPEN_ONE = "open a conversation"
LISTS = {
    "first list: waiting": "view=waiting",
    "first list: mine": "view=mine",
    "first list: open": "view=open",
    "first list: all": "",
}
KINDS = (COUNTS, *LISTS, OPEN_ONE)

_SIGN_IN_S = 10.0
_CYCLE = 100  # conversations after which the states begin anew
_WAIT_UP_TO, _BOT_UP_TO, _TAKEN_UP_TO = 10, 20, 22


def state_of(number: int) -> str:
    """As what a conversation ends: of each hundred 10 wait, 10 are with the bot, 2 with a teammate, 78 are closed."""
    place = number % _CYCLE
    if place < _WAIT_UP_TO:
        return WAITING
    if place < _BOT_UP_TO:
        return BOT
    return TAKEN if place < _TAKEN_UP_TO else CLOSED


def how_many(size: int) -> dict[str, int]:
    """How many of so many conversations there are in each state."""
    states = [state_of(number) for number in range(1, size + 1)]
    return {state: states.count(state) for state in (WAITING, BOT, TAKEN, CLOSED)}


class SignedIn(Address, frozen=True, kw_only=True):
    """Where a server listens, and the session of a teammate that every request carries in the place of a token."""

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return a whole request."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.token}\r\n"
            "Accept: application/json\r\n"
        )
        if body is not None:
            msg = "The benchmark's teammate only reads."
            raise BenchError(msg)
        return f"{head}\r\n".encode()


def sign_in(port: int) -> SignedIn:
    """Sign the teammate in."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_SIGN_IN_S)
    try:
        body = json.dumps({"email": TEAMMATE, "password": PASSWORD})
        connection.request("POST", "/agents/session", body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        cookie = reply.headers.get("Set-Cookie", "").partition(";")[0]
    finally:
        connection.close()
    if not cookie:
        raise BenchError(f"the teammate cannot sign in: {reply.status}")
    return SignedIn(port=port, token=cookie)


class _View(msgspec.Struct):
    id: str
    count: int


class _Row(msgspec.Struct, rename="camel"):
    id: int
    holder: str
    last_message: msgspec.Raw


class _List(msgspec.Struct):
    items: list[_Row]


class _Whole(msgspec.Struct):
    id: int
    messages: list[msgspec.Raw]
    earlier: list[msgspec.Raw]


class _Same:
    """The same request so many times."""

    def __init__(self, address: Address, path: str, count: int) -> None:
        self._request = address.request("GET", f"/agents/{path}")
        self._left = count

    def request(self) -> tuple[None, bytes] | None:
        if not self._left:
            return None
        self._left -= 1
        return None, self._request


class Counts(_Same):
    """GET /agents/views: each count must be the one that follows from the size."""

    def __init__(self, address: Address, size: int, held: int, count: int) -> None:
        super().__init__(address, "views", count)
        states = how_many(size)
        opened = size - states[CLOSED]
        self._wanted = {"waiting": states[WAITING], "mine": held, "bot": states[BOT], "open": opened}
        self._reader = Reader[list[_View]](list[_View])

    def judge(self, asked: None, status: int, body: bytes) -> None:
        told = {view.id: view.count for view in self._reader.read(status, body)}
        if self._wanted != {name: told.get(name) for name in self._wanted}:
            raise unlike(status, body, str(self._wanted))


class Lists(_Same):
    """GET /agents/conversations: a full page, each with its last message."""

    def __init__(self, address: Address, query: str, wanted: int, count: int) -> None:
        super().__init__(address, f"conversations?take={PAGE}&{query}", count)
        self._wanted = wanted
        self._reader = Reader[_List](_List)

    def judge(self, asked: None, status: int, body: bytes) -> None:
        items = self._reader.read(status, body).items
        if len({row.id for row in items}) != self._wanted or any(bytes(row.last_message) == b"null" for row in items):
            raise unlike(status, body, f"{self._wanted} conversations with what was said last")


class Opens:
    """GET /agents/conversations/{id}, each another one: all its messages, and earlier ones of the same client."""

    def __init__(self, address: Address, ids: list[int]) -> None:
        self._requests = iter([(each, address.request("GET", f"/agents/conversations/{each}")) for each in ids])
        self._reader = Reader[_Whole](_Whole)

    def request(self) -> tuple[int, bytes] | None:
        return next(self._requests, None)

    def judge(self, asked: int, status: int, body: bytes) -> None:
        whole = self._reader.read(status, body)
        if (whole.id, len(whole.messages)) != (asked, MESSAGES) or not whole.earlier:
            raise unlike(status, body, f"conversation {asked} with {MESSAGES} messages")
