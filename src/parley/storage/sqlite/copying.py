"""`parley backup` and `parley restore`: the file, copied through SQLite while others use it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from parley.storage import migrations
from parley.storage.moving import NAMES, CopyError, Progress, refuse_unless_empty
from parley.storage.sqlite.connections import SqliteFile, named_errors
from parley.storage.sqlite.moving import TABLES, SqliteEnd
from parley.storage.sqlite.reader import SqliteReader
from parley.storage.sqlite.writer import SqliteStorage, schema_version

PAGES_AT_ONCE = 1_000  # 4 MiB


def back_up(file: SqliteFile, to: Path, progress: Progress) -> dict[str, int]:
    """Copy the database, of one moment and whole; the rows of each table. Raises CopyError."""
    if to.exists():
        msg = f"{to} exists already; a backup replaces nothing."
        raise CopyError(msg)
    with closing(file.connect(for_writing=False)) as source:
        _refuse_strange(source, file.path)
        with _part_of(to) as part:
            _copy(source, part, progress)
            tables = _count(part)
            _put_in_place(part, to)
    return tables


async def restore(copy: Path, file: SqliteFile, *, verifies: bool, progress: Progress) -> dict[str, int]:
    """Make the database from a copy; the rows of each table. Raises CopyError and StorageUnavailableError."""
    with closing(SqliteFile(copy).connect(for_writing=False)) as source:
        _refuse_strange(source, copy)
        await _refuse_taken(file)
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(file.path) as part:
            _copy(source, part, progress)
            await _migrate(part)
            if verifies:
                await _verify(part, progress)
            tables = _count(part)
            await _refuse_taken(file)  # all that took its time
            _put_in_place(part, file.path)
    return tables


def _refuse_strange(source: sqlite3.Connection, path: Path) -> None:
    """Raise unless it is a database of ours, not newer than this program and not half filled."""
    with named_errors():
        version = schema_version(source)
    if version == 0:
        msg = f"{path} is not a database of Parley."
        raise CopyError(msg)
    migrations.pending("sqlite", version)


async def _refuse_taken(file: SqliteFile) -> None:
    """Raise unless the file is absent, or empty and used by nobody."""
    if file.path.exists():
        end = SqliteEnd(file)
        try:
            await end.open(makes=False)
            await refuse_unless_empty(end)
        finally:
            await end.close()
    _refuse_leftovers(file)


def _refuse_leftovers(file: SqliteFile) -> None:
    """Raise when beside an absent file there is a log, which SQLite would take for that of the restored one."""
    for left in ("-wal", "-journal"):
        path = Path(f"{file.path}{left}")
        if path.exists():
            msg = f"{path} is left from another database and would be taken for a part of this one; move it away."
            raise CopyError(msg)


@contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """The file that becomes `path` when it is whole; removed when it does not come to that."""
    part = Path(f"{path}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as there:
        msg = f"{part} exists: another copy is being made, or one was broken off; then remove it."
        raise CopyError(msg) from there
    except OSError as failed:
        msg = f"{part} cannot be made: {failed.strerror}."
        raise CopyError(msg) from failed
    try:
        yield part
    finally:
        for left in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                Path(f"{part}{left}").unlink()


def _copy(source: sqlite3.Connection, part: Path, progress: Progress) -> None:
    """Copy page by page, within one read transaction: without it each write meanwhile would make SQLite begin anew."""
    with named_errors(), closing(sqlite3.connect(part, isolation_level=None)) as copy:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema")
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, of: progress("Copying pages", of - left, of))
        source.execute("COMMIT")


def _count(part: Path) -> dict[str, int]:
    """The rows of each table that is there; a copy of an older schema has fewer of them."""
    with named_errors(), closing(SqliteFile(part).connect(for_writing=False)) as copy:
        there = {name for (name,) in copy.execute(TABLES)}
        names = [name for name in NAMES if name in there]
        return {name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


async def _migrate(part: Path) -> None:
    storage = SqliteStorage(SqliteFile(part))
    try:
        await storage.migrate()
    finally:
        await storage.close()


async def _verify(part: Path, progress: Progress) -> None:
    """The checks of `parley verify`. Raises CopyError."""
    reader = SqliteReader(SqliteFile(part))
    try:
        findings = await reader.audit(lambda done, of: progress("Rebuilding conversations from the log", done, of))
    finally:
        await reader.close()
    wrong = [f"{finding.check}: {finding.detail}" for finding in findings if not finding.holds]
    if wrong:
        msg = f"The copy does not hold, and nothing was restored. {'; '.join(wrong)}."
        raise CopyError(msg)


def _put_in_place(part: Path, path: Path) -> None:
    """Make it one file, which can be read even where nothing can be written, and give it its name, durably."""
    with named_errors(), closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
