"""The logs of a whole session, at their most talkative, hold nothing that anybody wrote or signs in with."""

import json
from pathlib import Path

from tests.servers import Server, run_parley, sqlite_url
from tests.stories.callers import CONVERSATIONS, Caller, await_taken, held_up, many_callers, sign_in

EVERYTHING = {
    "author": {
        "name": "Zebedee Quagga",
        "email": "zebedee@quagga.example",
        "customIdentifier": "quagga-4711",
        "image": "https://quagga.example/zebedee.png",
    },
    "title": "Quagga stripes are fading",
    "url": "https://quagga.example/stripes?colour=brown",
    "message": "My quagga has lost its stripes.",
}
PRIVATE = ("quagga", "zebedee", "stripes", "colour", "brown", "4711")


def test_the_logs_of_a_whole_session_hold_nothing_private(tmp_path: Path) -> None:
    file, log = tmp_path / "logs.db", tmp_path / "log"
    with Server(sqlite_url(file), ("--log-level", "debug", "--line", "2"), log=log) as server:
        tenant, token = sign_in(server, "Acme")
        misuse(server, token)
        fill_the_line(server, file, token)
        run_parley(
            "teammate", "add", "Acme", "--name", "Quagga", "--email", "q@quagga.example", database=server.database
        )
    text = log.read_text()

    assert [] == [word for word in (*PRIVATE, token, tenant.refresh_token, tenant.client_id) if word in text.lower()]
    assert {"unavailable"} <= {json.loads(line)["event"] for line in text.splitlines()}
    assert {"time", "level", "logger", "event"} <= set(json.loads(text.splitlines()[0]))


def misuse(server: Server, token: str) -> None:
    """A good call, and every kind of bad one, all full of private words."""
    key = {"Idempotency-Key": "quagga-4711"}
    good = server.request("POST", CONVERSATIONS, EVERYTHING, token=token, headers=key)
    statuses = [
        good.status,
        server.request("POST", CONVERSATIONS, {**EVERYTHING, "title": "again"}, token=token, headers=key).status,
        server.request("GET", f"{CONVERSATIONS}/{good.data['id']}?colour=brown&orderBy=stripes", token=token).status,
        server.request("GET", f"{CONVERSATIONS}/quagga?colour=brown", token=token).status,
        server.request("GET", "/quagga?colour=brown", token=token).status,
        server.request("DELETE", f"{CONVERSATIONS}?colour=brown", token=token).status,
        server.request("POST", CONVERSATIONS, EVERYTHING, token="quagga.stripes.4711").status,
        server.request("POST", CONVERSATIONS, {"author": {"email": "quagga stripes"}}, token=token).status,
        server.request("POST", CONVERSATIONS, b'{"quagga": stripes', token=token).status,
        server.request("POST", CONVERSATIONS, b"quagga" * 200_000, token=token).status,
        server.request("POST", CONVERSATIONS, EVERYTHING, token=token, headers={"Content-Type": "quagga/brown"}).status,
        server.request("POST", "/token", b"grant_type=refresh_token&refresh_token=quagga&client_id=zebedee").status,
    ]

    assert [200, 422, 422, 404, 404, 405, 401, 422, 400, 413, 415, 400] == statuses


def fill_the_line(server: Server, file: Path, token: str) -> None:
    """With a line of two: one of each community waits, and the next is told 503, which is logged."""
    _, other = sign_in(server, "Other")
    with many_callers(server, token, 1) as (mine,), Caller(server, other) as theirs:
        with held_up(file):
            mine.send(EVERYTHING)
            theirs.send(EVERYTHING)
            await_taken(server)
            refused = server.request("POST", CONVERSATIONS, EVERYTHING, token=other)
        assert [503, 200, 200] == [refused.status, mine.answer().status, theirs.answer().status]
