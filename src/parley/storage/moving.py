"""`parley move`: everything from one database into another, of whichever kinds.

Both ends are had for oneself meanwhile, so the source stays as it is and nobody begins to serve from half a target.
Rows go as they are: ids, counters, hashes and sealed keys among them. While it is filled, the target bears a mark that
every Parley refuses; the mark goes when all that was written has been read again and is the same.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol

import msgspec

from parley.core.errors import ParleyError
from parley.storage import migrations
from parley.storage.migrations import UNFINISHED
from parley.storage.scripts import Ask, Row, Save, Step, Table
from parley.storage.storing import TABLES

ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 4 * 1024 * 1024  # held in memory at a time, or one row if that is larger

VERSION = "SELECT coalesce(max(version), 0) FROM schema_steps"
MARK = f"INSERT INTO schema_steps (version, name, taken_at) VALUES ({UNFINISHED}, 'move', CURRENT_TIMESTAMP)"
UNMARK = f"DELETE FROM schema_steps WHERE version = {UNFINISHED}"
STEPS = "schema_steps"

Progress = Callable[[str, int, int], None]  # what is done now, how many rows of it, of how many

_encode = msgspec.msgpack.Encoder().encode


class CopyError(ParleyError):
    """What is to be copied, or the place where it should go, is not fit for it. Not public."""

    code = 9008


class End(Protocol):
    """One end of a move: a database that no other program uses from `open` to `close`."""

    dialect: str
    emptying: str  # how a statement begins that takes all rows of a table

    async def open(self, *, makes: bool) -> None:
        """Have the database for oneself, and if it is to be made make it. Raises when others use it."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...

    async def migrate(self) -> None:
        """Bring the schema up to date. Others may come in between."""
        ...

    async def tables(self) -> set[str]:
        """The names of all tables, whoever made them."""
        ...

    async def ask(self, text: str) -> list[Row]:
        """What a plain statement finds."""
        ...

    def rows(self, text: str) -> AsyncGenerator[Row, None]:
        """What a plain statement finds, a few rows in memory at a time."""
        ...

    async def write(self, *steps: Step) -> None:
        """Take some steps in a transaction of their own."""
        ...

    async def settle(self) -> None:
        """Whatever the database likes to have done after a great many new rows."""
        ...


class Contents:
    """A table's rows as a count and a checksum that do not depend on their order or on how a database keeps a value."""

    def __init__(self, table: Table) -> None:
        name, _, columns = table.into.partition("(")
        self.name = name.strip()
        self.columns = columns.strip().removesuffix(")")
        self.rows = 0
        self.checksum = 0
        self._booleans = [at for at, kind in enumerate(table.types) if kind == "boolean"]
        self._floats = [at for at, kind in enumerate(table.types) if kind == "double precision"]

    @property
    def query(self) -> str:
        """The statement that finds all rows."""
        return f"SELECT {self.columns} FROM {self.name}"

    def add(self, found: Row) -> tuple[Row, int]:
        """Take in a row; the row with its own values, and its size in bytes."""
        row: list[Any] = list(found)
        for at in self._booleans:
            row[at] = self._truth(row[at])
        for at in self._floats:
            row[at] = None if row[at] is None else row[at] + 0.0  # SQLite keeps no negative zero, which equals zero
        encoded = _encode(row)
        self.rows += 1
        self.checksum += int.from_bytes(hashlib.blake2b(encoded, digest_size=16).digest())
        self.checksum %= 2**128
        return tuple(row), len(encoded)

    def _truth(self, value: object) -> bool | None:
        """SQLite has 0 and 1 where PostgreSQL has truth."""
        if value not in (0, 1, None):
            msg = f"A row of {self.name} has {value!r} where only yes or no can stand."
            raise CopyError(msg)
        return None if value is None else bool(value)


NAMES = [Contents(table).name for table in TABLES]


