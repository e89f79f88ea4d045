"""`parley routing`: what it stores and prints."""

from tests.cli.conftest import Command


def test_the_mode_is_manual_until_it_is_set(parley: Command) -> None:
    parley("community", "add", "Shop")

    manual = {"communityId": 1, "mode": "manual", "returnAfterSeconds": 120}
    assert manual == parley("routing", "show", "Shop", "--json").json()
    automatic = manual | {"mode": "automatic"}
    assert automatic == parley("routing", "set", "Shop", "--mode", "automatic", "--json").json()
    assert automatic == parley("routing", "show", "1", "--json").json()
    soon = automatic | {"returnAfterSeconds": 30}
    set_to = ("routing", "set", "Shop", "--mode", "automatic", "--json")
    assert soon == parley(*set_to, "--return-after", "30").json()
    assert soon == parley(*set_to).json()
    assert "'Rival'" in parley("routing", "show", "Rival").refusal
