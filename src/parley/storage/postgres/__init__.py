"""Parley on PostgreSQL: as many processes as wanted, one writer at a time, a pool of readers in each.

It needs PostgreSQL 13 or later, which can be asked what became of a transaction. From 17 on, a process that was stopped
in the middle of a statement loses the writer's lock after 7 s; before, only when its connection ends.

Connect directly: a process has one connection to write, one to hear of others' writes and up to four to read, so a
pooler has nothing to save. What one in between needs is told in docs/operating.md, "Poolers".
"""

from parley.storage.postgres.connections import PostgresServer
from parley.storage.postgres.reader import PostgresReader
from parley.storage.postgres.watch import PostgresWatch
from parley.storage.postgres.writer import PostgresStorage

__all__ = ["PostgresReader", "PostgresServer", "PostgresStorage", "PostgresWatch"]
