"""No room on the disk: nothing is half stored, the caller is told, and it passes."""

import resource
from pathlib import Path

import pytest

from tests.servers import Server, run_parley, sqlite_url
from tests.stories.callers import CONVERSATIONS, sign_in, somebody

pytestmark = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can limit another process")


def let_files_grow(server: Server, to: int) -> None:
    """The size that the server's files may have; 0 makes every write to a file fail as on a full disk."""
    assert server.process is not None
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (to, resource.RLIM_INFINITY))


def test_a_full_disk_refuses_writes_until_there_is_room(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "full.db")) as server:
        _, token = sign_in(server, "Acme")
        body, key = somebody(), {"Idempotency-Key": "once"}
        first = server.request("POST", CONVERSATIONS, somebody(), token=token)
        let_files_grow(server, 0)
        refused = [server.request("POST", CONVERSATIONS, body, token=token, headers=key) for _ in range(2)]
        read = server.request("GET", f"{CONVERSATIONS}/{first.data['id']}", token=token)
        let_files_grow(server, resource.RLIM_INFINITY)
        later = server.request("POST", CONVERSATIONS, body, token=token, headers=key)

    assert [(503, 5005), (503, 5005)] == [(reply.status, reply.json()["errorCode"]) for reply in refused]
    assert all(reply.headers["Retry-After"] for reply in refused)
    assert 200 == read.status
    assert (200, 2) == (later.status, later.data["queuePositionInfo"]["position"])
    assert "Idempotent-Replayed" not in later.headers
    assert "FAIL" not in run_parley("verify", database=server.database)
