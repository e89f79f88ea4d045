"""A database with two communities, made through Parley's own ledger."""

import asyncio
from pathlib import Path

import msgspec

from bench.fill import BY, Account, made_account, url_of
from parley import wiring
from parley.actions.communities import AddCommunity
from parley.api.doorkeeper import hash_of
from parley.ledger import Ledger


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """The login of the community in which nothing happens."""

    client_id: str
    refresh_token: str


class Communities:
    """Makes both, returns the login of the one that creates, and keeps that of the quiet one."""

    quiet: Quiet

    def __call__(self, path: Path) -> Account:
        """Make the database."""
        account, self.quiet = asyncio.run(_made(path))
        return account


async def _made(path: Path) -> tuple[Account, Quiet]:
    async with wiring.opened(url_of(path)) as parts:
        return await made_account(parts.ledger), await _made_quiet(parts.ledger)


async def _made_quiet(ledger: Ledger) -> Quiet:
    secret = wiring.new_secret()
    community = await ledger.submit(AddCommunity(name="Quiet", secret_hash=hash_of(secret), by=BY))
    return Quiet(client_id=community.client_id, refresh_token=secret)
