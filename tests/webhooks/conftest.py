"""What tests of the postman ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.storage.databases import Database
from tests.webhooks.post_office import PostOffice, post_office
from tests.webhooks.receiving import Receiver
from tests.webhooks.virtual_clock import VirtualClock


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """A clock on which a day passes in a moment."""
    return VirtualClock()


@pytest.fixture
def receiver(virtual_clock: VirtualClock) -> Receiver:
    """Who is sent the webhooks."""
    return Receiver(virtual_clock)


@pytest.fixture
async def office(database: Database, virtual_clock: VirtualClock, receiver: Receiver) -> AsyncIterator[PostOffice]:
    """A process that sends webhooks for the Shop, once it is opened."""
    async with post_office(database, virtual_clock, receiver) as office:
        await office.books.add_communities()
        yield office
