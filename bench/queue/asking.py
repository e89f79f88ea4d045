"""What is asked of a queue: join it, tell a place in it, leave its middle by closing or by being taken."""

import random
from collections.abc import Iterator

import msgspec

from bench.asking import Address, Reader, unlike
from bench.queue.line import Line
from bench.seed import PATH, Created, Place, create_request, email_of

CREATE, PLACE, CLOSE, TAKE = "create", "place", "close", "take"
KINDS = (CREATE, PLACE, CLOSE, TAKE)

_NOT_WAITING = -1


class _Closed(msgspec.Struct, rename="camel"):
    id: int
    is_closed: bool
    queue_position_info: Place


class _Taken(msgspec.Struct, rename="camel"):
    is_assigned_to_bot: bool


_created = Reader[Created](Created)
_placed = Reader[Place](Place)
_closed = Reader[_Closed](_Closed)
_taken = Reader[_Taken](_Taken)


class Joins:
    """Creates: each must be told the place that follows from its id, for ids are given in the order of the queue."""

    def __init__(self, address: Address, line: Line, count: int) -> None:
        self._line = line
        self._ids: set[int] = set()
        emails = [email_of(number) for number in range(line.last + 1, line.last + 1 + count)]
        self._requests = iter([(email, create_request(address, email)) for email in emails])

    def request(self) -> tuple[str, bytes] | None:
        return next(self._requests, None)

    def judge(self, asked: str, status: int, body: bytes) -> None:
        created = _created.read(status, body)
        place = self._line.place(created.id)
        if created.author.email != asked or created.queue_position_info.position != place:
            raise unlike(status, body, f"{asked} at place {place}")
        self._ids.add(created.id)

    def settle(self) -> bool:
        """Let the line know; say whether the ids were the next ones, each given once."""
        count = len(self._ids)
        is_right = self._ids == set(range(self._line.last + 1, self._line.last + 1 + count))
        self._line.join(count)
        return is_right


class _OfTheMiddle:
    """Requests about conversations from the middle of the queue, made before the first is sent."""

    def __init__(self, address: Address, line: Line, count: int, dice: random.Random) -> None:
        self.line = line
        self.ids = line.in_the_middle(count, dice)
        self._requests: Iterator[tuple[int, bytes]] = iter([(each, self.ask(address, each)) for each in self.ids])

    def request(self) -> tuple[int, bytes] | None:
        return next(self._requests, None)

    def ask(self, address: Address, conversation_id: int) -> bytes:
        raise NotImplementedError


class Places(_OfTheMiddle):
    """GET …/queue: the place must be the one that the line says, with an expected wait."""

    def ask(self, address: Address, conversation_id: int) -> bytes:
        return place_request(address, conversation_id)

    def judge(self, asked: int, status: int, body: bytes) -> None:
        judge_place(self.line.place(asked), status, body)


class Closes(_OfTheMiddle):
    """PATCH …/close."""

    def ask(self, address: Address, conversation_id: int) -> bytes:
        return address.request("PATCH", f"{PATH}/{conversation_id}/close", b"")

    def judge(self, asked: int, status: int, body: bytes) -> None:
        closed = _closed.read(status, body)
        if (closed.id, closed.is_closed, closed.queue_position_info.position) != (asked, True, _NOT_WAITING):
            raise unlike(status, body, f"{asked}, closed")


class Takes(_OfTheMiddle):
    """PATCH …/takeover to a teammate."""

    def __init__(self, address: Address, line: Line, count: int, dice: random.Random, *, teammate_id: str) -> None:
        self._body = msgspec.json.encode({"isAssignedToBot": False, "assigneeId": teammate_id})
        super().__init__(address, line, count, dice)

    def ask(self, address: Address, conversation_id: int) -> bytes:
        return address.request("PATCH", f"{PATH}/{conversation_id}/takeover", self._body)

    def judge(self, asked: int, status: int, body: bytes) -> None:
        if _taken.read(status, body).is_assigned_to_bot:
            raise unlike(status, body, "an assignment to the teammate")


def place_request(address: Address, conversation_id: int) -> bytes:
    """Ask for the place of a conversation."""
    return address.request("GET", f"{PATH}/{conversation_id}/queue")


def judge_place(wanted: int, status: int, body: bytes) -> None:
    """Raise `RequestError` unless a reply tells this place, and a wait."""
    told = _placed.read(status, body)
    if told.position != wanted or told.wait_time is None:
        raise unlike(status, body, f"place {wanted} and a wait")
