"""What tests of bots ask for."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from parley.core.bots import BotKind
from parley.outgoing.client import Outgoing
from tests.bots.interviews import SPEECHES, Interview
from tests.bots.offices import Office, office_of
from tests.bots.scripted import ScriptedBot
from tests.receivers import Receiver
from tests.storage.databases import Database
from tests.webhooks.virtual_clock import VirtualClock

ToInterview = Callable[[BotKind], Interview]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A bot's server on this machine."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def to_interview(receiver: Receiver) -> AsyncIterator[ToInterview]:
    """Asks a bot of a kind for real."""
    outgoing = Outgoing()
    yield lambda kind: Interview(kind, receiver, outgoing)
    await outgoing.aclose()


@pytest.fixture(params=list(SPEECHES))
def interview(request: pytest.FixtureRequest, to_interview: ToInterview) -> Interview:
    """A bot of every kind that is asked, one after the other."""
    return to_interview(request.param)


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """A clock on which a day passes in a moment."""
    return VirtualClock()


@pytest.fixture
def bot(virtual_clock: VirtualClock) -> ScriptedBot:
    """Who is asked."""
    return ScriptedBot(virtual_clock)


@pytest.fixture
async def office(database: Database, virtual_clock: VirtualClock, bot: ScriptedBot) -> AsyncIterator[Office]:
    """A process that has the Shop's bot asked, once it is opened."""
    async with office_of(database, virtual_clock, bot) as office:
        await office.books.add_communities()
        await office.set_bot()
        yield office
