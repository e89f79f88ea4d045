"""What must be read again is encrypted at rest when the operator has set a secret key."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers import Server, clean_environment, run_parley, sqlite_url, try_parley
from tests.stories.callers import CONVERSATIONS, sign_in, somebody

KEY = {"PARLEY_SECRET_KEY": "correct horse battery staple"}
PLAIN, SEALED = b"plain:", b"fernet:"
NOTICE = "Stored keys are not encrypted"


def on_disk(folder: Path) -> bytes:
    """Everything that a thief of the disk would have."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def signing_keys(file: Path) -> list[bytes]:
    """The keys as they are stored."""
    with closing(sqlite3.connect(file)) as connection:
        return [sealed for (sealed,) in connection.execute("SELECT sealed FROM signing_keys")]


def test_with_a_secret_key_no_signing_key_lies_open(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "sealed.db"), env=KEY) as server:
        sign_in(server, "Acme")
        while_running = on_disk(tmp_path)
    afterwards = on_disk(tmp_path)

    assert PLAIN not in while_running + afterwards
    assert SEALED in afterwards
    assert not any(NOTICE in line for line in server.said)


@pytest.mark.parametrize(
    ("env", "said"),
    [({}, "holds encrypted keys"), ({"PARLEY_SECRET_KEY": "another"}, "is not the one")],
    ids=["no key", "another key"],
)
def test_encrypted_keys_without_their_secret_key_are_one_clear_line(
    tmp_path: Path, env: dict[str, str], said: str
) -> None:
    database = sqlite_url(tmp_path / "sealed.db")
    assert try_parley("migrate", database=database, env=KEY).returncode == 0
    assert try_parley("key", "rotate", database=database, env=KEY).returncode == 0
    ended = try_parley("serve", "--port", "0", database=database, env=env)

    assert (1, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("parley: ")
    assert 1 == ended.stderr.count("\n")
    assert said in ended.stderr
    assert "PARLEY_SECRET_KEY" in ended.stderr


def test_a_secret_key_set_later_seals_the_keys_there_are(tmp_path: Path) -> None:
    file = tmp_path / "later.db"
    with Server(sqlite_url(file)) as server:
        tenant, token = sign_in(server, "Acme")
    (plain,) = signing_keys(file)
    with Server(server.database, env=KEY) as sealing:
        old = sealing.request("POST", CONVERSATIONS, somebody(), token=token)
        new = sealing.request("POST", CONVERSATIONS, somebody(), token=sealing.token(tenant))

    assert any(NOTICE in line for line in server.said)
    assert plain.startswith(PLAIN)
    assert (200, 200) == (old.status, new.status)
    assert all(sealed.startswith(SEALED) for sealed in signing_keys(file))


def test_keys_that_were_sealed_later_leave_no_trace_of_their_open_form(tmp_path: Path) -> None:
    file = tmp_path / "later.db"
    for _ in range(3):
        run_parley("key", "rotate", database=sqlite_url(file))
    secrets = [sealed.removeprefix(PLAIN) for sealed in signing_keys(file)]
    run_parley("migrate", database=sqlite_url(file), env=KEY)
    run_parley("community", "list", database=sqlite_url(file), env=KEY)

    assert 4 == len(secrets)
    assert all(sealed.startswith(SEALED) for sealed in signing_keys(file))
    assert [] == [secret for secret in secrets if secret in on_disk(tmp_path)]


def test_the_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    database = sqlite_url(folder / "parley.db")
    command = [sys.executable, "-m", "parley", "community", "add", "Acme", "--database", database]
    subprocess.run(command, env=clean_environment(), umask=0, check=True, capture_output=True)
    with Server(database):
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}

    assert {"parley.db": "0o600", "parley.db-shm": "0o600", "parley.db-wal": "0o600"} == modes
