"""A real server is killed again and again while its receiver misbehaves in every way: all arrives, in order."""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from parley.actions.endpoints import AddEndpoint
from parley.core.webhooks import EVENT_TYPES
from tests.api.integrators import Integrator, join
from tests.receivers import Manner, Receiver, Request, answer, drop, greet, pour, write
from tests.servers import Server, sqlite_url

TALKS = 8
ROUNDS = 6  # of writes, with a SIGKILL between them
MISTREATED = 0.25  # of the events, at their first attempt; a second failure would be five minutes away

WAYS: dict[str, Manner] = {
    "500": answer(500, b"broken"),
    "429 with Retry-After": answer(429, headers={"Retry-After": "1"}),
    "redirect": answer(302, headers={"Location": "http://127.0.0.1:1/"}),
    "breaks off": drop,
    "breaks off half-way": write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    "no HTTP": write(b"SSH-2.0-OpenSSH\r\n"),
    "a body without end": pour,
}
TAKEN = {"a body without end"}  # a 2xx all the same, of which no more is read than is kept


class Moody:
    """Mistreats some events at their first attempt and remembers what it did."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._ways = itertools.cycle(WAYS)
        self._seen: set[str] = set()
        self.did: Counter[str] = Counter()
        self.taken: list[Request] = []

    def treat(self, request: Request) -> Manner:
        """How a request is treated."""
        if request.method != "POST":
            return greet
        event = request.headers["webhook-id"]
        is_first = event not in self._seen
        self._seen.add(event)
        if is_first and self._dice.random() < MISTREATED:
            way = next(self._ways)
            self.did[way] += 1
            if way in TAKEN:
                self.taken.append(request)
            return WAYS[way]
        self.taken.append(request)
        return answer(200)


@pytest.fixture
def moody() -> Iterator[tuple[Moody, Receiver]]:
    """The dice are pytest-randomly's: `--randomly-seed` throws them again."""
    moody = Moody(random.Random(random.randrange(10**6)))
    with Receiver(moody.treat) as receiver:
        yield moody, receiver


@pytest.mark.crash
def test_every_event_arrives_in_order_whatever_receiver_and_server_do(
    tmp_path: Path, moody: tuple[Moody, Receiver], capsys: pytest.CaptureFixture[str]
) -> None:
    temper, receiver = moody
    with Server(sqlite_url(tmp_path / "parley.db"), log=tmp_path / "log") as server:
        shop = join(server)
        add(shop, receiver.url)
        talks = [shop.create()["id"] for _ in range(TALKS)]
        for _ in range(ROUNDS):
            for talk in talks:
                write_something(shop, talk)
            server.kill()
            server.start()
        for talk in talks:
            assert 200 == shop.server.request("PATCH", f"/chat/conversations/{talk}/close", token=shop.token).status
        sent = {f"evt_{shop.tenant.id}_{event.seq}": event for event in shop.events() if event.type in EVENT_TYPES}
        began = monotonic()
        receiver.until(lambda _: {request.headers["webhook-id"] for request in temper.taken} == sent.keys())
        took = monotonic() - began
    came = Counter(request.headers["webhook-id"] for request in temper.taken)
    by_talk: dict[Any, list[int]] = defaultdict(list)
    for request in temper.taken:
        seq = int(request.headers["parley-seq"])
        if seq not in by_talk[request.json()["TicketId"]]:
            by_talk[request.json()["TicketId"]].append(seq)
    with capsys.disabled():
        doubled = sum(count - 1 for count in came.values())
        print(  # noqa: T201 - how sure it is, counted
            f"\n{len(sent)} events, {ROUNDS} kills, mistreated {dict(temper.did)}: 0 lost, {doubled} sent twice with "
            f"the same id, all there after {took:.0f} s"
        )

    assert temper.did.total() >= len(WAYS)
    assert by_talk.keys() == set(talks)
    assert all(sorted(seqs) == seqs for seqs in by_talk.values())
    assert max(came.values()) <= 1 + ROUNDS


def add(shop: Integrator, url: str) -> None:
    """A webhook of the community, at an address that the operator allowed."""
    shop.do(
        AddEndpoint(
            community_id=shop.tenant.id,
            url=url,
            event_types=EVENT_TYPES,
            allowed_hosts=("127.0.0.1",),
            verify_token=b"plain:sesame",
            secret=b"plain:secret",
            by="operator",
        )
    )


def write_something(shop: Integrator, talk: int) -> None:
    """A message, from time to time several."""
    messages = [{"author": {"name": "John", "email": "john@dow.com"}, "message": "Hello"}] * (1 + talk % 2)
    path = f"/chat/conversations/{talk}/messages"
    assert 200 == shop.server.request("POST", path, messages, token=shop.token).status
