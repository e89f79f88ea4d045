"""Running a script on a PostgreSQL connection.

Keys and rows go in as one array a column, so a statement is the same however many there are, and is planned once.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from parley.storage.postgres.connections import Connection
from parley.storage.scripts import Ask, Find, R, Row, Save, Script, Step


async def run(connection: Connection, script: Script[R]) -> R:
    """Run a script to its end, in whatever transaction the connection is in."""
    found: Sequence[Row] | None = None
    while True:
        try:
            step = next(script) if found is None else script.send(found)
        except StopIteration as end:
            result: R = end.value
            return result
        found = await take(connection, step)


async def take(connection: Connection, step: Step) -> Sequence[Row]:
    """Take one step; the rows it finds."""
    found: Sequence[Row] = ()
    match step:
        case Find(text, keys, more):
            found = await connection.fetch(text, *_columns(list(keys)), *more)
        case Ask(text, parameters):
            found = await connection.fetch(text, *parameters)
        case Save(table, rows):
            await connection.execute(insert(table.into, table.types, table.tail), *_columns(rows))
    return found


@cache
def insert(into: str, types: tuple[str, ...], tail: str) -> str:
    """The statement that inserts any number of rows at once."""
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, start=1))
    return f"INSERT INTO {into} SELECT * FROM unnest({arrays}) {tail}"


def _columns(rows: Sequence[Any]) -> list[list[Any]]:
    if isinstance(rows[0], tuple):
        return [list(column) for column in zip(*rows, strict=True)]
    return [list(rows)]
