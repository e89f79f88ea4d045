"""More is wanted than can be written: who is told to come back, who is not, and that it passes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers import Reply, Server, run_parley, sqlite_url
from tests.stories.callers import CONVERSATIONS, Caller, await_taken, held_up, many_callers, sign_in, somebody


def refusal(reply: Reply) -> tuple[int, int, bool]:
    """The status, our code, and whether it says when to come back."""
    return reply.status, reply.json()["errorCode"], int(reply.headers["Retry-After"]) >= 1


def test_a_full_line_refuses_until_it_moves_again(tmp_path: Path) -> None:
    """A community may fill half of the line (429), all together the whole of it (503)."""
    file = tmp_path / "line.db"
    with Server(sqlite_url(file), ("--line", "4")) as server:
        tokens = [sign_in(server, name)[1] for name in ("Alice", "Bob", "Charlie")]
        with many_callers(server, tokens[0], 2) as alice, many_callers(server, tokens[1], 2) as bob:
            with held_up(file):
                for caller in alice:
                    caller.send()
                await_taken(server)
                of_alice = server.request("POST", CONVERSATIONS, somebody(), token=tokens[0])
                for caller in bob:
                    caller.send()
                await_taken(server)
                of_charlie = server.request("POST", CONVERSATIONS, somebody(), token=tokens[2])
            waited = [caller.answer().status for caller in (*alice, *bob)]
        later = [server.request("POST", CONVERSATIONS, somebody(), token=token).status for token in tokens]

    assert (429, 5001, True) == refusal(of_alice)
    assert (503, 5003, True) == refusal(of_charlie)
    assert [200] * 4 == waited
    assert [200] * 3 == later


def test_one_community_that_floods_does_not_shut_out_another(tmp_path: Path) -> None:
    is_over = threading.Event()
    is_flooded = threading.Event()

    def flood(server: Server, token: str) -> set[int]:
        met = set()
        with Caller(server, token) as caller:
            while not is_over.is_set():
                met.add(caller.create().status)
                if 429 in met:
                    is_flooded.set()
        return met

    with Server(sqlite_url(tmp_path / "flood.db"), ("--line", "8")) as server, ThreadPoolExecutor(16) as threads:
        _, of_flooder = sign_in(server, "Flooder")
        _, of_quiet = sign_in(server, "Quiet")
        floods = [threads.submit(flood, server, of_flooder) for _ in range(16)]
        try:
            assert is_flooded.wait(20)
            with Caller(server, of_quiet) as quiet:
                answers = [quiet.create() for _ in range(50)]
        finally:
            is_over.set()
        met = set[int]().union(*(ended.result() for ended in floods))

    assert [200] * 50 == [answer.status for answer in answers]
    assert {200, 429} == met


def test_a_database_that_another_program_holds_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    file = tmp_path / "held.db"
    with Server(sqlite_url(file)) as server:
        _, token = sign_in(server, "Acme")
        before = server.request("POST", CONVERSATIONS, somebody(), token=token)
        with held_up(file):
            refused = server.request("POST", CONVERSATIONS, somebody(), token=token)
            read = server.request("GET", f"{CONVERSATIONS}/{before.data['id']}", token=token)
        later = server.request("POST", CONVERSATIONS, somebody(), token=token)

    assert (503, 5004, True) == refusal(refused)
    assert 200 == read.status
    assert (200, 2) == (later.status, later.data["queuePositionInfo"]["position"])
    assert "FAIL" not in run_parley("verify", database=server.database)
