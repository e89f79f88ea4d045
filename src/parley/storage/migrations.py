"""The numbered steps of the schema, and what to do with a database that is ahead of this program."""

from functools import cache
from importlib.resources import files

import msgspec

from parley.core.errors import ParleyError

# The version of a database that is being filled by a move: no program takes it for its own, nor did an older one.
UNFINISHED = 999_999_999


class NewerSchemaError(ParleyError):
    """The database was made by a newer Parley. Not public: it stops the program before it serves anything."""

    code = 9001


class UnfinishedMoveError(ParleyError):
    """The database is half filled. Not public: it stops the program before it serves anything."""

    code = 9009


class Step(msgspec.Struct, frozen=True):
    """One migration: `0001_begin.sqlite.sql` is version 1, named `begin`."""

    version: int
    name: str
    sql: str


@cache
def steps(dialect: str) -> tuple[Step, ...]:
    """All steps for `sqlite` or `postgres`, in order."""
    found = []
    for file in files("parley.storage.schema").iterdir():
        if file.name.endswith(f".{dialect}.sql"):
            number, _, name = file.name.removesuffix(f".{dialect}.sql").partition("_")
            found.append(Step(int(number), name, file.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda step: step.version))


def newest(dialect: str) -> int:
    """The schema version of this program."""
    return steps(dialect)[-1].version


def pending(dialect: str, current: int) -> tuple[Step, ...]:
    """The steps that are still to be taken. Raises NewerSchemaError when the database is ahead."""
    if current == UNFINISHED:
        msg = "A move into this database was not finished. Run `parley move` again; it begins anew."
        raise UnfinishedMoveError(msg)
    if current > newest(dialect):
        msg = (
            f"The database has schema version {current}, but this Parley knows versions up to {newest(dialect)}. "
            "Start the newer Parley that made it."
        )
        raise NewerSchemaError(msg)
    return tuple(step for step in steps(dialect) if step.version > current)
