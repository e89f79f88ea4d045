"""What each command prints when all is well, as a process of its own: for programs, and for people."""

import json
import re
from typing import Any

import pytest

import parley
from tests.servers import run_parley, sqlite_url, try_parley

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
SECRET = re.compile(r"[\w-]{43}")  # 32 bytes in base64


@pytest.fixture
def database(tmp_path: Any) -> str:
    """A file with one community, Acme."""
    url = sqlite_url(tmp_path / "results.db")
    run_parley("community", "add", "Acme", database=url)
    return url


def printed(database: str, *arguments: str) -> Any:
    """The one JSON value that a command prints, on one line, with nothing on standard error."""
    done = try_parley(*arguments, "--json", database=database)

    assert (0, "") == (done.returncode, done.stderr)
    assert 1 == done.stdout.count("\n")
    return json.loads(done.stdout)


def test_version() -> None:
    assert {"version": parley.__version__} == json.loads(run_parley("version", "--json"))
    assert f"parley {parley.__version__}\n" == run_parley("version")


def test_migrate(tmp_path: Any) -> None:
    url = sqlite_url(tmp_path / "new.db")
    first, second = printed(url, "migrate"), printed(url, "migrate")

    assert "0001_begin" == first["steps"][0]
    assert {"steps": []} == second
    assert "The schema is up to date.\n" == run_parley("migrate", database=url)


def test_community_add_and_list(database: str) -> None:
    added = printed(database, "community", "add", "  Bob's Büro  ")
    listed = printed(database, "community", "list")
    shown = run_parley("community", "list", database=database).splitlines()

    assert ["id", "name", "clientId", "refreshToken"] == list(added)
    assert (2, "Bob's Büro") == (added["id"], added["name"])
    assert GUID.fullmatch(added["clientId"])
    assert SECRET.fullmatch(added["refreshToken"])
    assert [{name: added[name] for name in ("id", "name", "clientId")}] == listed[1:]
    assert ["id", "name", "clientId"] == shown[0].split()
    assert ["2", "Bob's", "Büro", added["clientId"]] == shown[2].split()


def test_token_add_list_and_revoke(database: str) -> None:
    chat = printed(database, "token", "add", "Acme", "App")
    admin = printed(database, "token", "add", "Acme", "Back office", "--scope", "admin")
    listed = printed(database, "token", "list", "Acme")
    run_parley("token", "revoke", "Acme", "APP", database=database)
    left = printed(database, "token", "list", "Acme")

    assert ["name", "scope", "refreshToken"] == list(chat) == list(admin)
    assert [("App", "chat"), ("Back office", "admin")] == [(token["name"], token["scope"]) for token in (chat, admin)]
    assert SECRET.fullmatch(chat["refreshToken"])
    assert [["name", "scope", "createdAt", "lastUsedAt"]] * 3 == [list(token) for token in listed]
    assert all(TIME.fullmatch(token["createdAt"]) and token["lastUsedAt"] is None for token in listed)
    assert ["default", "Back office"] == [token["name"] for token in left]


def test_key_rotate(database: str) -> None:
    assert {"id": 2} == printed(database, "key", "rotate")
    assert "3" == run_parley("key", "rotate", database=database).split()[-1]


def test_category_add_and_list(database: str) -> None:
    """A wished id lifts the counter, so that the next one never meets it."""
    wished = printed(database, "category", "add", "Acme", "Support", "--id", "1505")
    counted = printed(database, "category", "add", "Acme", "Sales")

    assert [{"id": 1505, "name": "Support"}, {"id": 1506, "name": "Sales"}] == [wished, counted]
    assert [wished, counted] == printed(database, "category", "list", "Acme")
    assert "1505  Support" in run_parley("category", "list", "Acme", database=database)


def test_field_add_and_list(database: str) -> None:
    choice = printed(
        database,
        *("field", "add", "Acme", "Size", "--type", "choice", "--choice", "S", "--choice", "L", "--required"),
        *("--id", "7"),
    )
    text = printed(database, "field", "add", "Acme", "Note", "--type", "text")
    shown = run_parley("field", "list", "Acme", database=database).splitlines()

    assert {"id": 7, "name": "Size", "type": "choice", "isRequired": True, "choices": ["S", "L"]} == choice
    assert {"id": 8, "name": "Note", "type": "text", "isRequired": False, "choices": []} == text
    assert [choice, text] == printed(database, "field", "list", "Acme")
    assert ["7", "Size", "choice", "yes", "S,", "L"] == shown[1].split()


def test_teammate_add_list_status_disable_and_enable(database: str) -> None:
    added = printed(
        database, "teammate", "add", "Acme", "--name", "Alice", "--email", "Alice@example.com", "--role", "admin"
    )
    busy = printed(database, "teammate", "status", "Acme", "alice@example.com", "online", "--seats", "5")
    disabled = printed(database, "teammate", "disable", "Acme", "ALICE@example.com")
    enabled = printed(database, "teammate", "enable", "Acme", "alice@example.com")

    assert {
        "id": added["id"],
        "name": "Alice",
        "email": "Alice@example.com",
        "role": "admin",
        "status": "away",
        "seats": 3,
        "isActive": True,
    } == added
    assert GUID.fullmatch(added["id"])
    assert ("online", 5) == (busy["status"], busy["seats"])
    assert (False, True) == (disabled["isActive"], enabled["isActive"])
    assert [enabled] == printed(database, "teammate", "list", "Acme")
    assert added["id"] in run_parley("teammate", "list", "Acme", database=database).splitlines()[1]


def test_lists_that_are_empty(database: str) -> None:
    for what in ("category", "field", "teammate"):
        assert [] == printed(database, what, "list", "Acme")
        assert run_parley(what, "list", "Acme", database=database).startswith("This community has no ")
