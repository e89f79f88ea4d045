"""Parley on PostgreSQL: as many processes as wanted, one writer at a time, a pool of readers in each."""

from parley.storage.postgres.connections import PostgresServer
from parley.storage.postgres.reader import PostgresReader
from parley.storage.postgres.writer import PostgresStorage

__all__ = ["PostgresReader", "PostgresServer", "PostgresStorage"]
