"""A server that is told to stop ends what it has begun."""

import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.servers import Server, run_parley, sqlite_url
from tests.stories.callers import Caller, await_taken, held_up, many_callers, sign_in, somebody
from tests.stories.stored import stored_emails


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_told_to_stop_answers_everything_it_has_taken(tmp_path: Path, how: signal.Signals) -> None:
    file = tmp_path / "drain.db"
    with Server(sqlite_url(file)) as server:
        _, token = sign_in(server, "Acme")
        with many_callers(server, token, 64) as callers:
            with held_up(file):
                for caller in callers:
                    caller.send()
                await_taken(server)
                server.tell(how)
            answers = [caller.answer() for caller in callers]
        code = server.stop()

    assert code == 0
    assert [200] * 64 == [answer.status for answer in answers]
    assert list(range(1, 65)) == sorted(answer.data["queuePositionInfo"]["position"] for answer in answers)
    assert "FAIL" not in run_parley("verify", database=server.database)


def test_whatever_a_stopping_server_stored_under_load_it_has_answered(tmp_path: Path) -> None:
    answered: list[str] = []
    has_load = threading.Event()

    def call(server: Server, token: str) -> None:
        with Caller(server, token) as caller:
            while True:
                body = somebody()
                try:
                    reply = caller.create(body)
                except (OSError, HTTPException):
                    return
                assert reply.status == 200, reply.body
                answered.append(body["author"]["email"])
                has_load.set()

    with Server(sqlite_url(tmp_path / "drain.db")) as server, ThreadPoolExecutor(16) as threads:
        _, token = sign_in(server, "Acme")
        calls = [threads.submit(call, server, token) for _ in range(16)]
        assert has_load.wait(20)
        code = server.stop()
        for ended in calls:
            ended.result()

    assert code == 0
    assert sorted(answered) == sorted(stored_emails(server.database))
    assert "FAIL" not in run_parley("verify", database=server.database)


def test_idle_and_half_sent_requests_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with (
        Server(sqlite_url(tmp_path / "idle.db")) as server,
        socket.create_connection(("127.0.0.1", server.port)) as half_sent,
        Caller(server, "no token") as idle,
    ):
        half_sent.sendall(b"GET /health/live HT")
        assert idle.create().status == 401

        assert server.stop(within=5) == 0


def test_a_stopped_server_leaves_one_file(tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "one.db")) as server:
        sign_in(server, "Acme")

    assert ["one.db"] == [path.name for path in tmp_path.iterdir()]
