"""The process that writes as clients do and follows as an integrator does, by the system's clock.

What is due is sent when it is due, whether or not the server has answered others.
"""

import asyncio
import re
from array import array
from collections.abc import Iterator
from time import perf_counter, time

import aiohttp
import msgspec

from bench.asking import Address, Once, Reader, unlike
from bench.callers import CONNECT_S, Caller, Tally, connected
from bench.errors import BenchError
from bench.generator import answer, carried_out, percentiles_ms
from bench.screens.database import CONVERSATIONS
from bench.seed import PATH, email_of

SETTLE_S = 2.0
"""The stream is followed so much longer: the page's last replies come by it too."""

_SPARE_S = 30.0
_MARK = re.compile(rb"#(\d+)#")


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written: so many messages a second, some of them into the conversation that is on the screens."""

    address: Address
    first_number: int
    count: int
    per_s: float
    opened: int
    opened_every: int

    def numbers(self) -> range:
        """The number of each message, which is its mark."""
        return range(self.first_number, self.first_number + self.count)

    @property
    def first_reply(self) -> int:
        """The number of the first of the teammate's replies: they follow those of the messages."""
        return self.first_number + self.count

    def conversation_of(self, number: int) -> int:
        """Where it belongs; the teammate replies in the opened one alone."""
        if number >= self.first_reply or number % self.opened_every == 0:
            return self.opened
        return number % CONVERSATIONS + 1


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """When what happened, in milliseconds of the system's clock."""

    sent_ms: dict[int, float]
    answered_ms: dict[int, float]
    told: list[tuple[int, float]]
    """Each mark that came by the integrator's stream, the replies' too, in the order of the log."""

    late_p99_ms: float
    """How late a message was sent, against when it was due."""


class _Message(msgspec.Struct):
    message: str


def run(writing: Writing) -> Written:
    """Write in a process of its own."""
    within_s = CONNECT_S + writing.count / writing.per_s + SETTLE_S + _SPARE_S
    return carried_out("bench.screens.writing", writing, Written, within_s=within_s)


def text_of(number: int) -> str:
    """Return what a message says, its mark first: a list shows the beginning."""
    return f"#{number}# I cannot find the invoice of last month. Could you send it to me again?"


def now_ms() -> float:
    """The system's clock: the pages read the same."""
    return time() * 1e3


class _Clients:
    """All clients. A connection is opened when each that there is waits for an answer, and kept."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._callers: list[Caller] = []
        self._tally = Tally()
        self._reader = Reader[list[_Message]](list[_Message])
        self.sent_ms: dict[int, float] = {}
        self.answered_ms: dict[int, float] = {}
        self.late_ns = array("q")

    async def write(self) -> None:
        began_at = perf_counter()
        async with asyncio.TaskGroup() as under_way:
            for index, number in enumerate(self._writing.numbers()):
                due_at = began_at + index / self._writing.per_s
                await asyncio.sleep(due_at - perf_counter())
                self.late_ns.append(max(0, round((perf_counter() - due_at) * 1e9)))
                under_way.create_task(self._say(number))
        if self._tally.failed:
            raise BenchError(f"{self._tally.failed} messages failed, the first with {self._tally.first_failure}")

    async def _say(self, number: int) -> None:
        caller = self._callers.pop() if self._callers else (await connected(self._writing.address.port, 1))[0]
        conversation_id = self._writing.conversation_of(number)
        said = [{"author": {"email": email_of(conversation_id)}, "message": text_of(number)}]
        path = f"{PATH}/{conversation_id}/messages"
        request = self._writing.address.request("POST", path, msgspec.json.encode(said))

        def judge(status: int, body: bytes) -> None:
            self.answered_ms[number] = now_ms()
            if [each.message for each in self._reader.read(status, body)] != [text_of(number)]:
                raise unlike(status, body, text_of(number))

        self.sent_ms[number] = now_ms()
        await caller.begin(Once(request, judge), self._tally)
        self._callers.append(caller)


class _Integrator:
    """Follows what happens in the community."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self.told: list[tuple[int, float]] = []
        self.is_following = asyncio.Event()

    async def follow(self) -> None:
        headers = {"Authorization": f"Bearer {self._address.token}", "Accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(f"http://127.0.0.1:{self._address.port}/events", raise_for_status=True) as stream,
        ):
            self.is_following.set()
            async for line in stream.content:
                self.told.extend(_marks(line))


def _marks(line: bytes) -> Iterator[tuple[int, float]]:
    at_ms = now_ms()
    return ((int(mark), at_ms) for mark in _MARK.findall(line))


async def _carry_out(writing: Writing) -> Written:
    integrator = _Integrator(writing.address)
    following = asyncio.create_task(integrator.follow())
    clients = _Clients(writing)
    async with asyncio.timeout(CONNECT_S):
        await integrator.is_following.wait()
    await clients.write()
    await asyncio.sleep(SETTLE_S)
    following.cancel()
    return Written(
        sent_ms=clients.sent_ms,
        answered_ms=clients.answered_ms,
        told=integrator.told,
        late_p99_ms=percentiles_ms(clients.late_ns)[1],
    )


if __name__ == "__main__":
    answer(Writing, _carry_out)
