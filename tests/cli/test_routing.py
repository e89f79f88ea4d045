"""`parley routing`: what it stores and prints."""

from tests.cli.conftest import Command


def test_the_mode_is_manual_until_it_is_set(parley: Command) -> None:
    parley("community", "add", "Shop")

    assert {"communityId": 1, "mode": "manual"} == parley("routing", "show", "Shop", "--json").json()
    assert {"communityId": 1, "mode": "automatic"} == parley(
        "routing", "set", "Shop", "--mode", "automatic", "--json"
    ).json()
    assert {"communityId": 1, "mode": "automatic"} == parley("routing", "show", "1", "--json").json()
    assert "'Rival'" in parley("routing", "show", "Rival").refusal
