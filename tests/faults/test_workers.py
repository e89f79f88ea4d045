"""`parley serve --workers 2` on PostgreSQL: one dies, the others go on; whoever works on the database fits in."""

import asyncio
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import psutil
import pytest

from parley import wiring
from tests.faults.processes import await_ended, worker_at, workers_of
from tests.faults.proxy import Fault, Step, Way
from tests.faults.stage import Stage, all_at_once, broken_promises, staged, stored
from tests.postgres import cluster
from tests.servers import Server, run_parley
from tests.stories.callers import Caller, sign_in, somebody
from tests.stories.stored import stored_events

pytestmark = pytest.mark.crash


def test_a_worker_killed_while_it_holds_the_lock_holds_up_nobody(pair: Stage) -> None:
    """Its caller loses the line; the others are answered before their ten seconds are over, and a new worker comes."""
    stalled = pair.proxy.arm(Fault(Step.STORE, Way.STALL))
    with ThreadPoolExecutor(1) as threads, Caller(pair.server, pair.token) as victim:
        body = somebody()
        victim.send(body)
        assert stalled.wait(10)
        others = threads.submit(all_at_once, pair, 8, have_keys=True, may_repeat=True)
        killed = kill_the_struck(pair)
        answers = others.result()
        await_another(pair, killed)
        with pytest.raises(ConnectionError):
            victim.answer()
    log = stored(pair.database)

    assert {200: 8} == count(answer.status for answer in answers.values())
    assert {1} == {log[email] for email in answers}
    assert 0 == log[body["author"]["email"]]
    assert [] == broken_promises(pair.database)


def test_a_worker_that_vanishes_with_its_machine_frees_the_lock_in_seconds(pair: Stage) -> None:
    """The database hears nothing of its end: only the time-out of the writer's session frees the lock.

    After ten seconds the callers would be told 503.
    """
    dead = pair.proxy.arm(Fault(Step.STORE, Way.DEAD))
    with Caller(pair.server, pair.token) as victim:
        victim.send()
        assert dead.wait(10)
        kill_the_struck(pair)
        answers = all_at_once(pair, 4, have_keys=False)

    assert {200: 4} == count(answer.status for answer in answers.values())
    assert [] == broken_promises(pair.database)


def test_workers_told_to_stop_answer_what_they_have_taken_and_let_nobody_else_in() -> None:
    with staged("--workers", "2") as stage, Caller(stage.server, stage.token) as caller:
        stage.proxy.delay = 0.1
        taken = stage.proxy.arm(Fault(Step.STORE, Way.NONE))
        caller.send()
        assert taken.wait(10)
        stage.server.tell(signal.SIGTERM)
        await_closed(stage.server)
        answer = caller.answer()
        code = stage.server.stop()
        said = stage.log.read_text()

    assert (200, 0) == (answer.status, code)
    assert "Fatal" not in said


def test_workers_end_with_a_parent_that_is_killed() -> None:
    with staged("--workers", "2") as stage:
        workers = workers_of(stage.server)
        stage.server.kill()
        await_ended(workers)
        said = stage.log.read_text()

    assert "Fatal" not in said


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[Server, Server]]:
    """Two servers, started at the same moment on an empty database."""
    database = cluster().new_database()
    with ExitStack() as running:
        servers = (Server(database), Server(database))
        for server in servers:
            running.callback(server.stop)
            server.launch()
        for server in servers:
            server.await_ready()
        yield servers


def test_processes_that_start_together_migrate_once_and_write_into_one_log(two: tuple[Server, Server]) -> None:
    _, token = sign_in(two[0], "Writers")

    def write(server: Server) -> list[int]:
        with Caller(server, token) as caller:
            return [caller.create().data["queuePositionInfo"]["position"] for _ in range(25)]

    with ThreadPoolExecutor(8) as threads:
        places = [place for taken in threads.map(write, two * 4) for place in taken]
    steps = cluster().execute("SELECT count(*) - max(version) FROM schema_steps", database=two[0].database)
    log = stored_events(two[0].database)

    assert 0 == steps
    assert list(range(1, 201)) == sorted(places)
    assert list(range(1, len(log) + 1)) == [event.number for event in log]
    assert "FAIL" not in run_parley("verify", database=two[0].database)


def test_one_idempotency_key_is_one_conversation_on_both_servers(two: tuple[Server, Server]) -> None:
    _, token = sign_in(two[0], "Repeaters")
    body, key = somebody(), {"Idempotency-Key": "the-same"}
    with Caller(two[0], token) as one, Caller(two[1], token) as other:
        one.send(body, headers=key)
        other.send(body, headers=key)
        answers = [one.answer(), other.answer()]

    assert [200, 200] == [answer.status for answer in answers]
    assert answers[0].body == answers[1].body
    assert 1 == sum("Idempotent-Replayed" in answer.headers for answer in answers)


def test_what_a_command_changes_beside_the_workers_is_known_to_all_of_them_at_once(pair: Stage) -> None:
    def wish(_: int) -> int:
        with Caller(pair.server, pair.token) as caller:
            return caller.create({**somebody(), "categoryId": 1505}).status

    with ThreadPoolExecutor(8) as threads:
        before = set(threads.map(wish, range(8)))
        run_parley("category", "add", "Acme", "Support", "--id", "1505", database=pair.database)
        after = set(threads.map(wish, range(8)))

    assert ({422}, {200}) == (before, after)


def test_the_log_is_followed_from_another_process_in_order_and_without_a_gap(two: tuple[Server, Server]) -> None:
    _, token = sign_in(two[0], "Followed")
    before = len(stored_events(two[0].database))
    is_over = threading.Event()

    def write(server: Server) -> int:
        made = 0
        with Caller(server, token) as caller:
            while not is_over.is_set():
                made += caller.create({**somebody(), "message": "Hello"}).status == 200
        return made

    async def follow(until: int) -> list[int]:
        met: list[int] = []
        async with wiring.opened(two[0].database, migrates=False) as parts:
            while len(met) < until:
                page = await parts.reader.events(after=met[-1] if met else 0, take=50)
                met += [event.number for event in page]
            is_over.set()
            while page := await parts.reader.events(after=met[-1], take=50):
                met += [event.number for event in page]
        return met

    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(write, server) for server in two * 2]
        try:
            met = asyncio.run(follow(before + 600))
        finally:
            is_over.set()
        made = sum(ended.result() for ended in calls)
    log = [event.number for event in stored_events(two[0].database)]

    assert list(range(1, len(met) + 1)) == met
    assert met == log[: len(met)]
    assert len(log) == before + 2 * made


def kill_the_struck(stage: Stage) -> psutil.Process:
    """Kill the worker whose line the proxy has struck."""
    worker = worker_at(stage.server, stage.proxy.struck_port)
    assert worker is not None
    worker.kill()
    return worker


def await_another(stage: Stage, killed: psutil.Process) -> None:
    """Return when there are two workers that write again, the killed one not among them."""
    for _ in range(1_000):
        if len(set(workers_of(stage.server)) - {killed}) == 2 and stage.proxy.writers() >= 2:
            return
        threading.Event().wait(0.01)
    raise AssertionError(workers_of(stage.server))


def await_closed(server: Server) -> None:
    """Return when nobody listens any more."""
    for _ in range(500):
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", server.port)):
            threading.Event().wait(0.01)
            continue
        return
    raise AssertionError(server.port)


def count(statuses: Iterator[int]) -> dict[int, int]:
    """How often each status came."""
    found: dict[int, int] = {}
    for status in statuses:
        found[status] = found.get(status, 0) + 1
    return found
