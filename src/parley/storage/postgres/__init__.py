"""Parley on PostgreSQL: as many processes as wanted, one writer at a time, a pool of readers in each.

It needs PostgreSQL 13 or later, which can be asked what became of a transaction. From 17 on, a process that was stopped
in the middle of a statement loses the writer's lock after 7 s; before, only when its connection ends.

Connect directly: a process has one connection to write and up to four to read, so a pooler has nothing to save. With
PgBouncer, our session settings must be those of the role (ALTER ROLE … SET, the names are in `writer.SETTINGS`) and
stand in its `ignore_startup_parameters`, since it refuses what it does not know. In transaction mode it must be 1.21 or
later, with `max_prepared_statements` of 200 or more. Not through it: `parley move`, whose lock is the session's.
"""

from parley.storage.postgres.connections import PostgresServer
from parley.storage.postgres.reader import PostgresReader
from parley.storage.postgres.watch import PostgresWatch
from parley.storage.postgres.writer import PostgresStorage

__all__ = ["PostgresReader", "PostgresServer", "PostgresStorage", "PostgresWatch"]