async def move(source: End, target: End, progress: Progress) -> dict[str, int]:
    """Copy everything; the number of rows of each table. Raises CopyError and StorageUnavailableError."""
    async with _open(source, makes=False):
        await _refuse_other_schema(source)
        async with _open(target, makes=True):
            await _make_ready(target)
            await target.write(Ask(MARK))
            total = sum([await _count(source, name) for name in NAMES])
            copied = await _copy(source, target, lambda done: progress("Copying", done, total))
            found = await _read(target, lambda done: progress("Checking", done, total))
            _refuse_differences(copied, found)
            await target.settle()
            await target.write(Ask(UNMARK))
    return {contents.name: contents.rows for contents in copied}


async def refuse_unless_empty(end: End) -> None:
    """Raise CopyError when the database holds anything."""
    tables = await end.tables()
    if not tables:
        return
    if STEPS not in tables:
        msg = f"The database to be filled is not empty: it has the table {min(tables)}, which is not Parley's."
        raise CopyError(msg)
    for name in NAMES:
        if name in tables and await end.ask(f"SELECT 1 FROM {name} LIMIT 1"):
            msg = f"The database to be filled is not empty: it has rows in {name}."
            raise CopyError(msg)
    ((version,),) = await end.ask(VERSION)
    migrations.pending(end.dialect, version)  # refuses a newer one, and one that is half filled


@asynccontextmanager
async def _open(end: End, *, makes: bool) -> AsyncIterator[None]:
    try:
        await end.open(makes=makes)
        yield
    finally:
        await end.close()


async def _refuse_other_schema(source: End) -> None:
    version = 0
    if STEPS in await source.tables():
        ((version,),) = await source.ask(VERSION)
    if migrations.pending(source.dialect, version):
        msg = "The source does not have the schema of this Parley; `parley migrate` brings it up to date."
        raise CopyError(msg)


async def _make_ready(target: End) -> None:
    """Empty a target that an earlier move has left half filled, and bring its schema up to date."""
    tables = await target.tables()
    if STEPS in tables and (await target.ask(VERSION))[0][0] == UNFINISHED:
        names = [name for name in reversed(NAMES) if name in tables]
        await target.write(*(Ask(f"{target.emptying} {name}") for name in names), Ask(UNMARK))
    await refuse_unless_empty(target)
    await target.migrate()
    await refuse_unless_empty(target)


async def _count(source: End, name: str) -> int:
    ((count,),) = await source.ask(f"SELECT count(*) FROM {name}")
    return int(count)


async def _copy(source: End, target: End, progress: Callable[[int], None]) -> list[Contents]:
    """Copy all tables, parents before those who refer to them; what was read."""
    copied = []
    done = 0
    for table in TABLES:
        contents = Contents(table)
        plain = Table(into=table.into, types=table.types)
        batch: list[Row] = []
        size = 0
        async with aclosing(source.rows(contents.query)) as rows:
            async for found in rows:
                row, length = contents.add(found)
                batch.append(row)
                size += length
                if len(batch) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
                    await target.write(Save(plain, batch))
                    batch, size = [], 0
                    progress(done + contents.rows)
                    await asyncio.sleep(0)  # between two files nothing else lets a Ctrl-C through
        if batch:
            await target.write(Save(plain, batch))
        done += contents.rows
        progress(done)
        copied.append(contents)
    return copied


async def _read(target: End, progress: Callable[[int], None]) -> list[Contents]:
    """What all tables hold now."""
    read = []
    done = 0
    for table in TABLES:
        contents = Contents(table)
        async with aclosing(target.rows(contents.query)) as rows:
            async for found in rows:
                contents.add(found)
                if contents.rows % ROWS_AT_ONCE == 0:
                    progress(done + contents.rows)
                    await asyncio.sleep(0)  # as above
        done += contents.rows
        progress(done)
        read.append(contents)
    return read


def _refuse_differences(copied: list[Contents], found: list[Contents]) -> None:
    for ours, theirs in zip(copied, found, strict=True):
        if ours.rows != theirs.rows:
            msg = f"The move went wrong: the target has {theirs.rows} rows in {ours.name}, the source {ours.rows}."
            raise CopyError(msg)
        if ours.checksum != theirs.checksum:
            msg = f"The move went wrong: the target's rows in {ours.name} are not those of the source."
            raise CopyError(msg)
