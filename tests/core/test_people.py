"""Users, and what a UserValue says about one (spec §4)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Problems
from parley.core.people import Author, Kind, Presence, User, new_client, read_author, refresh
from tests.builders import ALICE, SHOP, author, bot, client, faults_of, membership, teammate
from tests.clock import START

ABSENT = {"id": None, "email": None, "identifier": None, "name": None, "image": None, "is_bot": False}


def read(**given: Any) -> Author:
    return read_author("author", Problems(), **{**ABSENT, **given})


def faults(**given: Any) -> list[tuple[str, str]]:
    return faults_of(lambda problems: read_author("author", problems, **{**ABSENT, **given}))


def refreshed(user: User, by: Author, *, email_is_free: bool = True, identifier_is_free: bool = True) -> User:
    return refresh(user, by, email_is_free=email_is_free, identifier_is_free=identifier_is_free)


def test_everything_is_trimmed() -> None:
    given = read(email=" a@b.c ", identifier="\tx ", name=" Alice ", image=" https://h/i.png ")

    assert Author(email="a@b.c", identifier="x", name="Alice", image="https://h/i.png") == given


def test_an_id_is_read_in_either_case() -> None:
    assert Author(id=ALICE) == read(id=f" {ALICE.upper()} ")


def test_a_custom_identifier_is_kept_in_lower_case() -> None:
    assert "customer-7" == read(identifier="Customer-7").identifier


def test_an_email_is_kept_as_written_and_compared_in_lower_case() -> None:
    given = read(email="John@Dow.com")

    assert ("John@Dow.com", "john@dow.com") == (given.email, given.email_key)


def test_without_an_email_there_is_no_key_either() -> None:
    assert None is read(identifier="x").email_key


@pytest.mark.parametrize("key", ["email", "identifier", "name", "image"])
def test_blank_is_absent(key: str) -> None:
    assert Author(id=ALICE) == read(id=ALICE, **{key: "  "})


@pytest.mark.parametrize("nobody", [{}, {"id": ""}, {"id": " ", "email": " ", "identifier": "\n"}, {"name": "Alice"}])
def test_a_person_needs_an_id_an_email_or_an_identifier(nobody: dict[str, str]) -> None:
    sentence = "needs at least one of id, email and customIdentifier, or isBot: true; none was given"

    assert [("author", sentence)] == faults(**nobody)


@pytest.mark.parametrize("somebody", [{"id": ALICE}, {"email": "a@b"}, {"identifier": "x"}])
def test_any_one_of_them_is_enough(somebody: dict[str, str]) -> None:
    assert [] == faults(**somebody)


def test_is_bot_ignores_everything_else_even_what_is_wrong() -> None:
    given = {"id": "\x00", "email": "no", "identifier": "x" * 999, "name": "\n", "image": "no", "is_bot": True}

    assert Author(is_bot=True) == read(**given)
    assert [] == faults(**given)


@pytest.mark.parametrize(
    ("key", "path", "limit"),
    [("id", "id", 200), ("identifier", "customIdentifier", 200), ("name", "name", 200)],
)
def test_a_text_may_be_as_long_as_its_limit(key: str, path: str, limit: int) -> None:
    base = {"email": "a@b"}

    assert [] == faults(**base, **{key: "x" * limit})
    told = f"may be at most {limit} characters long, but {limit + 1} were given"
    assert [(f"author.{path}", told)] == faults(**base, **{key: "x" * (limit + 1)})


@pytest.mark.parametrize(
    ("key", "path"), [("id", "id"), ("email", "email"), ("identifier", "customIdentifier"), ("name", "name")]
)
@pytest.mark.parametrize("control", ["\x00", "\r\n", "\x1b"])
def test_a_control_character_is_refused_by_its_path(key: str, path: str, control: str) -> None:
    told = faults(**{"id": ALICE, key: f"a{control}@b"})

    assert f"author.{path}" == told[0][0]
    assert "control characters" in told[0][1]


@pytest.mark.parametrize(("key", "wrong"), [("email", "john"), ("image", "picture.png")])
def test_an_address_of_the_wrong_form_is_refused_by_its_path(key: str, wrong: str) -> None:
    assert [f"author.{key}"] == [path for path, _ in faults(id=ALICE, **{key: wrong})]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = faults(email="john", identifier="a\nb", name="x" * 201, image="no")

    assert ["author.email", "author.customIdentifier", "author.name", "author.image"] == [path for path, _ in told]


def test_a_new_client_is_all_that_was_given() -> None:
    by = author(email="John@Dow.com", identifier="x", name="John", image="https://h/i")
    made = new_client(by, id=ALICE, community_id=SHOP, now=START)

    expected = client(
        id=ALICE, name="John", email="John@Dow.com", identifier="x", image="https://h/i", created_at=START
    )
    assert expected == made


def test_a_missing_email_is_attached_with_its_key() -> None:
    after = refreshed(client(identifier="x"), author(identifier="x", email="A@b"))

    assert client(identifier="x", email="A@b") == after


def test_a_missing_identifier_is_attached() -> None:
    assert client(email="a@b", identifier="x") == refreshed(client(email="a@b"), author(email="a@b", identifier="x"))


def test_an_email_or_identifier_that_is_there_already_stays() -> None:
    before = client(email="a@b", identifier="x")

    assert before == refreshed(before, author(email="other@b", identifier="y"))


def test_what_belongs_to_somebody_else_stays_with_them() -> None:
    before = client(name="Alice")
    after = refreshed(before, author(email="a@b", identifier="x"), email_is_free=False, identifier_is_free=False)

    assert before == after


def test_a_name_and_an_image_that_are_given_replace_a_clients() -> None:
    before = client(email="a@b", name="Old", image="https://h/old")
    after = refreshed(before, author(email="a@b", name="New", image="https://h/new"))

    assert client(email="a@b", name="New", image="https://h/new") == after


def test_a_name_and_an_image_that_are_not_given_stay() -> None:
    before = client(email="a@b", name="Old", image="https://h/old")

    assert before == refreshed(before, author(email="a@b"))


def test_a_teammates_name_and_image_come_from_the_administration_only() -> None:
    before = teammate(image="https://h/old")

    assert before == refreshed(before, author(id=before.id, name="Joker", image="https://h/new"))


def test_a_teammate_found_by_email_is_given_a_missing_identifier() -> None:
    after = refreshed(teammate(), author(email="charlie@shop.example", identifier="c"))

    assert teammate(identifier="c") == after


def test_the_bot_is_never_changed() -> None:
    assert bot() == refreshed(bot(), author(id=bot().id, email="a@b", identifier="x", name="Joker", image="https://h"))


texts = st.none() | st.sampled_from(["a", "b"])
authors = st.builds(Author, email=texts, identifier=texts, name=texts, image=texts)


@given(authors, authors, st.booleans())
def test_the_same_words_twice_change_nothing_more(first: Author, second: Author, is_free: bool) -> None:  # noqa: FBT001
    """A repeat must not look like a change, or every call would write the user again: the very value comes back."""
    user = new_client(first, id=ALICE, community_id=SHOP, now=START)
    once = refreshed(user, second, email_is_free=is_free, identifier_is_free=is_free)

    assert refreshed(once, second, email_is_free=is_free, identifier_is_free=is_free) is once


@pytest.mark.parametrize(
    ("kind", "is_bot", "is_team"),
    [(Kind.CLIENT, False, False), (Kind.TEAMMATE, False, True), (Kind.BOT, True, True)],
)
def test_teammates_and_the_bot_speak_for_the_team(kind: Kind, is_bot: bool, is_team: bool) -> None:  # noqa: FBT001
    user = client(kind=kind)

    assert (is_bot, is_team) == (user.is_bot, user.is_team)


@pytest.mark.parametrize(
    ("status", "open_seats"),
    [(Presence.ONLINE, 3), (Presence.BUSY, 3), (Presence.AWAY, 0), (Presence.FINISHING, 0)],
)
def test_only_who_is_online_or_busy_has_open_seats(status: Presence, open_seats: int) -> None:
    assert open_seats == membership(status=status, seats=3).open_seats


def test_a_disabled_teammate_has_no_open_seats() -> None:
    assert 0 == membership(status=Presence.ONLINE, seats=3, is_active=False).open_seats
