"""Teammates at work: signed in at a running server, over real sockets."""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

from parley.actions.sign_ins import SetPassword
from parley.actions.teammates import AddTeammate
from parley.api.session_keeper import COOKIE
from parley.core.people import Role
from tests.api.integrators import Integrator
from tests.builders import CHEAP
from tests.servers import Reply, Server

PASSWORD = "correct horse battery"
SESSION = "/agents/session"
PROOF = "X-Parley-CSRF"

_numbers = itertools.count(1)


@dataclass
class Desk:
    """A teammate who is signed in."""

    server: Server
    id: str
    email: str
    cookie: str
    proof: str

    @property
    def by(self) -> str:
        """How events name them."""
        return f"teammate:{self.id}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request as the page does."""
        own = {"Cookie": f"{COOKIE}={self.cookie}"} | ({} if method == "GET" else {PROOF: self.proof})
        return self.server.request(method, f"/agents{path}", body, headers=own | headers)

    def get(self, path: str) -> Any:
        """What is read there."""
        return self.ask("GET", path).data

    def do(self, path: str, body: Any = None) -> Any:
        """Do something that succeeds."""
        return self.ask("POST", path, body).data


def hire(shop: Integrator, *, role: Role = Role.AGENT, name: str = "Charlie", email: str | None = None) -> Desk:
    """A new teammate of a community, signed in."""
    email = email or f"{name.lower()}-{next(_numbers)}@shop.example"
    add = AddTeammate(community_id=shop.tenant.id, name=name, email=email, role=role, by="operator")
    ((user, _),) = shop.do(add)
    give_password(shop, email)
    return sit_down(shop.server, user.id, email, community=shop.tenant.name)


def give_password(shop: Integrator, email: str, password: str = PASSWORD) -> None:
    """Give a teammate a password, hashed at once."""
    kept = asyncio.run(CHEAP.hash(password))
    shop.do(SetPassword(community_id=shop.tenant.id, email=email, hash=kept, by="operator"))


def sit_down(server: Server, user_id: str, email: str, *, community: str) -> Desk:
    """Sign a teammate in."""
    reply = sign_in(server, email, community=community)
    return Desk(server, user_id, email, cookie_of(reply), reply.data["csrfToken"])


def sign_in(server: Server, email: str, password: str = PASSWORD, **more: Any) -> Reply:
    """Ask for a session."""
    headers = more.pop("headers", {})
    return server.request("POST", SESSION, {"email": email, "password": password, **more}, headers=headers)


def cookie_of(reply: Reply) -> str:
    """The session's secret, from the answer that sets it."""
    name, _, value = reply.headers["set-cookie"].partition(";")[0].partition("=")
    assert name == COOKIE
    return str(value)
