"""The rooms of the house are kept apart by machine; planted violations prove that it bites."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
SOURCES = [path for room in ("core", "actions") for path in (REPOSITORY / "src/parley" / room).rglob("*.py")]
TESTS = list((REPOSITORY / "tests").rglob("*.py"))


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the source and its contracts, to plant violations in."""
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    shutil.copytree(
        REPOSITORY / "src/parley",
        tmp_path / "src/parley",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


def plant(tree: Path, *, into: str, line: str) -> None:
    module = tree / "src/parley" / into
    path = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def test_every_room_imports_only_what_it_may() -> None:
    result = lint_imports(REPOSITORY)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("into", "line", "broken"),
    [
        ("core", "import asyncio", "Rules open nothing"),
        ("core", "from time import monotonic", "Rules open nothing"),
        ("core", "import parley.ports", "A room imports only"),
        ("actions", "import random", "Rules open nothing"),
        ("actions", "import parley.ledger", "A room imports only"),
        ("ledger", "import parley.storage", "A room imports only"),
        ("storage", "import parley.ledger", "Storage knows"),
        ("storage", "import parley.actions", "Storage knows"),
        ("api", "import parley.storage", "A room imports only"),
        ("api", "import parley.settings", "A room imports only"),
        ("api", "import parley.vault", "The edges hold no keys"),
        ("api", "import parley.wiring", "A room imports only"),
        ("api", "import sqlite3", "SQL is spoken"),
        ("storage", "from http import HTTPStatus", "HTTP is spoken"),
        ("utils", "", "A room imports only"),
    ],
)
def test_a_planted_violation_is_found(tree: Path, into: str, line: str, broken: str) -> None:
    plant(tree, into=into, line=line)
    result = lint_imports(tree)

    assert result.returncode == 1, result.stdout + result.stderr
    assert any(row.startswith(broken) and row.endswith("BROKEN") for row in result.stdout.splitlines())


def test_an_edge_still_to_come_already_has_its_place(tree: Path) -> None:
    plant(tree, into="webhooks", line="import parley.ledger")
    placed = lint_imports(tree)
    plant(tree, into="api", line="import parley.webhooks")
    side_by_side = lint_imports(tree)

    assert placed.returncode == 0, placed.stdout
    assert side_by_side.returncode == 1, side_by_side.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_rule_is_given_the_time_and_its_ids(path: Path) -> None:
    """`datetime` and `uuid` may be imported for their types, so the import contracts cannot say this."""
    assert [] == list(worldly_calls(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "uuid.uuid4()", "uuid4()"],
)
def test_a_rule_that_looks_at_the_world_is_found(source: str) -> None:
    assert [1] == list(worldly_calls(source))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_test_sleeps_or_mocks(path: Path) -> None:
    assert [] == list(sleeps_and_mocks(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        "import time as t; t.sleep(1)",
        "from time import sleep; sleep(delay)",
        "from asyncio import sleep; sleep(0.1)",
        "import anyio; anyio.sleep(1)",
        "import mock",
        "from unittest import mock",
    ],
)
def test_a_sleep_or_a_mock_is_found(source: str) -> None:
    assert [1] == list(sleeps_and_mocks(source))


def test_giving_way_once_is_not_sleeping() -> None:
    assert [] == list(sleeps_and_mocks("asyncio.sleep(0)"))


def worldly_calls(source: str) -> Iterator[int]:
    """Lines that ask the machine for the time or for an id."""
    worldly = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6", "uuid7"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called_name(node) in worldly:
            yield node.lineno


def sleeps_and_mocks(source: str) -> Iterator[int]:
    """Lines that wait for time to pass, or import something to pretend with."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(args=[ast.Constant(value=0)]) if called_name(node) == "sleep":
                pass
            case ast.Call() if called_name(node) == "sleep":
                yield node.lineno
            case ast.Import(names=names) if any("mock" in name.name.split(".") for name in names):
                yield node.lineno
            case ast.ImportFrom(module=module, names=names):
                if "mock" in [*(module or "").split("."), *(name.name for name in names)]:
                    yield node.lineno
            case _:
                pass


def called_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
