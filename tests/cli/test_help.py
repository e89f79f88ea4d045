"""`--help` says something about every command, every argument and every option."""

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from parley.cli.app import app
from tests.cli.conftest import Command

Path = tuple[str, ...]


def tree(group: object, path: Path = ()) -> Iterator[tuple[Path, TyperCommand | TyperGroup]]:
    """Every command with the words that lead to it."""
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        assert isinstance(command, TyperCommand | TyperGroup)
        yield (*path, name), command
        if isinstance(command, TyperGroup):
            yield from tree(command, (*path, name))


TREE = dict(tree(typer.main.get_command(app)))
COMMANDS = [path for path, command in TREE.items() if isinstance(command, TyperCommand)]

PROMISED = {
    *("serve", "demo", "version", "migrate", "settings", "verify", "backup", "restore", "move"),
    *("community add", "community list", "key rotate"),
    *("token add", "token list", "token revoke"),
    *("category add", "category list", "field add", "field list"),
    *("teammate add", "teammate list", "teammate disable", "teammate enable", "teammate status"),
    *("webhook add", "webhook list", "webhook show", "webhook remove", "webhook enable"),
    *("webhook rotate", "webhook disable", "webhook deliveries", "webhook replay", "listen", "trigger"),
    *("bot set", "bot show", "bot test", "bot remove", "report"),
}


def test_every_promised_command_is_there() -> None:
    assert set() == PROMISED - {" ".join(path) for path in COMMANDS}


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_help_says_something_about_every_option(parley: Command, path: Path) -> None:
    shown = parley(*path, "--help")
    words = " ".join(shown.out.split())
    command = TREE[path]

    assert (0, "") == (shown.code, shown.err)
    assert words.startswith(f"Usage: parley {' '.join(path)} [OPTIONS]")
    assert command.help
    assert command.help in words
    for parameter in command.params:
        assert parameter.help, parameter.name  # type: ignore[attr-defined]  # Typer's own parameters all have it
        assert parameter.help in words  # type: ignore[attr-defined]  # as above
        assert all(option in words for option in parameter.opts if option.startswith("-"))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_takes_a_database_and_json_where_that_has_a_meaning(parley: Command, path: Path) -> None:
    shown = parley(*path, "--help").out

    assert (path[-1] in {"version", "demo", "move"}) != ("--database URL" in shown)
    assert (path[-1] in {"serve", "demo"}) != ("--json" in shown)


@pytest.mark.parametrize("path", [(), ("community",), ("key",)], ids=" ".join)
def test_without_a_command_the_help_is_shown(parley: Command, path: Path) -> None:
    shown = parley(*path)

    assert (2, "") == (shown.code, shown.err)
    assert "\nCommands:\n" in shown.out
