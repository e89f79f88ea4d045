"""The database goes away and comes back: nobody starts anything again."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from parley import wiring
from parley.actions.create_conversation import CreateConversation
from parley.core.people import Author
from tests.faults.proxy import Fault, Step, Way
from tests.faults.stage import Stage, all_at_once, broken_promises, retry_after, stored
from tests.servers import run_parley
from tests.stories.callers import CONVERSATIONS, Caller, somebody

pytestmark = pytest.mark.crash

BACK_WITHIN_S = 10


def test_a_restart_of_the_database_under_load_is_survived(fragile: Stage) -> None:
    with under_load(fragile, 8) as answers:
        fragile.home.stop()
        fragile.home.start()
        await_ready(fragile)
        await_count(answers, 200)
    log = stored(fragile.database)

    assert {200, 503} >= {status for _, status in answers}
    assert {1} == {log[email] for email, status in answers if status == 200}
    assert {0, 1} >= {log[email] for email, _ in answers}
    assert "FAIL" not in run_parley("verify", database=fragile.database)


def test_a_crash_of_the_database_under_load_is_survived(fragile: Stage) -> None:
    fragile.sign_in()
    with under_load(fragile, 8) as answers:
        for _ in range(3):
            fragile.home.crash()
            await_count(answers, 40)
    log = stored(fragile.database)

    assert {200} == {status for _, status in answers}
    assert {1} == {log[email] for email, _ in answers}
    assert [] == broken_promises(fragile.database)


def test_while_the_database_is_away_everything_is_503_and_then_works_again(stage: Stage) -> None:
    before = stage.ready().status, stage.read().status, stage.create().status
    stage.proxy.refuse()
    try:
        away = [stage.ready(), stage.read(), stage.create(), stage.ready()]
        alive = stage.server.request("GET", "/health/live").status
    finally:
        stage.proxy.admit()
    after = stage.ready().status, stage.read().status, stage.create().status

    assert (200, 404, 200) == before == after
    assert [(503, True)] * 4 == [retry_after(reply) for reply in away]
    assert 200 == alive


def test_a_write_waits_for_a_database_that_is_away_for_a_moment(stage: Stage) -> None:
    stage.sign_in()
    stage.proxy.refuse()
    with Caller(stage.server, stage.token) as caller:
        caller.send()
        assert 503 == stage.ready().status
        stage.proxy.admit()

        assert 200 == caller.answer().status


def test_a_transaction_id_that_a_crash_gave_to_another_is_not_taken_for_ours(fragile: Stage) -> None:
    """Our COMMIT is lost, the database crashes, and another process's group gets the same id and the same numbers."""
    ours, theirs = somebody(), somebody()
    lost = fragile.proxy.arm(Fault(Step.COMMIT, Way.DEAD))
    with Caller(fragile.server, fragile.token) as caller:
        caller.send(ours)
        assert lost.wait(10)
        our_id = fragile.home.execute(
            "SELECT backend_xid::text FROM pg_stat_activity WHERE application_name = 'parley writer'"
        )
        fragile.home.crash()
        fragile.proxy.refuse()  # so that it asks later
        asyncio.run(create_beside(fragile.database, theirs["author"]["email"]))
        their_id = fragile.home.execute("SELECT xmin::text FROM events ORDER BY number DESC", database=fragile.database)
        fragile.proxy.admit()
        answer = caller.answer()
    log = stored(fragile.database)

    assert our_id == their_id, "the crash has to make the database forget the id"
    assert 200 == answer.status
    assert [1, 1] == [log[body["author"]["email"]] for body in (ours, theirs)]
    assert [] == broken_promises(fragile.database)


def test_a_change_of_the_schema_breaks_no_prepared_statement(fragile: Stage) -> None:
    """A newer Parley migrates while this one still runs."""
    made = fragile.create().data["id"]
    for table in ("conversations", "users", "communities", "events"):
        fragile.home.execute(f"ALTER TABLE {table} ADD COLUMN later BIGINT", database=fragile.database)
    read = fragile.server.request("GET", f"{CONVERSATIONS}/{made}", token=fragile.token)
    answers = all_at_once(fragile, 4, have_keys=False)

    assert 200 == read.status
    assert {200} == {answer.status for answer in answers.values()}


async def create_beside(database: str, email: str) -> None:
    """A conversation made by another process than the server's."""
    async with wiring.opened(database, migrates=False) as parts:
        action = CreateConversation(community_id=1, by="test", author=Author(email=email))
        await parts.ledger.submit(action)


def await_ready(stage: Stage) -> None:
    """Return when the server says that it can work again."""
    for _ in range(BACK_WITHIN_S * 20):
        if stage.ready().status == 200:
            return
        threading.Event().wait(0.05)
    raise AssertionError(stage.ready())


def await_count(answers: list[tuple[str, int]], more: int) -> None:
    """Return when so many more were answered with 200."""
    begun = len(answers)
    for _ in range(BACK_WITHIN_S * 20):
        if Counter(status for _, status in answers[begun:])[200] >= more:
            return
        threading.Event().wait(0.05)
    raise AssertionError(Counter(status for _, status in answers[begun:]))


@contextmanager
def under_load(stage: Stage, count: int) -> Iterator[list[tuple[str, int]]]:
    """So many callers create conversations until the block ends; e-mail address and status of each answer."""
    answers: list[tuple[str, int]] = []
    is_over = threading.Event()

    def call() -> None:
        with Caller(stage.server, stage.token) as caller:
            while not is_over.is_set():
                body = somebody()
                answers.append((body["author"]["email"], caller.create(body).status))

    with ThreadPoolExecutor(count) as threads:
        calls = [threads.submit(call) for _ in range(count)]
        try:
            await_count(answers, count)
            yield answers
        finally:
            is_over.set()
        for ended in calls:
            ended.result()
