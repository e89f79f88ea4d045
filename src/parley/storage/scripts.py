"""Reading and writing as scripts: generators that ask for rows and never touch a database themselves.

A script yields steps and is sent their rows. SQLite runs one in its thread, PostgreSQL runs the same one with awaits,
so what is read, how rows become values, and in which order rows are stored is written once (decision 0006).
"""

from collections.abc import Collection, Generator, Sequence
from typing import Any, TypeVar

import msgspec

Row = Sequence[Any]
R = TypeVar("R")


class Find(msgspec.Struct, frozen=True):
    """A set-based statement: `text` is one of the dialect's own, `keys` are values or tuples of values."""

    text: str
    keys: Collection[Any]
    more: tuple[Any, ...] = ()  # further parameters, the same for every key


class Ask(msgspec.Struct, frozen=True):
    """A plain statement. Parameters are numbered `$1`, `$2`, …, which both databases read.

    `width` is the number of columns of a read that finds many rows, all of texts, whole numbers and nulls: it allows a
    database to hand them over in one piece.
    """

    text: str
    parameters: tuple[Any, ...] = ()
    width: int = 0


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """How whole rows go into a table: `INSERT INTO into … tail`, the rows between them in the dialect's own way.

    `types` are PostgreSQL's, one per column, for it takes the rows as one array a column.
    """

    into: str
    types: tuple[str, ...]
    tail: str = ""


class Save(msgspec.Struct, frozen=True):
    """Whole rows for one table, inserted or taking the place of their former selves."""

    table: Table
    rows: Sequence[Row]


Step = Find | Ask | Save
Script = Generator[Step, Sequence[Row], R]
