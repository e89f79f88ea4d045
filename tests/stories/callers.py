"""Callers whose requests are sent now and answered later, without a thread for each, and a writer that is held up."""

import http.client
import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from tests.servers import Reply, Server, Tenant, add_community

CONVERSATIONS = "/chat/conversations"
ANSWER_WITHIN_S = 30


class Caller:
    """An integrator with one keep-alive connection. Use as a context manager; leaving it hangs up."""

    def __init__(self, server: Server, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=ANSWER_WITHIN_S)
        self._token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, body: Any = None, *, headers: Mapping[str, str] | None = None) -> None:
        """Send a request to create a conversation, by default of somebody new; do not wait."""
        raw = json.dumps(somebody() if body is None else body).encode()
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **(headers or {})}
        self._connection.request("POST", CONVERSATIONS, body=raw, headers=sent)

    def answer(self) -> Reply:
        """Wait for the answer to what was sent."""
        reply = self._connection.getresponse()
        return Reply(reply.status, reply.headers, reply.read())

    def create(self, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Reply:
        """Send and wait."""
        self.send(body, headers=headers)
        return self.answer()


@contextmanager
def many_callers(server: Server, token: str, count: int) -> Iterator[list[Caller]]:
    """Callers who hang up when the block ends."""
    with ExitStack() as open_ones:
        yield [open_ones.enter_context(Caller(server, token)) for _ in range(count)]


def somebody() -> dict[str, Any]:
    """The body of a conversation of a new client."""
    return {"author": {"email": f"{uuid.uuid4()}@example.com"}}


def sign_in(server: Server, name: str) -> tuple[Tenant, str]:
    """A new community and a token that the server has verified already."""
    tenant = add_community(server.database, name, env=server.env)
    token = server.token(tenant)
    assert server.request("GET", f"{CONVERSATIONS}/999999", token=token).status == 404
    return tenant, token


def await_taken(server: Server) -> None:
    """Return when the server has read everything sent so far: it takes in what comes in order of arrival."""
    assert server.request("GET", "/health/live").status == 200


@contextmanager
def held_up(database: Path) -> Iterator[None]:
    """No group is written until the block ends: another program has the file's write lock."""
    holder = sqlite3.connect(database, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
    finally:
        holder.close()
