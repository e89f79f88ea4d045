"""Parley on one SQLite file: one writer thread with group commit, and a pool of readers beside it."""

from parley.storage.sqlite.connections import SqliteFile
from parley.storage.sqlite.reader import SqliteReader
from parley.storage.sqlite.watch import SqliteWatch
from parley.storage.sqlite.writer import SqliteStorage

__all__ = ["SqliteFile", "SqliteReader", "SqliteStorage", "SqliteWatch"]
