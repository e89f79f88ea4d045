"""Commands on the database that a server has open."""

import json
from pathlib import Path
from typing import Any

from tests.servers import Server, add_community, run_parley, sqlite_url, try_parley
from tests.stories.callers import CONVERSATIONS, sign_in, somebody


def command(server: Server, *arguments: str) -> Any:
    """What a command prints with --json."""
    return json.loads(run_parley(*arguments, "--json", database=server.database))


def test_a_category_and_a_field_added_by_command_are_known_at_once(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "beside.db")) as server:
        _, token = sign_in(server, "Acme")
        wanted = {**somebody(), "categoryId": 1505, "fields": [{"id": 7, "value": "blue"}]}
        before = server.request("POST", CONVERSATIONS, wanted, token=token)
        command(server, "category", "add", "acme", "Support", "--id", "1505")
        command(server, "field", "add", "acme", "Colour", "--type", "choice", "--choice", "blue", "--id", "7")
        after = server.request("POST", CONVERSATIONS, wanted, token=token)

    assert 422 == before.status
    assert {"categoryId", "fields[0].id"} == {problem["path"] for problem in before.json()["errorDetails"]}
    assert [{"id": 7, "value": "blue"}] == after.data["fields"]


def test_a_field_made_required_by_command_is_required_at_once(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "beside.db")) as server:
        _, token = sign_in(server, "Acme")
        before = server.request("POST", CONVERSATIONS, somebody(), token=token)
        command(server, "field", "add", "Acme", "Order", "--type", "number", "--required")
        after = server.request("POST", CONVERSATIONS, somebody(), token=token)

    assert (200, 422) == (before.status, after.status)


def test_a_community_and_a_token_added_by_command_are_known_at_once(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "beside.db")) as server:
        tenant = add_community(server.database, "Acme")
        tenant.refresh_token = command(server, "token", "add", "Acme", "App", "--scope", "chat")["refreshToken"]
        token = server.token(tenant)
        made = server.request("POST", CONVERSATIONS, somebody(), token=token)
        tokens = {token["name"]: token for token in command(server, "token", "list", "Acme")}

    assert 200 == made.status
    assert tokens["App"]["lastUsedAt"] is not None
    assert tokens["default"]["lastUsedAt"] is None


def test_a_revoked_token_opens_nothing_any_more(tmp_path: Path) -> None:
    """An access token that the server has met before is refused within a minute: tests/api moves the clock for it."""
    with Server(sqlite_url(tmp_path / "beside.db")) as server:
        tenant = add_community(server.database, "Acme")
        token = server.token(tenant)
        command(server, "token", "revoke", "Acme", "DEFAULT")
        used = server.request("POST", CONVERSATIONS, somebody(), token=token)
        form = f"grant_type=refresh_token&refresh_token={tenant.refresh_token}&client_id={tenant.client_id}"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        renewed = server.request("POST", "/token", form.encode(), headers=kind)

    assert 401 == used.status
    assert (400, "invalid_grant") == (renewed.status, renewed.json()["error"])


def test_a_rotated_key_cuts_nobody_off(tmp_path: Path) -> None:
    """A running server asks for new keys at most once a second: tests/api moves the clock for that."""
    with Server(sqlite_url(tmp_path / "beside.db")) as server:
        tenant, old = sign_in(server, "Acme")
        first = command(server, "key", "rotate")
        second = command(server, "key", "rotate")
        with Server(server.database) as newer:
            calls = [(server, old), (newer, old), (newer, newer.token(tenant))]
            answers = [place.request("POST", CONVERSATIONS, somebody(), token=token).status for place, token in calls]

    assert [200] * 3 == answers
    assert {"id": first["id"] + 1} == second


def test_verify_holds_while_a_server_runs(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "beside.db")) as server:
        _, token = sign_in(server, "Acme")
        server.request("POST", CONVERSATIONS, {**somebody(), "message": "Hello"}, token=token)
        checked = try_parley("verify", database=server.database)

    assert 0 == checked.returncode, checked.stdout
    assert "1 conversations equal what the log makes of them" in checked.stdout
