"""What tests of mail ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.mail.offices import MailOffice, mail_office
from tests.mail.receiving import MailServer, receiving
from tests.storage.databases import Database
from tests.webhooks.virtual_clock import VirtualClock


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """A clock on which a day passes in a moment."""
    return VirtualClock()


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """Who takes the mail."""
    server = MailServer()
    async with receiving(server):
        yield server


@pytest.fixture
async def office(database: Database, virtual_clock: VirtualClock) -> AsyncIterator[MailOffice]:
    """A process that sends mail for the Shop, once it is opened."""
    async with mail_office(database, virtual_clock) as office:
        await office.books.add_communities()
        await office.add_charlie()
        yield office
