"""Two processes on one PostgreSQL: that somebody is writing, or guesses a password, is known to both."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import pytest

from parley.storage.postgres.watch import WORDS
from tests.api.desks import Desk, hire, sign_in
from tests.api.following import Follower, follow, listen
from tests.api.integrators import join
from tests.postgres import cluster
from tests.servers import Server

CLIENT = "the client"
LOOKS = 500  # each is a connection of its own, which takes its time

LISTENING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'parley watch' AND datname = current_database() AND state = 'idle' AND query ~ 'parley_'
"""
CUT = """
    SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
    WHERE application_name = 'parley watch' AND datname = current_database()
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two servers that listen to each other."""
    folder = tmp_path_factory.mktemp("typing")
    database = cluster().new_database()
    with Server(database, log=folder / "one") as one, Server(database, log=folder / "other") as other:
        await_listening(database)
        yield one, other


@dataclass
class Meeting:
    """Teammates who write in a conversation, and its client: all of them follow it at both servers."""

    servers: tuple[Server, Server]
    number: int
    teammates: dict[str, Desk]
    streams: dict[str, list[Follower]]

    def type(self, name: str, *, at: int) -> None:
        """Let one of the servers know that this one writes."""
        desk = replace(self.teammates[name], server=self.servers[at])
        assert {} == desk.do(f"/conversations/{self.number}/typing")

    def await_shown(self, name: str, *, at: tuple[int, ...] = (0, 1)) -> None:
        """Return when all others have seen at these servers that this one writes."""
        for follower, streams in self.streams.items():
            for number in at if follower != name else ():
                streams[number].wait_for(lambda frame: frame.type == "typing" and frame.data["name"] == name)

    def shown(self, *, at: int) -> dict[str, list[str]]:
        """Whom each follower has seen writing at a server."""
        return {
            follower: [frame.data["name"] for frame in streams[at].frames if frame.type == "typing"]
            for follower, streams in self.streams.items()
        }


@contextmanager
def meeting(servers: tuple[Server, Server], *names: str) -> Iterator[Meeting]:
    """Those of a new community, each stream under way."""
    shop = join(servers[0])
    number = shop.create(message="Hi")["id"]
    teammates = {name: hire(shop, name=name) for name in names}
    with ExitStack() as opened:
        streams = {
            name: [opened.enter_context(listen(replace(desk, server=server))) for server in servers]
            for name, desk in teammates.items()
        }
        streams[CLIENT] = [opened.enter_context(follow(replace(shop, server=server), number)) for server in servers]
        teammates[names[0]].do(f"/conversations/{number}/replies", {"message": "Hello"})
        for stream in (stream for both in streams.values() for stream in both):
            stream.wait_for(lambda frame: frame.type == "conversation_message_added")
        yield Meeting(servers, number, teammates, streams)


def test_who_writes_is_shown_once_to_all_others_of_the_community_at_both_servers(two: tuple[Server, Server]) -> None:
    """Erin and Eve come last: what would be shown twice, or to the wrong ones, is there before them."""
    with meeting(two, "Charlie", "Dana", "Erin") as shop, meeting(two, "Eve", "Frank") as rival:
        for name, at in (("Charlie", 0), ("Dana", 1), ("Erin", 1)):
            shop.type(name, at=at)
            shop.await_shown(name)
        rival.type("Eve", at=0)
        rival.await_shown("Eve")
        shown, elsewhere = [[each.shown(at=at) for at in (0, 1)] for each in (shop, rival)]

    everybody = ["Charlie", "Dana", "Erin"]
    others = {name: [other for other in everybody if other != name] for name in everybody}
    assert [{**others, CLIENT: everybody}] * 2 == shown
    assert [{"Eve": [], "Frank": ["Eve"], CLIENT: ["Eve"]}] * 2 == elsewhere


def test_without_a_line_the_server_that_was_asked_shows_it_and_both_do_when_it_is_back(
    two: tuple[Server, Server],
) -> None:
    database = two[0].database
    with meeting(two, "Charlie", "Dana") as shop:
        assert 2 == cluster().execute(CUT, database=database)
        shop.type("Charlie", at=0)
        shop.await_shown("Charlie", at=(0,))
        await_listening(database)
        shop.type("Dana", at=0)
        shop.await_shown("Dana")
        shop.type("Charlie", at=1)
        shop.await_shown("Charlie")
        shown = shop.shown(at=0)

    assert {"Charlie": ["Dana"], "Dana": ["Charlie"] * 2, CLIENT: ["Charlie", "Dana", "Charlie"]} == shown


def test_wrong_passwords_are_counted_wherever_they_are_tried(two: tuple[Server, Server]) -> None:
    """What Charlie writes is told behind the tries, so when it is shown at the other server these are known there."""
    with meeting(two, "Charlie", "Dana") as shop:
        guessed, other = shop.teammates["Charlie"].email, shop.teammates["Dana"].email
        wrong = [sign_in(two[0], guessed, "wrong horse battery").status for _ in range(5)]
        shop.type("Charlie", at=0)
        shop.await_shown("Charlie", at=(1,))
        statuses = [sign_in(server, guessed).status for server in two]
        spared = sign_in(two[1], other).status

    assert [401] * 5 == wrong
    assert [429, 429] == statuses
    assert 200 == spared


def test_the_right_password_is_forgiving_everywhere(two: tuple[Server, Server]) -> None:
    with meeting(two, "Charlie", "Dana") as shop:
        email = shop.teammates["Charlie"].email
        for _ in range(4):
            sign_in(two[0], email, "wrong horse battery")
        shop.type("Charlie", at=0)
        shop.await_shown("Charlie", at=(1,))
        right = sign_in(two[1], email).status
        shop.type("Charlie", at=1)
        shop.await_shown("Charlie", at=(0,))
        again = [sign_in(two[0], email, "wrong horse battery").status for _ in range(5)]

    assert 200 == right
    assert [401] * 5 == again


@pytest.mark.parametrize("word", ["", "nonsense", "[]", '{"type": "nonsense"}', '{"type": "typing", "frame": {}}'])
def test_what_no_server_understands_is_passed_over_and_its_text_logged_nowhere(
    two: tuple[Server, Server], word: str
) -> None:
    before = [len(passed_over(server)) for server in two]
    with meeting(two, "Charlie", "Dana") as shop:
        cluster().execute(f"SELECT pg_notify('{WORDS}', '{word}')", database=two[0].database)
        for name, at in (("Charlie", 0), ("Dana", 1)):
            shop.type(name, at=at)
            shop.await_shown(name)
    logged = [passed_over(server)[count:] for server, count in zip(two, before, strict=True)]

    assert [1, 1] == [len(lines) for lines in logged]
    assert "nonsense" not in f"{logged}"


def passed_over(server: Server) -> list[dict[str, str]]:
    """The lines of a server about what it did not understand."""
    assert server.log is not None
    lines = map(json.loads, server.log.read_text().splitlines())
    return [line for line in lines if line["event"] == "word_not_understood"]


def await_listening(database: str) -> None:
    """Return when both servers listen."""
    for _ in range(LOOKS):
        if cluster().execute(LISTENING, database=database) == 2:
            return
    raise AssertionError(database)
