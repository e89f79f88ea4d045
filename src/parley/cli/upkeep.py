"""`parley move`, `parley backup` and `parley restore`: the whole database from one place to another."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.cli.frame import Config, Database, Json, load, print_json, print_many

if TYPE_CHECKING:
    from parley.storage.moving import Progress

File = Annotated[Path, typer.Argument(metavar="FILE", help="The copy")]


def move(
    *,
    source: Annotated[
        str, typer.Option("--from", metavar="URL", help="The database to take everything from", show_default=False)
    ],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="An empty database", show_default=False)],
    as_json: Json = False,
) -> None:
    """Copy everything into an empty database, of SQLite or PostgreSQL, and compare. Nothing else may use either."""
    from parley import databases

    with _progress(as_json=as_json) as progress:
        tables = asyncio.run(databases.move(source, target, progress))
    _print("Moved and compared", tables, as_json=as_json)


def backup(file: File, *, database: Database = None, config: Config = None, as_json: Json = False) -> None:
    """Copy the SQLite file as it is at one moment, while servers use it. An existing FILE is refused."""
    from parley import databases

    with _progress(as_json=as_json) as progress:
        tables = databases.back_up(load(database, config).database, file, progress)
    _print("Copied", tables, as_json=as_json)


def restore(
    file: File,
    *,
    verify: Annotated[bool, typer.Option("--verify", help="Check the copy as `parley verify` does")] = False,
    database: Database = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the database from a backup. One that is there and not empty, or in use, is refused."""
    from parley import databases

    with _progress(as_json=as_json) as progress:
        work = databases.restore(file, load(database, config).database, verifies=verify, progress=progress)
        tables = asyncio.run(work)
    _print("Restored and verified" if verify else "Restored", tables, as_json=as_json)


@contextmanager
def _progress(*, as_json: bool) -> "Iterator[Progress]":
    """A bar for each thing that is done, on a terminal."""
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    tasks: dict[str, TaskID] = {}
    with Bars(console=Console(stderr=True), disable=as_json or not sys.stderr.isatty(), transient=True) as bars:

        def progress(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)

        yield progress


def _print(done: str, tables: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json({"tables": tables})
        return
    records = [{"table": name, "rows": rows} for name, rows in tables.items()]
    print_many(records, ("table", "rows"), as_json=False, empty="")
    sys.stdout.write(f"{done}: {sum(tables.values())} rows.\n")
