"""Running a script on a SQLite connection.

Rows go in as `VALUES (…), (…), …` of 64, 16, 4 and 1 rows. One statement is one pass through the interpreter lock;
`executemany` is one per row, and each of those waits for the event loop when that is busy: measured at 64 rows,
4.7 ms instead of 2.0 ms a group (docs/decisions/0001). Many rows come out as one JSON value for the same reason.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import msgspec

from parley.storage.scripts import Ask, Find, R, Row, Save, Script, Step

CHUNKS = (64, 16, 4, 1)  # rows per statement; each size is one prepared text

_NAMES = tuple(str(number) for number in range(1, 10))

_decode_rows = msgspec.json.Decoder(list[list[Any]]).decode


def run(connection: sqlite3.Connection, script: Script[R]) -> R:
    """Run a script to its end, in whatever transaction the connection is in."""
    found: Sequence[Row] | None = None
    while True:
        try:
            step = next(script) if found is None else script.send(found)
        except StopIteration as end:
            result: R = end.value
            return result
        found = take(connection, step)


def take(connection: sqlite3.Connection, step: Step) -> Sequence[Row]:
    """Take one step; the rows it finds."""
    match step:
        case Find(text, keys, more):
            parameters = (msgspec.json.encode(list(keys)).decode(), *more)
            return connection.execute(text, dict(zip(_NAMES, parameters, strict=False))).fetchall()
        case Ask(text, parameters, 0):
            return connection.execute(text, dict(zip(_NAMES, parameters, strict=False))).fetchall()
        case Ask(text, parameters, width):
            ((found,),) = connection.execute(as_one(text, width), dict(zip(_NAMES, parameters, strict=False)))
            return _decode_rows(found)
        case Save(table, rows):
            done = 0
            for size in CHUNKS:
                while len(rows) - done >= size:
                    chunk = rows[done : done + size]
                    connection.execute(
                        insert(table.into, table.tail, len(chunk[0]), size), tuple(chain.from_iterable(chunk))
                    )
                    done += size
            return ()


@cache
def as_one(text: str, width: int) -> str:
    """The statement that finds the same rows as one JSON value, in their order: SQLite runs the inner one as it is."""
    columns = ", ".join(f"c{number}" for number in range(width))
    return f"WITH found ({columns}) AS ({text}) SELECT json_group_array(json_array({columns})) FROM found"


@cache
def insert(into: str, tail: str, width: int, size: int) -> str:
    """The statement that inserts so many rows at once."""
    values = f"({', '.join('?' * width)})"
    return f"INSERT INTO {into} VALUES {', '.join([values] * size)} {tail}"
