"""Saved replies: whose they are, and what they are found by."""

from datetime import timedelta

import pytest

from parley.core.writing import read_shortcut
from tests.builders import ALICE, CHARLIE, faults_of, saved_reply
from tests.clock import START


def test_a_shared_reply_is_everybodys_and_another_its_owners() -> None:
    shared, own = saved_reply(), saved_reply(is_shared=False)

    assert [True, True] == [shared.is_for(CHARLIE), shared.is_for(ALICE)]
    assert [True, False] == [own.is_for(CHARLIE), own.is_for(ALICE)]


def test_a_removed_reply_is_nobodys() -> None:
    assert not saved_reply(removed_at=START + timedelta(days=1)).is_for(CHARLIE)


def test_a_shortcut_is_found_however_it_is_written() -> None:
    assert [] == faults_of(lambda problems: read_shortcut(" Hello-2 ", "shortcut", problems))
    assert "hello-2" == read_shortcut(" Hello-2 ", "shortcut", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["", "a b", "/hello", "ø", "a" * 41])
def test_what_cannot_be_typed_behind_a_slash_is_refused(given: str) -> None:
    ((path, _),) = faults_of(lambda problems: read_shortcut(given, "shortcut", problems))

    assert "shortcut" == path
