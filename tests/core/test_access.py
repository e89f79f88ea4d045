"""Tokens, signing keys and scopes."""

import pytest

from parley.core.access import RETIRED_KEY_LIFE, Scope
from tests.builders import signing_key
from tests.clock import START


@pytest.mark.parametrize(
    ("scope", "wanted", "covers"),
    [
        (Scope.ADMIN, Scope.ADMIN, True),
        (Scope.ADMIN, Scope.CHAT, True),
        (Scope.CHAT, Scope.CHAT, True),
        (Scope.CHAT, Scope.ADMIN, False),
    ],
)
def test_admin_may_do_all_that_chat_may(scope: Scope, wanted: Scope, covers: bool) -> None:  # noqa: FBT001
    assert covers == scope.covers(wanted)


def test_the_key_in_charge_verifies() -> None:
    assert signing_key(retired_at=None).verifies(START)


def test_a_retired_key_verifies_for_two_hours_and_not_a_moment_longer() -> None:
    key = signing_key(retired_at=START)
    moment = START.resolution

    assert key.verifies(START + RETIRED_KEY_LIFE - moment)
    assert not key.verifies(START + RETIRED_KEY_LIFE)
