"""PostgreSQL refuses a group's data: only the guilty action fails."""

import asyncio
import logging

import pytest

from parley import wiring
from parley.actions.create_conversation import CreateConversation
from parley.actions.draft import Action
from parley.core.events import ConversationCreated
from parley.core.people import Author
from parley.ports import DataRefusedError, Opened
from tests.api.inside import add_tenant
from tests.ledger.bad_actions import Unkeepable
from tests.postgres import cluster


@pytest.fixture
def database() -> str:
    """An empty one."""
    return cluster().new_database()


async def test_a_group_that_is_refused_for_its_data_is_decided_one_action_at_a_time(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with wiring.opened(database) as parts:
        shop = (await add_tenant(parts.ledger, "Shop")).id
        wanted: list[Action[Opened]] = [
            (Unkeepable if name == "carl" else CreateConversation)(
                community_id=shop, by="test", author=Author(email=f"{name}@example.com")
            )
            for name in ("alice", "bob", "carl", "dora")
        ]
        with caplog.at_level(logging.WARNING, "parley.ledger"):
            told = await asyncio.gather(*map(parts.ledger.submit, wanted), return_exceptions=True)
        events = await parts.reader.events(after=0, take=100)
        findings = await parts.reader.audit(lambda done, of: None)

    stored = [event.what.author.email for event in events if isinstance(event.what, ConversationCreated)]
    assert [Opened, Opened, DataRefusedError, Opened] == [type(reply) for reply in told]
    assert ["alice@example.com", "bob@example.com", "dora@example.com"] == stored
    assert [1, 2, 3] == [reply.position for reply in told if isinstance(reply, Opened)]
    assert ["group_refused"] == [record.getMessage() for record in caplog.records]
    assert list(range(1, len(events) + 1)) == [event.number for event in events]
    assert [] == [finding for finding in findings if not finding.holds]
