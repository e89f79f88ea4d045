"""The application in this process, on a real file, with a clock that tests move: for what would take hours outside."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import jwt
import msgspec
import uvicorn
from uvicorn.server import ServerState

from parley import wiring
from parley.actions.communities import AddCommunity
from parley.api.app import Asgi, build
from parley.api.attending import Attendance
from parley.api.calls import Backend
from parley.api.connections import BoundedProtocol
from parley.api.doorkeeper import Doorkeeper, hash_of
from parley.api.session_keeper import SessionKeeper
from parley.api.streams import Streams
from parley.api.tries import Tries
from parley.core.access import Grant
from parley.feeds.tail import LogTail
from parley.ledger import Ledger
from parley.storage.sqlite import SqliteFile, SqliteReader, SqliteStorage, SqliteWatch
from parley.vault import Vault
from tests.api.integrators import CONVERSATIONS
from tests.builders import CHEAP
from tests.clock import ManualClock
from tests.servers import Reply, Tenant

WITHIN_S = 20


@dataclass
class House:
    """The parts at the clock's time, one community, and the application in front of them."""

    clock: ManualClock
    parts: wiring.Parts
    tenant: Tenant
    backend: Backend

    @property
    def app(self) -> Asgi:
        """The application."""
        return build(self.backend)

    def keeper(self) -> Doorkeeper:
        """A new doorkeeper, such as another process has."""
        return Doorkeeper(self.parts.reader, now=self.clock, unseal=self.parts.vault.unseal)

    async def grant(self) -> Grant:
        """The community's refresh token."""
        grant = await self.parts.reader.grant_by_hash(hash_of(self.tenant.refresh_token))
        assert grant is not None
        return grant

    async def token(self) -> str:
        """A good access token."""
        return await self.backend.doorkeeper.issue(await self.grant())

    async def claims(self) -> dict[str, Any]:
        """What a good access token says."""
        claims: dict[str, Any] = jwt.decode(await self.token(), options={"verify_signature": False})
        return claims

    async def key(self) -> bytes:
        """The key that signs now."""
        newest, *_ = await self.parts.reader.signing_keys()
        return self.parts.vault.unseal(newest.sealed)

    async def rotate(self) -> None:
        """Put a new key in charge, as `parley key rotate` does beside the server."""
        await wiring.rotate_key(self.parts, by="operator")

    async def get(self, token: str) -> Reply:
        """Ask for a conversation that does not exist: 404 for a good token, 401 for any other."""
        return await ask(self.app, "GET", f"{CONVERSATIONS}/1", headers={"Authorization": f"Bearer {token}"})


@asynccontextmanager
async def house_at(folder: Path, clock: ManualClock) -> AsyncIterator[House]:
    """A house that stands until the block ends."""
    file = SqliteFile(folder / "parley.db")
    storage, reader, vault = SqliteStorage(file), SqliteReader(file), Vault(None)
    tail, watch = LogTail(reader), SqliteWatch(file)
    ledger = Ledger(storage, now=clock, fresh=wiring.fresh, on_events=tail.wake)
    parts = wiring.Parts(storage=storage, reader=reader, ledger=ledger, vault=vault, tail=tail, watch=watch)
    await storage.migrate()
    ledger.start()
    try:
        await wiring.rotate_key(parts, by="server", only_if_none=True)
        tenant = await add_tenant(ledger, "Shop")
        keeper = Doorkeeper(reader, now=clock, unseal=vault.unseal)
        sessions = SessionKeeper(reader, ledger, now=clock)
        streams = Streams(
            reader=reader,
            tail=tail,
            neighbours=watch,
            doorkeeper=keeper,
            sessions=sessions,
            attendance=Attendance(ledger, now=clock),
            now=clock,
        )
        async with contextlib.aclosing(wiring.outgoing()) as outgoing:
            desk = wiring.desk(parts, outgoing, public_url="http://127.0.0.1")
            backend = Backend(
                ledger=ledger,
                reader=reader,
                doorkeeper=keeper,
                now=clock,
                version="0",
                desk=desk,
                bot_desk=wiring.bot_desk(parts, outgoing),
                tail=tail,
                streams=streams,
                sessions=sessions,
                passwords=CHEAP,
                tries=Tries(parts.watch, now=clock),
                new_secret=wiring.new_secret,
            )
            yield House(clock, parts, tenant, backend)
    finally:
        await ledger.close()
        await reader.close()
        await storage.close()


@asynccontextmanager
async def listening(house: House) -> AsyncIterator[tuple[tuple[str, int], Any]]:
    """The application of a house behind real sockets in this loop, with its tail: its address and its connections."""
    config = uvicorn.Config(house.app, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    tail = asyncio.create_task(house.parts.tail.run())
    server = await loop.create_server(lambda: BoundedProtocol(config, state, {}), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname(), state.connections
    finally:
        server.close()
        house.backend.streams.stop()
        for connection in tuple(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks)
        tail.cancel()
        await asyncio.gather(tail, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Return when it holds, which others in this loop bring about."""
    async with asyncio.timeout(WITHIN_S):
        while not holds():  # noqa: ASYNC110 - whatever it is has no event to wait for
            await asyncio.sleep(0)


async def add_tenant(ledger: Ledger, name: str) -> Tenant:
    """A new community."""
    secret = secrets.token_urlsafe()
    made = await ledger.submit(AddCommunity(name=name, secret_hash=hash_of(secret), by="operator"))
    return Tenant(made.id, made.name, made.client_id, secret)


def with_reader(backend: Backend, reader: Any) -> Backend:
    """The same backend with another reader behind its handlers."""
    return msgspec.structs.replace(backend, reader=reader)


async def ask(
    app: Asgi, method: str, path: str, body: bytes = b"", *, headers: Mapping[str, str] | None = None
) -> Reply:
    """Send one request to an application."""
    path, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, content = sent
    head = Message()
    for name, value in start["headers"]:
        head[name.decode()] = value.decode()
    return Reply(start["status"], head, content["body"])
