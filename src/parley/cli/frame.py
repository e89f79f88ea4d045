"""What every command has in common: which database, how results are printed."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from parley import settings
from parley.core import texts
from parley.core.communities import Community
from parley.core.errors import NotFoundError, Problems
from parley.core.texts import shown
from parley.settings import Settings

T = TypeVar("T")

BY = "operator"  # who did it, as events record it
_PIPE_WIDTH = 10_000  # columns where there is no terminal: a record is one line, for grep and the like

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:////absolute/file.db; else PARLEY_DATABASE",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings as TOML; else PARLEY_CONFIG", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print exactly one JSON value")]
CommunityName = Annotated[str, typer.Argument(metavar="COMMUNITY", help="Name or id of the community")]


def load(database: str | None, config: Path | None, **flags: Any) -> Settings:
    """The settings with this command's flags on top."""
    return settings.load({settings.DATABASE: database, **flags}, config=config)


def run(database: str | None, config: Path | None, work: Callable[[Any], Awaitable[T]], *, migrates: bool = True) -> T:
    """Do some work with the parts on the database."""
    from parley import wiring

    chosen = load(database, config)

    async def inside() -> T:
        async with wiring.opened(chosen.database, secret=chosen["secret-key"], migrates=migrates) as parts:
            return await work(parts)

    return asyncio.run(inside())


async def find_community(parts: Any, name_or_id: str) -> Community:
    """The community that a command names. Raises NotFoundError."""
    found: Community | None = await parts.reader.community(name_or_id)
    if found is None:
        msg = f"There is no community {shown(name_or_id)}. `parley community list` shows them."
        raise NotFoundError(msg)
    return found


def checked(read: Callable[[Problems], T]) -> T:
    """The value that `read` makes, or InvalidError with everything it noted."""
    problems = Problems()
    value = read(problems)
    problems.refuse_if_any()
    return value


def required(value: str | None, what: str) -> Callable[[Problems], str]:
    """A text that may not be blank."""

    def read(problems: Problems) -> str:
        if not value:
            problems.add(what, "must not be blank")
        return value or ""

    return read


def checked_name(name: str) -> str:
    """The NAME of a command: one line that is not blank. Raises InvalidError."""

    def read(problems: Problems) -> str:
        return required(texts.read_line(name, "NAME", problems, limit=texts.NAME_LIMIT), "NAME")(problems)

    return checked(read)


def print_json(value: Any) -> None:
    """Exactly one JSON value on standard output."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def print_one(record: dict[str, Any], *, as_json: bool) -> None:
    """One record: as JSON, or a line for each member."""
    if as_json:
        print_json(record)
        return
    width = max(map(len, record))
    for name, value in record.items():
        sys.stdout.write(f"{name:<{width}}  {_shown(value)}\n")


def print_many(records: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """A list of records: as JSON, or as a table; `empty` is said when there are none."""
    if as_json:
        print_json(records)
        return
    if not records:
        sys.stdout.write(f"{empty}\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for record in records:
        table.add_row(*(_shown(record[column]) for column in columns))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(str, value)) or "–"
        case _:
            return str(value)
