"""Two servers on one file: one of them is the second process that the design expects of commands."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers import Server, run_parley, sqlite_url
from tests.stories.callers import CONVERSATIONS, Caller, many_callers, sign_in, somebody
from tests.stories.stored import stored_events


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Started at the same moment on an absent file."""
    database = sqlite_url(tmp_path / "shared.db")
    first, second = Server(database), Server(database)
    first.launch()
    second.launch()
    try:
        first.await_ready()
        second.await_ready()
        yield first, second
    finally:
        first.stop()
        second.stop()


def test_two_servers_on_one_file_write_into_one_log(two: tuple[Server, Server]) -> None:
    _, token = sign_in(two[0], "Acme")

    def write(server: Server) -> list[int]:
        with Caller(server, token) as caller:
            return [caller.create().data["queuePositionInfo"]["position"] for _ in range(25)]

    with ThreadPoolExecutor(8) as threads:
        places = [place for taken in threads.map(write, two * 4) for place in taken]
    log = stored_events(two[0].database)

    assert list(range(1, 201)) == sorted(places)
    assert list(range(1, len(log) + 1)) == [event.number for event in log]
    assert "FAIL" not in run_parley("verify", database=two[0].database)


def test_one_idempotency_key_is_one_conversation_on_both_servers(two: tuple[Server, Server]) -> None:
    _, token = sign_in(two[0], "Acme")
    body, key = somebody(), {"Idempotency-Key": "the-same"}
    with Caller(two[0], token) as one, Caller(two[1], token) as other:
        one.send(body, headers=key)
        other.send(body, headers=key)
        answers = [one.answer(), other.answer()]

    assert [200, 200] == [answer.status for answer in answers]
    assert answers[0].body == answers[1].body
    assert 1 == sum("Idempotent-Replayed" in answer.headers for answer in answers)


def test_callers_who_come_all_at_once_after_a_start_are_all_let_in(two: tuple[Server, Server]) -> None:
    """The second server has read no signing key yet when 32 of them show their tokens."""
    _, token = sign_in(two[0], "Acme")
    with many_callers(two[1], token, 32) as callers:
        for caller in callers:
            caller.send()
        answers = [caller.answer().status for caller in callers]

    assert [200] * 32 == answers


def test_what_one_server_writes_the_other_reads(two: tuple[Server, Server]) -> None:
    _, token = sign_in(two[0], "Acme")
    made = two[0].request("POST", CONVERSATIONS, {**somebody(), "message": "Hello"}, token=token)
    seen = two[1].request("GET", f"{CONVERSATIONS}/{made.data['id']}?includeMessages=true", token=token)

    assert made.data == seen.data
