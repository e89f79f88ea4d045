"""As tests/storage/test_sqlite_plans.py, on PostgreSQL: the plan for any size, made on empty and on full tables."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from parley.actions.conversations import CloseConversation
from parley.storage import queries
from parley.storage.postgres import reader, writer
from parley.storage.postgres.texts import TEXTS
from tests.builders import SHOP, author, create
from tests.ledger.books import opened
from tests.storage.postgres_databases import PostgresDatabase
from tests.storage.test_sqlite_plans import WHOLE, constants

READ = {name: text for name, text in constants(queries) if not name.startswith("OLD_")} | {
    "paces": TEXTS.paces,
    "turns": TEXTS.turns,
}
WRITE = msgspec.structs.asdict(TEXTS) | {
    name: getattr(queries, name)
    for name in ("CATEGORIES", "FIELDS", "OLD_ANSWER", "OLD_CHECKPOINT", "OLD_DELIVERY", "OLD_SESSION", "OLD_TRAFFIC")
}
SIDES = {"reader": (reader.SETTINGS, READ), "writer": (writer.SETTINGS, WRITE)}


@pytest.fixture(params=["empty", "full"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PostgresDatabase]:
    """A database without rows, or with some hundred and PostgreSQL's own statistics of these."""
    database = PostgresDatabase(tmp_path)
    async with opened(database) as books:
        if request.param == "full":
            await books.add_communities()
            people = [author(email=f"{number}@x", identifier=str(number)) for number in range(300)]
            await books.together([create(author=person, message="Hi") for person in people])
            closing = [CloseConversation(community_id=SHOP, conversation_id=number, by="x") for number in range(1, 99)]
            await books.together(closing)
    database.execute("ANALYZE")
    yield database
    await database.close()


@pytest.mark.parametrize("side", SIDES)
async def test_no_statement_reads_a_whole_table(database: PostgresDatabase, side: str) -> None:
    settings, statements = SIDES[side]
    connection = await asyncpg.connect(
        database.url, server_settings={**settings, "default_transaction_read_only": "off"}
    )
    plans = {name: await plan(connection, text) for name, text in statements.items()}
    await connection.close()

    assert {} == {name: lines for name, lines in plans.items() if "Seq Scan" in lines and name not in WHOLE}


async def test_what_is_searched_is_found_by_its_index(database: PostgresDatabase) -> None:
    """Not by a walk through all rows in the order in which the newest are wanted."""
    connection = await asyncpg.connect(database.url, server_settings=reader.SETTINGS)
    lines = await plan(connection, TEXTS.hits)
    await connection.close()

    assert {"messages_found", "titles_found", "people_found"} == set(re.findall(r"Bitmap Index Scan on (\w+)", lines))


async def plan(connection: Any, text: str) -> str:
    """The generic plan of a statement, whatever its parameters are."""
    width = max(map(int, re.findall(r"\$(\d+)", text)), default=0)
    nothing = f"({', '.join(['NULL'] * width)})" if width else ""
    await connection.execute(f"PREPARE explained AS {text}")
    lines = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE explained {nothing}")]
    await connection.execute("DEALLOCATE explained")
    return "\n".join(lines)
