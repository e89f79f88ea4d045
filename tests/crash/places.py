"""Where a storm rages: each kind of database, with what can befall a server on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.faults import ON_SQLITE, Fault, on_postgres
from tests.faults.proxy import Proxy
from tests.faults.stage import fragile_cluster
from tests.servers import sqlite_url


@dataclass(frozen=True)
class Place:
    """An empty database, how a server on it is started, and the faults."""

    database: str
    faults: tuple[Fault, ...]
    flags: tuple[str, ...] = ()


@contextmanager
def sqlite(folder: Path) -> Iterator[Place]:
    """A file."""
    yield Place(sqlite_url(folder / "crash.db"), ON_SQLITE)


@contextmanager
def postgres(folder: Path) -> Iterator[Place]:
    """A PostgreSQL of our own behind a proxy, and two workers."""
    home = fragile_cluster()
    with Proxy(home) as proxy:
        yield Place(proxy.url(home.new_database()), on_postgres(home, proxy), ("--workers", "2"))


PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {"sqlite": sqlite, "postgres": postgres}
