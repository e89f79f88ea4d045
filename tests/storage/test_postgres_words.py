"""PostgreSQL makes the same words whatever the locale of the database."""

# ruff: noqa: RUF001 - letters that look alike are what it is about

import asyncio

import asyncpg
import pytest

from parley.storage.postgres import PostgresServer, PostgresStorage
from tests.postgres import cluster

TEXTS = {
    "Hello, my PARCEL.": ["hello", "my", "parcel"],
    "Øl på “ÅSEN” – İyi, ıslak…": ["øl", "pa", "asen", "iyi", "ıslak"],
    "ΟΔΟΣ Ёлка ԲԱՐԵՎ": ["οδοσ", "ёлка", "բարեվ"],
    "नमस्ते। שָׁלוֹם 10€": ["नमस्ते", "שָׁלוֹם", "10"],
    " … ": [],
}


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "tr_TR.UTF-8"])
def test_words_are_the_same_in_every_locale(locale: str) -> None:
    name = f"parley_{locale.lower().replace('.', '_').replace('-', '_')}"
    try:
        cluster().execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LOCALE '{locale}'")
    except asyncpg.PostgresError:
        pytest.skip(f"this PostgreSQL has no {locale}")
    try:
        found = asyncio.run(words(cluster().url(name)))
    finally:
        cluster().execute(f'DROP DATABASE "{name}"')

    assert {text: [*expected, "#7"] for text, expected in TEXTS.items()} == found


async def words(url: str) -> dict[str, list[str]]:
    """What a database of the newest schema makes of the texts."""
    storage = PostgresStorage(PostgresServer(url))
    await storage.migrate()
    await storage.close()
    connection = await asyncpg.connect(url)
    try:
        return {text: await connection.fetchval("SELECT found_words(7, $1)", text) for text in TEXTS}
    finally:
        await connection.close()
