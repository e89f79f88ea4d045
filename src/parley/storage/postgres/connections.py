"""How a connection to the server is opened, and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import asyncpg

from parley.core.errors import StorageFullError, StorageUnavailableError
from parley.ports import DataRefusedError

CONNECT_WITHIN_S = 5.0
COMMAND_WITHIN_S = 9.0  # after which a line is held to be dead: longer than a writer may wait for its turn
STATEMENTS = 200  # prepared statements kept per connection; the writer has about 60 texts

Connection = Any  # asyncpg's types are those of a C extension

FAILURES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_CONSTRAINT = "23"  # SQLSTATE classes (PostgreSQL manual, appendix A)
_BAD_DATA = "22"
_NO_ROOM = "53"


class LostError(Exception):
    """The connection broke, or the server ended it: what was not committed did not happen."""


class PostgresServer:
    """A database on a server, by its URL; password, TLS and the like as libpq has them, in the URL or environment."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def connect(self, settings: Mapping[str, str], *, within: float | None = COMMAND_WITHIN_S) -> Connection:
        """A connection with these session settings; None is for what may take long. Raises StorageUnavailableError."""
        try:
            return await asyncpg.connect(
                self.url,
                timeout=CONNECT_WITHIN_S,
                command_timeout=within,
                statement_cache_size=STATEMENTS,
                max_cached_statement_lifetime=0,
                server_settings=dict(settings),
            )
        except (*FAILURES, ValueError) as failed:
            raise unavailable(failed) from failed


def unavailable(failed: BaseException) -> StorageUnavailableError:
    """The error that callers see; what the driver says may name hosts and stays in the cause."""
    return StorageUnavailableError("The database cannot be reached.", detail=f"{type(failed).__name__}: {failed}")


@contextmanager
def named_errors() -> Iterator[None]:
    """Turn the driver's errors into ours, by class and SQLSTATE; the texts are not read."""
    try:
        yield
    except asyncpg.PostgresError as failed:
        kind = (failed.sqlstate or "")[:2]
        if kind in {_CONSTRAINT, _BAD_DATA}:
            raise DataRefusedError(getattr(failed, "constraint_name", None) or type(failed).__name__) from failed
        if kind == _NO_ROOM:
            msg = "The database's disk has no room, or it has no connections left. Nothing was stored."
            raise StorageFullError(msg) from failed
        raise LostError(type(failed).__name__) from failed
    except ValueError as failed:  # the driver's own DataError too: a value that no column can hold
        raise DataRefusedError(type(failed).__name__) from failed
    except FAILURES as failed:
        raise LostError(type(failed).__name__) from failed
