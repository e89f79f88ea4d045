"""The replay: every customer, client and teammate of the day over real connections, so many times faster.

What is due is sent when it is due, whether or not the server has answered others; only a customer's own calls wait for
each other.
"""

import asyncio
from array import array
from collections.abc import Sequence
from time import perf_counter, process_time

import msgspec

from bench.asking import Address, Judge, Once, Reader, unlike
from bench.callers import Caller, Tally, connected
from bench.day.plan import MESSAGES, MINUTES, Visit, drawn
from bench.errors import BenchError
from bench.generator import answer, carried_out, percentiles_ms
from bench.seed import PATH, Created, Place, create_request, email_of
from bench.usage import cpu_seconds, resident_bytes

IDLE_S = 50.0
"""A connection idle for so long is closed, as clients do: before the server does it after 65 s."""

MINUTE_S = 60.0
SPARE_S = 120.0
"""For chats that end after midnight, and for the start and the end."""

_AHEAD_MIN = 1.0
"""Customers are got ready so long before they come."""

LOOKS = 96
"""How often memory is looked at in the day."""

_TEXT = "I cannot find the invoice of last month. Could you send it to me again? "
_NOT_WAITING = -1

WRITES = ("create", "take", "message", "close")
READS = ("place",)


class DayJob(msgspec.Struct, frozen=True, kw_only=True):
    """One replay against one server."""

    address: Address
    server_pid: int
    conversations: int
    speed: float
    teammate_id: str
    teammate_email: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The server's memory at a minute of the day."""

    minute: float
    resident_bytes: int


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of one kind, or of several together."""

    calls: int
    p50_ms: float
    p99_ms: float
    most_ms: float


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay measured."""

    seconds: float
    kinds: dict[str, Kind]
    writes: Kind
    reads: Kind
    late_p99_ms: float
    """How late a call was sent, against when it was due."""

    server_cpu_s: float
    generator_cpu_s: float
    looks: list[Look]
    open_most: int
    """The most conversations that were open at once."""


def run(job: DayJob) -> Replayed:
    """Replay in a process of its own."""
    within_s = MINUTES * MINUTE_S / job.speed + SPARE_S
    return carried_out("bench.day.replay", job, Replayed, within_s=within_s)


class _Message(msgspec.Struct):
    id: int


class _Closed(msgspec.Struct, rename="camel"):
    is_closed: bool


class _Taken(msgspec.Struct, rename="camel"):
    is_assigned_to_bot: bool


_created, _placed = Reader[Created](Created), Reader[Place](Place)
_said, _closed, _taken = Reader[list[_Message]](list[_Message]), Reader[_Closed](_Closed), Reader[_Taken](_Taken)


class _Day:
    """The clock of the day, the connections, and what was measured."""

    def __init__(self, job: DayJob) -> None:
        self.job = job
        self._began_at = perf_counter()
        self._free: list[tuple[Caller, float]] = []
        self.tallies = {kind: Tally() for kind in (*WRITES, *READS)}
        for tally in self.tallies.values():
            tally.is_measuring = True
        self.late_ns = array("q")
        self.looks: list[Look] = []
        self.open = self.open_most = 0

    def now(self) -> float:
        """The minute of the day."""
        return (perf_counter() - self._began_at) * self.job.speed / MINUTE_S

    def look(self) -> None:
        """Keep how much memory the server has now."""
        self.looks.append(Look(minute=self.now(), resident_bytes=resident_bytes(self.job.server_pid)))

    async def until(self, minute: float) -> None:
        await asyncio.sleep((minute - self.now()) * MINUTE_S / self.job.speed)

    async def call(self, kind: str, due: float, request: bytes, judge: Judge) -> None:
        """Ask when it is due; the time is told from when it is sent, and how late that is beside it."""
        await self.until(due)
        caller = self._kept() or (await connected(self.job.address.port, 1))[0]
        late_s = (self.now() - due) * MINUTE_S / self.job.speed
        self.late_ns.append(max(0, round(late_s * 1e9)))
        tally = self.tallies[kind]
        await caller.begin(Once(request, judge), tally)
        self._free.append((caller, perf_counter()))
        if tally.failed:
            raise BenchError(f"{kind}: {tally.first_failure}")

    def _kept(self) -> Caller | None:
        """Return an open connection that is free, the one used last; None when there is none."""
        while self._free:
            caller, since = self._free.pop()
            if perf_counter() - since < IDLE_S:
                return caller
            caller.close()
        return None


