"""Which database a URL names, and what is done with whole databases: move, back up, restore."""

from pathlib import Path
from urllib.parse import unquote

from parley.ports import Reader, Storage, Watch
from parley.settings import UrlError, hidden
from parley.storage import moving
from parley.storage.moving import CopyError, End, Progress
from parley.storage.sqlite import SqliteFile, SqliteReader, SqliteStorage, SqliteWatch, copying
from parley.storage.sqlite.moving import SqliteEnd


def sides(url: str) -> tuple[Storage, Reader, Watch]:
    """The writer's and the reader's side of a database, and what watches it. Raises UrlError for a URL of none."""
    file = sqlite_file(url)
    if file is not None:
        return SqliteStorage(file), SqliteReader(file), SqliteWatch(file)
    from parley.storage.postgres import (  # noqa: PLC0415 - 20 MB that only those who have PostgreSQL pay for
        PostgresReader,
        PostgresServer,
        PostgresStorage,
        PostgresWatch,
    )

    server = PostgresServer(url)
    return PostgresStorage(server), PostgresReader(server), PostgresWatch(server)


def sqlite_file(url: str) -> SqliteFile | None:
    """The file that a URL names; None for one of PostgreSQL. Raises UrlError for a URL that names neither."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"postgresql", "postgres"}:
        return None
    path = unquote(rest).removeprefix("/")
    if scheme != "sqlite" or not rest.startswith("/") or not path:
        msg = (
            "A database URL looks like sqlite:////absolute/file.db, sqlite:///relative.db or "
            f"postgresql://user@host/name, but {hidden(url)!r} was given."
        )
        raise UrlError(msg)
    return SqliteFile(Path(path))


async def move(source: str, target: str, progress: Progress) -> dict[str, int]:
    """Copy everything from one database into another that is empty; the rows of each table."""
    return await moving.move(_end(source), _end(target), progress)


def back_up(url: str, to: Path, progress: Progress) -> dict[str, int]:
    """Copy the database while it is used; the rows of each table."""
    file = sqlite_file(url)
    if file is None:
        msg = "PostgreSQL has its own tool for this, which may run beside a server: pg_dump --format=custom."
        raise CopyError(msg)
    return copying.back_up(file, to, progress)


async def restore(copy: Path, url: str, *, verifies: bool, progress: Progress) -> dict[str, int]:
    """Make a database that is not there from a copy; the rows of each table."""
    file = sqlite_file(url)
    if file is None:
        msg = (
            "Into PostgreSQL, what pg_dump made goes with pg_restore, "
            "and a copy of an SQLite file with `parley move --from sqlite:///FILE --to postgresql://…`."
        )
        raise CopyError(msg)
    return await copying.restore(copy, file, verifies=verifies, progress=progress)


def _end(url: str) -> End:
    file = sqlite_file(url)
    if file is not None:
        return SqliteEnd(file)
    from parley.storage.postgres import PostgresServer  # noqa: PLC0415 - as above
    from parley.storage.postgres.moving import PostgresEnd  # noqa: PLC0415 - as above

    return PostgresEnd(PostgresServer(url))
