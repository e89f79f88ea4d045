"""Which events may be asked for once more."""

from typing import Any

import pytest

from parley.core import replays
from parley.core.replays import Selection
from tests.builders import faults_of

NAMES = ("event", "conversationId", "since", "failed")


def faults(**members: Any) -> list[tuple[str, str]]:
    return faults_of(lambda problems: replays.check(Selection(**members), NAMES, problems))


@pytest.mark.parametrize("members", [{"event": 1}, {"conversation_id": 7}, {"since": 0}, {"is_failed": True}])
def test_one_thing_may_be_selected(members: dict[str, Any]) -> None:
    assert [] == faults(**members)


def test_nothing_selected_is_refused() -> None:
    expected = "exactly one of event, conversationId, since, failed is needed, but none was given"

    assert [("event", expected)] == faults()


def test_two_things_selected_are_refused() -> None:
    expected = "exactly one of event, conversationId, since, failed is needed, but since and failed was given"

    assert [("since", expected)] == faults(since=3, is_failed=True)


@pytest.mark.parametrize(
    ("members", "name", "least"), [({"event": 0}, "event", 1), ({"conversation_id": 0}, "conversationId", 1)]
)
def test_numbers_begin_at_one(members: dict[str, Any], name: str, least: int) -> None:
    assert [(name, f"must be at least {least}, but 0 was given")] == faults(**members)


def test_a_negative_start_is_refused() -> None:
    assert [("since", "must be at least 0, but -1 was given")] == faults(since=-1)