class _Customer:
    """One visit from its first call to its last."""

    def __init__(self, day: _Day, visit: Visit) -> None:
        self._day = day
        self._visit = visit
        self._address = day.job.address
        self._email = email_of(visit.number)
        self._id = 0

    async def live(self) -> None:
        day, visit = self._day, self._visit
        await day.call("create", visit.comes_at, create_request(self._address, self._email), self._created)
        day.open += 1
        day.open_most = max(day.open_most, day.open)
        path = f"{PATH}/{self._id}"
        for minute in visit.polls_at:
            await day.call("place", minute, self._address.request("GET", f"{path}/queue"), _judge_place)
        body = msgspec.json.encode({"isAssignedToBot": False, "assigneeId": day.job.teammate_id})
        take = self._address.request("PATCH", f"{path}/takeover", body)
        await day.call("take", visit.taken_at, take, _judge_take)
        for number, minute in enumerate(visit.said_at):
            email = day.job.teammate_email if number % 2 else self._email
            body = msgspec.json.encode([{"author": {"email": email}, "message": f"{_TEXT}({number} of {MESSAGES})"}])
            message = self._address.request("POST", f"{path}/messages", body)
            await day.call("message", minute, message, _judge_message)
        await day.call("close", visit.ends_at, self._address.request("PATCH", f"{path}/close", b""), _judge_close)
        day.open -= 1

    def _created(self, status: int, body: bytes) -> None:
        created = _created.read(status, body)
        if created.author.email != self._email:
            raise unlike(status, body, f"an author {self._email}")
        self._id = created.id


def _judge_take(status: int, body: bytes) -> None:
    if _taken.read(status, body).is_assigned_to_bot:
        raise unlike(status, body, "an assignment to the teammate")


def _judge_message(status: int, body: bytes) -> None:
    if len(_said.read(status, body)) != 1:
        raise unlike(status, body, "one message")


def _judge_place(status: int, body: bytes) -> None:
    if _placed.read(status, body).position <= 0:
        raise unlike(status, body, "a place in the queue")


def _judge_close(status: int, body: bytes) -> None:
    if not _closed.read(status, body).is_closed:
        raise unlike(status, body, "a closed conversation")


async def _carry_out(job: DayJob) -> Replayed:
    visits = drawn(job.conversations)
    day = _Day(job)
    cpu_s, own_s, began_at = cpu_seconds(job.server_pid), process_time(), perf_counter()
    looking = asyncio.create_task(_look(day))
    try:
        async with asyncio.TaskGroup() as customers:
            for visit in visits:
                await day.until(visit.comes_at - _AHEAD_MIN)
                customers.create_task(_Customer(day, visit).live())
    except* BenchError as failed:
        raise BenchError(str(failed.exceptions[0])) from failed
    finally:
        looking.cancel()
    day.look()
    seconds = perf_counter() - began_at
    return Replayed(
        seconds=seconds,
        kinds={kind: _kind(tally.latencies_ns) for kind, tally in day.tallies.items()},
        writes=_kind([each for kind in WRITES for each in day.tallies[kind].latencies_ns]),
        reads=_kind([each for kind in READS for each in day.tallies[kind].latencies_ns]),
        late_p99_ms=percentiles_ms(day.late_ns)[1],
        server_cpu_s=cpu_seconds(job.server_pid) - cpu_s,
        generator_cpu_s=process_time() - own_s,
        looks=day.looks,
        open_most=day.open_most,
    )


async def _look(day: _Day) -> None:
    while True:
        day.look()
        await day.until(day.looks[-1].minute + MINUTES / LOOKS)


def _kind(latencies_ns: Sequence[int]) -> Kind:
    p50_ms, p99_ms = percentiles_ms(latencies_ns)
    return Kind(calls=len(latencies_ns), p50_ms=p50_ms, p99_ms=p99_ms, most_ms=max(latencies_ns, default=0) / 1e6)


if __name__ == "__main__":
    answer(DayJob, _carry_out)
