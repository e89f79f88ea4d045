"""What every test may ask for."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.clock import ManualClock
from tests.ledger.books import Books, opened
from tests.storage.databases import Database, SqliteDatabase
from tests.storage.postgres_databases import PostgresDatabase

# The kinds of database that the conformance suite runs on: a new one is one more entry.
KINDS: dict[str, Callable[[Path], Database]] = {"sqlite": SqliteDatabase, "postgres": PostgresDatabase}

# Enough examples to meet the usual suspects in seconds; what one run misses, the next may meet.
# A fixture is made once for all examples of a test, which is what our tests of values want.
settings.register_profile(
    "parley",
    max_examples=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("parley")

NewDatabase = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until it is moved."""
    return ManualClock()


@pytest.fixture(params=list(KINDS.values()), ids=list(KINDS))
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Makes databases of one kind, without rows; what is opened on one is closed at the end of its block."""

    @asynccontextmanager
    async def make() -> AsyncIterator[Database]:
        database: Database = request.param(tmp_path_factory.mktemp("database"))
        try:
            yield database
        finally:
            await database.close()

    return make


@pytest.fixture
async def database(new_database: NewDatabase) -> AsyncIterator[Database]:
    """A database without rows."""
    async with new_database() as database:
        yield database


@pytest.fixture
async def books(database: Database, clock: ManualClock) -> AsyncIterator[Books]:
    """A ledger on a database with two communities, the Shop and the Rival."""
    async with opened(database, clock) as books:
        await books.add_communities()
        yield books
