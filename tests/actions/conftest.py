"""Actions are the same on every database (tests/ledger and tests/storage see to that), so here SQLite is enough."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.storage.databases import Database, SqliteDatabase


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A file."""
    database = SqliteDatabase(tmp_path)
    yield database
    await database.close()
