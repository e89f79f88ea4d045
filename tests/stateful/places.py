"""A real server on a database of each kind, and quick ways to it: a connection that is kept, a log read in place."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

from parley import wiring
from parley.actions.communities import AddCommunity
from parley.actions.draft import Action
from parley.actions.teammates import AddTeammate
from parley.api.doorkeeper import hash_of
from parley.core.events import Event
from parley.core.people import Role
from tests.api.integrators import CONVERSATIONS
from tests.postgres import cluster
from tests.servers import Reply, Server, Tenant, sqlite_url

R = TypeVar("R")


@dataclass
class Place:
    """A running server, a connection to it, and its database opened in this process too."""

    server: Server
    connection: HTTPConnection
    runner: asyncio.Runner
    parts: wiring.Parts

    def do(self, action: Action[R]) -> R:
        """Do what commands and the agents' side do, beside the server."""
        return self.runner.run(self.parts.ledger.submit(action))

    def events(self, community_id: int, *, after: int) -> list[Event]:
        """A community's log behind a `seq`."""
        return self.runner.run(self.parts.reader.events_of(community_id, after=after, take=1_000))

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """Send a request on the one connection and wait for the answer."""
        raw = None if body is None else json.dumps(body).encode()
        self.connection.request(method, path, raw, {"Content-Type": "application/json", **headers})
        answer = self.connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())


@dataclass
class Guest:
    """An integrator of a community of its own, with two teammates."""

    place: Place
    community_id: int
    token: str
    teammates: tuple[str, str]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request behind the path of conversations."""
        return self.place.send(method, CONVERSATIONS + path, body, {"Authorization": f"Bearer {self.token}", **headers})

    def get(self, path: str) -> Any:
        """What is read."""
        return self.send("GET", path).data


@contextmanager
def place_on(database: str) -> Iterator[Place]:
    """A place that stands until the block ends."""
    with Server(database) as server, asyncio.Runner() as runner:
        opening = wiring.opened(database, migrates=False)
        parts = runner.run(opening.__aenter__())
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            yield Place(server, connection, runner, parts)
        finally:
            connection.close()
            runner.run(opening.__aexit__(None, None, None))


def welcome(place: Place) -> Guest:
    """A guest in a community that nothing has happened in."""
    secret = wiring.new_secret()
    made = place.do(AddCommunity(name=f"Community {secret}", secret_hash=hash_of(secret), by="operator"))
    hired = [
        place.do(AddTeammate(community_id=made.id, name=name, email=f"{name}@shop.example", role=Role.AGENT, by="x"))
        for name in ("dora", "emil")
    ]
    token = place.server.token(Tenant(made.id, made.name, made.client_id, secret))
    return Guest(place, made.id, token, (hired[0][0].id, hired[1][0].id))


def sqlite(folder: Path) -> str:
    """A new file."""
    return sqlite_url(folder / "parley.db")


def postgres(folder: Path) -> str:
    """A new database of the run's PostgreSQL."""
    return cluster().new_database()
