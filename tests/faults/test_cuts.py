"""The line to the database breaks at every step of a group: everybody is answered, once."""

import itertools

import pytest

from tests.faults.proxy import Fault, Step, Way
from tests.faults.stage import Stage, all_at_once, broken_promises, stored
from tests.servers import Reply, run_parley
from tests.stories.callers import CONVERSATIONS, Caller, somebody

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("have_keys", [True, False], ids=["with keys", "without keys"])
@pytest.mark.parametrize("way", [Way.BEFORE, Way.AFTER])
@pytest.mark.parametrize(("step", "at_least"), [(Step.BEGIN, 1), (Step.LOAD, 4), (Step.STORE, 7), (Step.COMMIT, 1)])
def test_a_cut_at_any_statement_of_a_group_loses_and_doubles_nothing(
    stage: Stage, step: Step, at_least: int, way: Way, *, have_keys: bool
) -> None:
    answers: dict[str, Reply] = {}
    for nth in itertools.count(1):
        struck = stage.proxy.arm(Fault(step, way, nth))
        answers |= all_at_once(stage, 3, have_keys=have_keys)
        if not struck.is_set():
            break
    stage.proxy.disarm()
    log = stored(stage.database)

    assert nth > at_least, "the faults have to strike"
    assert {200} == {answer.status for answer in answers.values()}
    assert {1} == {log[email] for email in answers}
    assert [] == broken_promises(stage.database)


def test_a_commit_whose_answer_is_lost_is_asked_about_and_its_callers_are_answered(stage: Stage) -> None:
    asked = len(stage.logged("commit_asked"))
    body, key = somebody(), {"Idempotency-Key": "lost-answer"}
    stage.proxy.arm(Fault(Step.COMMIT, Way.AFTER))
    with Caller(stage.server, stage.token) as caller:
        first, second = caller.create(body, headers=key), caller.create(body, headers=key)

    assert [200, 200] == [first.status, second.status]
    assert first.body == second.body
    assert (None, "true") == (first.headers["Idempotent-Replayed"], second.headers["Idempotent-Replayed"])
    assert 1 == stored(stage.database)[body["author"]["email"]]
    assert ["committed"] == [line["status"] for line in stage.logged("commit_asked")[asked:]]


def test_a_commit_that_never_arrived_is_asked_about_and_decided_again(stage: Stage) -> None:
    asked = len(stage.logged("commit_asked"))
    body = somebody()
    stage.proxy.arm(Fault(Step.COMMIT, Way.BEFORE))
    with Caller(stage.server, stage.token) as caller:
        answer = caller.create(body)

    assert 200 == answer.status
    assert 1 == stored(stage.database)[body["author"]["email"]]
    assert ["aborted"] == [line["status"] for line in stage.logged("commit_asked")[asked:]]


def test_a_line_that_dies_without_a_word_holds_the_lock_for_seconds_only(stage: Stage) -> None:
    """Nobody is told that it is dead: the server's time-out frees the lock, the program's gives the line up."""
    stage.proxy.arm(Fault(Step.STORE, Way.DEAD))
    with Caller(stage.server, stage.token) as caller:
        given_up, later = caller.create(), caller.create()

    assert (503, 200) == (given_up.status, later.status)
    assert [] == broken_promises(stage.database)


def test_connections_that_broke_while_nobody_used_them_are_not_noticed(stage: Stage) -> None:
    all_at_once(stage, 8, have_keys=False)
    for _ in range(3):
        assert stage.proxy.cut() > 0
        assert (404, 200, 200) == (stage.read().status, stage.create().status, stage.ready().status)


def test_a_message_and_its_conversation_survive_cuts_together(stage: Stage) -> None:
    for nth in range(1, 12):
        struck = stage.proxy.arm(Fault(Step.STORE, Way.AFTER, nth))
        made = stage.create(message="Hello").data
        if not struck.is_set():
            break
        seen = stage.server.request("GET", f"{CONVERSATIONS}/{made['id']}?includeMessages=true", token=stage.token)
        assert made == seen.data
    stage.proxy.disarm()

    assert "FAIL" not in run_parley("verify", database=stage.database)
