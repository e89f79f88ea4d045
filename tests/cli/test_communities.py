"""COMMUNITY in a command: a name in any case, or an id; and one community's things are not another's."""

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize("name", ["Bob's Büro", "BOB'S BÜRO", "bob's büro", "2"])
def test_a_community_is_named_in_any_case_or_by_its_id(parley: Command, name: str) -> None:
    parley("community", "add", "Alice")
    parley("community", "add", "Bob's Büro")
    parley("category", "add", name, "Sales")

    assert ["Sales"] == [category["name"] for category in parley("category", "list", "2", "--json").json()]
    assert [] == parley("category", "list", "Alice", "--json").json()


def test_a_name_is_taken_whatever_its_case(parley: Command) -> None:
    parley("community", "add", "Büro")

    assert "Büro".upper() in parley("community", "add", "BÜRO").refusal


def test_communities_may_use_the_same_names_for_their_own_things(parley: Command) -> None:
    for community in ("Alice", "Bob"):
        parley("community", "add", community)
        parley("token", "add", community, "App")
        parley("teammate", "add", community, "--name", "Charlie", "--email", "charlie@example.com")
        parley("category", "add", community, "Sales")

    for what in ("token", "teammate", "category"):
        first, second = (parley(what, "list", community, "--json").json() for community in ("Alice", "Bob"))

        assert [row["name"] for row in first] == [row["name"] for row in second]


def test_a_wished_id_is_free_or_taken_for_the_whole_server(parley: Command) -> None:
    parley("community", "add", "Alice")
    parley("community", "add", "Bob")
    parley("category", "add", "Alice", "Sales", "--id", "7")
    parley("field", "add", "Alice", "Size", "--type", "text", "--id", "7")

    assert "7" in parley("category", "add", "Bob", "Sales", "--id", "7").refusal
    assert "7" in parley("field", "add", "Bob", "Size", "--type", "text", "--id", "7").refusal


def test_a_revoked_token_leaves_its_name(parley: Command) -> None:
    parley("community", "add", "Alice")
    parley("token", "revoke", "Alice", "default")

    assert "This community has no good token.\n" == parley("token", "list", "Alice").out
    assert "default" == parley("token", "add", "Alice", "default", "--json").json()["name"]


def test_another_communitys_teammate_cannot_be_disabled(parley: Command) -> None:
    parley("community", "add", "Alice")
    parley("community", "add", "Bob")
    parley("teammate", "add", "Alice", "--name", "Charlie", "--email", "charlie@example.com")

    assert "charlie@example.com" in parley("teammate", "disable", "Bob", "charlie@example.com").refusal
