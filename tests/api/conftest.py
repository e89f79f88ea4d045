"""One real server for all tests of the API; each test makes its own communities on it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.api.inside import House, house_at, listening
from tests.api.integrators import Integrator, join
from tests.api.porches import Porch
from tests.clock import ManualClock
from tests.feeds.listening import Ear
from tests.servers import Server, sqlite_url


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, shared: whoever looks at counts looks at those of a community."""
    folder = tmp_path_factory.mktemp("api")
    with Server(sqlite_url(folder / "parley.db"), log=folder / "log") as running:
        yield running
    assert '"level": "error"' not in (folder / "log").read_text()


@pytest.fixture
def shop(server: Server) -> Integrator:
    """The integrator of a fresh community."""
    return join(server)


@pytest.fixture
def rival(server: Server) -> Integrator:
    """The integrator of another fresh community."""
    return join(server)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The application in this process, at a time that the test moves."""
    async with house_at(tmp_path, ManualClock()) as standing:
        yield standing


@pytest.fixture
async def porch(house: House) -> AsyncIterator[Porch]:
    """The same behind real sockets."""
    async with listening(house) as (address, connections):
        porch = Porch(house, address, connections, Ear())
        await house.parts.tail.follow(porch.ear)
        yield porch
        for stream in porch.opened:
            stream.close()
