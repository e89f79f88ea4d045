"""The clock is set back under a running server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest

from parley import databases, wiring
from parley.actions.conversations import CloseConversation
from parley.actions.create_conversation import CreateConversation
from parley.actions.messages import AddMessages, NewMessage
from parley.api.doorkeeper import Doorkeeper, hash_of
from parley.core.errors import ExpiredError
from parley.core.people import Author
from parley.feeds.tail import LogTail
from parley.ledger import Ledger
from parley.ports import Reader
from parley.vault import Vault
from tests.api.inside import add_tenant
from tests.clock import ManualClock
from tests.postgres import cluster
from tests.servers import Tenant

HOUR = timedelta(hours=1)


@dataclass
class House:
    """What one process has, at the clock's time."""

    clock: ManualClock
    ledger: Ledger
    reader: Reader
    keeper: Doorkeeper
    tenant: Tenant

    async def token(self) -> str:
        """A new access token."""
        grant = await self.reader.grant_by_hash(hash_of(self.tenant.refresh_token))
        assert grant is not None
        return await self.keeper.issue(grant)


@pytest.fixture
def database() -> str:
    """An empty one."""
    return cluster().new_database()


@asynccontextmanager
async def house_on(database: str) -> AsyncIterator[House]:
    """The parts on PostgreSQL until the block ends."""
    clock, vault = ManualClock(), Vault(None)
    storage, reader, watch = databases.sides(database)
    ledger, tail = Ledger(storage, now=clock, fresh=wiring.fresh), LogTail(reader)
    parts = wiring.Parts(storage=storage, reader=reader, ledger=ledger, vault=vault, tail=tail, watch=watch)
    await storage.migrate()
    ledger.start()
    try:
        await wiring.rotate_key(parts, by="server", only_if_none=True)
        tenant = await add_tenant(ledger, "Shop")
        yield House(clock, ledger, reader, Doorkeeper(reader, now=clock, unseal=vault.unseal), tenant)
    finally:
        await ledger.close()
        await reader.close()
        await storage.close()


async def test_times_never_decrease_within_the_log_of_a_conversation(database: str) -> None:
    async with house_on(database) as house:
        shop, author = house.tenant.id, Author(email="alice@example.com")
        steps = [timedelta(minutes=5), -HOUR, timedelta(minutes=1), -HOUR]
        made = await house.ledger.submit(CreateConversation(community_id=shop, by="test", author=author))
        number = made.conversation.id
        for step in steps:
            house.clock.move(step)
            said = (NewMessage(author=author, text="Hello"),)
            await house.ledger.submit(AddMessages(community_id=shop, by="test", conversation_id=number, messages=said))
        await house.ledger.submit(CloseConversation(community_id=shop, by="test", conversation_id=number))
        events = await house.reader.events(after=0, take=100)
        opened = await house.reader.conversation(shop, number, messages="earliest")
        findings = await house.reader.audit(lambda done, of: None)

    times = [event.at for event in events if event.conversation_id == number]
    assert opened is not None
    assert len(times) >= 6
    assert all(before <= after for before, after in pairwise(times))
    assert [message.text for message, _ in opened.messages] == ["Hello"] * 4
    assert opened.conversation.created_at <= opened.conversation.changed_at
    assert [] == [finding for finding in findings if not finding.holds]


async def test_access_tokens_are_made_and_honoured_after_the_clock_was_set_back(database: str) -> None:
    async with house_on(database) as house:
        known, unknown = await house.token(), await house.token()
        await house.keeper.verify(known)
        house.clock.move(-HOUR)

        assert house.tenant.id == (await house.keeper.verify(await house.token())).community_id
        with pytest.raises(ExpiredError):  # it begins in an hour: its owner signs in again
            await house.keeper.verify(unknown)
        house.clock.move(HOUR)
        assert house.tenant.id == (await house.keeper.verify(unknown)).community_id
