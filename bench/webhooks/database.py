"""Databases with endpoints, made through Parley's own ledger."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bench.fill import BY, Account, Told, copied, made_account, submitted, url_of
from bench.queue.database import creates
from parley import wiring
from parley.actions.endpoints import AddEndpoint, RemoveEndpoint
from parley.wiring import Parts

EVENT = "conversation_created"
HOST = "127.0.0.1"
DEAD_PORT = 9
"""Where nobody listens: a refusal at once is what costs most, for it allows the next attempt at once."""

_FIRST_FILLED = 10_000_000
"""The e-mails of filled conversations begin here, so that those of the load are others."""


def maker(port: int, *, events: int, told: Told) -> Callable[[Path], Account]:
    """Return what makes a database whose one endpoint has so many events still to come."""

    def make(path: Path) -> Account:
        return asyncio.run(_made(path, port, events, told))

    return make


def filled(port: int, *, events: int, is_dead: bool, told: Told) -> Callable[[Path], Account]:
    """Return what copies a database with so many events, all of which a dead endpoint has to come.

    A living one is added at their end; without `is_dead` the dead one is removed.
    """

    def make(path: Path) -> Account:
        account = copied(f"webhooks-{events}", path, lambda new: asyncio.run(_made(new, DEAD_PORT, events, told)))
        asyncio.run(_go_on(path, account, port, is_dead=is_dead))
        return account

    return make


async def _made(path: Path, port: int, events: int, told: Told) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        account = await made_account(parts.ledger)
        await _add(parts, account, port)
        await submitted(parts.ledger, creates(account, _FIRST_FILLED, events), told)
    return account


async def _go_on(path: Path, account: Account, port: int, *, is_dead: bool) -> None:
    async with wiring.opened(url_of(path)) as parts:
        await _add(parts, account, port)
        if not is_dead:
            await parts.ledger.submit(RemoveEndpoint(community_id=account.community_id, endpoint_id=1, by=BY))


async def _add(parts: Parts, account: Account, port: int) -> None:
    await parts.ledger.submit(
        AddEndpoint(
            community_id=account.community_id,
            url=f"http://{HOST}:{port}/hook",
            event_types=(EVENT,),
            allowed_hosts=(HOST,),
            verify_token=parts.vault.seal(b"bench"),
            secret=parts.vault.seal(b"b" * 32),
            by=BY,
        )
    )
