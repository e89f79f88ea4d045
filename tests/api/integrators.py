"""Integrators: programs of a community that speak the API over real sockets."""

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from parley import wiring
from parley.actions.communities import AddCommunity
from parley.actions.draft import Action
from parley.api.doorkeeper import hash_of
from parley.core.events import Event
from tests.servers import Reply, Server, Tenant

CONVERSATIONS = "/chat/conversations"
JOHN = {"name": "John", "email": "john@dow.com"}

R = TypeVar("R")
_numbers = itertools.count(1)


@dataclass
class Integrator:
    """One who talks with a server for a community."""

    server: Server
    tenant: Tenant
    token: str

    def post(self, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a new conversation, with whatever body."""
        return self.server.request("POST", CONVERSATIONS, body, token=self.token, headers=headers)

    def create(self, **members: Any) -> Any:
        """A new conversation, John's unless said otherwise."""
        return self.post({"author": JOHN, **members}).data

    def get(self, conversation_id: object, query: str = "") -> Reply:
        """Ask for a conversation."""
        return self.server.request("GET", f"{CONVERSATIONS}/{conversation_id}{query}", token=self.token)

    def events(self) -> list[Event]:
        """The community's log behind its first two events, which made it."""
        return asyncio.run(_events(self.server.database, self.tenant.id))

    def happened(self) -> list[str]:
        """The types of these events."""
        return [event.type for event in self.events()]

    def do(self, *actions: Action[R]) -> list[R]:
        """Do what commands do, beside the running server."""
        return submit(self.server.database, *actions)


def join(server: Server) -> Integrator:
    """The integrator of a new community."""
    tenant = add_tenant(server.database)
    return Integrator(server, tenant, server.token(tenant))


def add_tenant(database: str) -> Tenant:
    """A new community, made without a process of its own."""
    secret = wiring.new_secret()
    name = f"Community {next(_numbers)} {secret[:8]}"
    (made,) = submit(database, AddCommunity(name=name, secret_hash=hash_of(secret), by="operator"))
    return Tenant(made.id, made.name, made.client_id, secret)


def submit(database: str, *actions: Action[R]) -> list[R]:
    """Do some actions on a database that a server may be using."""

    async def work() -> list[R]:
        async with wiring.opened(database, migrates=False) as parts:
            return [await parts.ledger.submit(action) for action in actions]

    return asyncio.run(work())


async def _events(database: str, community_id: int) -> list[Event]:
    async with wiring.opened(database, migrates=False) as parts:
        return await parts.reader.events_of(community_id, after=2, take=1_000)
