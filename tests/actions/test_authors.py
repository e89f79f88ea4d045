"""Whom a UserValue means (spec §4): id before e-mail before customIdentifier; a client is made when there is none."""

from typing import Any

from parley.actions.teammates import AddTeammate
from parley.core.errors import InvalidError
from parley.core.people import Kind, Role, User
from tests.actions.refusals import refused_paths
from tests.builders import ALICE, RIVAL, SHOP, author, create
from tests.ledger.books import Books


async def settled(books: Books, community_id: int = SHOP, **said: Any) -> User:
    """The user that is meant by what was said, in a conversation of theirs."""
    return (await books.do(create(community_id=community_id, author=author(**said)))).author


async def charlie(books: Books) -> User:
    action = AddTeammate(community_id=SHOP, name="Charlie", email="charlie@shop.example", role=Role.AGENT, by="x")
    user, _ = await books.do(action)
    return user


async def test_an_unknown_email_makes_a_client(books: Books) -> None:
    made = await settled(books, email="John@Dow.com", name="John", image="https://h/i", identifier="j")

    expected = User(
        id=made.id,
        community_id=SHOP,
        kind=Kind.CLIENT,
        created_at=books.clock.at,
        name="John",
        email="John@Dow.com",
        email_key="john@dow.com",
        identifier="j",
        image="https://h/i",
    )
    assert expected == made


async def test_an_unknown_identifier_makes_a_client(books: Books) -> None:
    assert "j" == (await settled(books, identifier="j")).identifier


async def test_the_same_email_is_the_same_client_whatever_its_case(books: Books) -> None:
    first = await settled(books, email="John@Dow.com")
    second = await settled(books, email="JOHN@dow.COM")

    assert first == second


async def test_the_same_identifier_is_the_same_client(books: Books) -> None:
    assert await settled(books, identifier="j") == await settled(books, identifier="j")


async def test_a_client_is_found_by_id(books: Books) -> None:
    first = await settled(books, email="a@b")

    assert first == await settled(books, id=first.id)


async def test_an_unknown_id_is_refused_even_with_a_known_email(books: Books) -> None:
    await settled(books, email="a@b")
    wish = create(author=author(id=ALICE, email="a@b"))

    assert ["author.id"] == await refused_paths(books, wish, InvalidError)


async def test_another_communitys_id_is_unknown(books: Books) -> None:
    theirs = await settled(books, community_id=RIVAL, email="a@b")
    wish = create(author=author(id=theirs.id))

    assert ["author.id"] == await refused_paths(books, wish, InvalidError)


async def test_another_communitys_email_and_identifier_are_unknown(books: Books) -> None:
    theirs = await settled(books, community_id=RIVAL, email="a@b", identifier="i")
    ours = await settled(books, email="a@b", identifier="i")

    assert theirs.id != ours.id


async def test_what_the_id_finds_the_email_and_identifier_do_not_override(books: Books) -> None:
    first = await settled(books, email="first@b")
    await settled(books, email="second@b", identifier="i")

    assert first == await settled(books, id=first.id, email="second@b", identifier="i")


async def test_what_the_email_finds_the_identifier_does_not_override(books: Books) -> None:
    first = await settled(books, email="first@b")
    await settled(books, identifier="i")

    assert first == await settled(books, email="first@b", identifier="i")


async def test_an_email_that_finds_nobody_falls_through_to_the_identifier(books: Books) -> None:
    first = await settled(books, identifier="i")
    second = await settled(books, email="new@b", identifier="i")

    assert (first.id, "new@b") == (second.id, second.email)


async def test_who_has_an_email_keeps_it_when_found_by_the_identifier(books: Books) -> None:
    first = await settled(books, email="old@b", identifier="i")

    assert first == await settled(books, email="new@b", identifier="i")


async def test_an_identifier_is_attached_to_who_has_none(books: Books) -> None:
    first = await settled(books, email="a@b")
    second = await settled(books, email="a@b", identifier="i")

    assert (first.id, "i") == (second.id, second.identifier)
    assert second == await settled(books, identifier="i")


async def test_an_identifier_that_is_somebody_elses_stays_with_them(books: Books) -> None:
    owner = await settled(books, identifier="i")
    other = await settled(books, email="a@b")

    assert other == await settled(books, email="a@b", identifier="i")
    assert owner == await settled(books, identifier="i")


async def test_an_email_that_is_somebody_elses_stays_with_them(books: Books) -> None:
    await settled(books, email="a@b")
    other = await settled(books, identifier="i")

    assert None is (await settled(books, id=other.id, email="a@b")).email


async def test_a_name_and_an_image_replace_a_clients(books: Books) -> None:
    await settled(books, email="a@b", name="Old", image="https://h/old")
    after = await settled(books, email="a@b", name="New", image="https://h/new")

    assert ("New", "https://h/new") == (after.name, after.image)


async def test_a_name_and_an_image_do_not_replace_a_teammates(books: Books) -> None:
    before = await charlie(books)

    assert before == await settled(books, email="charlie@shop.example", name="Joker", image="https://h/new")


async def test_a_teammate_can_be_given_an_identifier(books: Books) -> None:
    before = await charlie(books)
    after = await settled(books, email="CHARLIE@shop.example", identifier="c")

    assert (before.id, "c") == (after.id, after.identifier)


async def test_is_bot_means_the_communitys_bot_and_ignores_everything_else(books: Books) -> None:
    """read_author drops the rest already; an action made by hand is treated alike."""
    before = await settled(books, is_bot=True)
    after = await settled(books, is_bot=True, id=ALICE, email="a@b", identifier="i", name="Joker", image="https://h")

    assert before == after
    assert (Kind.BOT, "Bot", None, None) == (after.kind, after.name, after.email, after.identifier)


async def test_the_bot_found_by_its_id_stays_as_it_is(books: Books) -> None:
    bot = await settled(books, is_bot=True)

    assert bot == await settled(books, id=bot.id, email="a@b", name="Joker")


async def test_each_community_has_a_bot_of_its_own(books: Books) -> None:
    assert await settled(books, is_bot=True) != await settled(books, community_id=RIVAL, is_bot=True)


async def test_two_new_authors_with_one_email_in_one_group_become_one(books: Books) -> None:
    one, other = await books.together(
        [create(author=author(email="New@b", name="One")), create(author=author(email="new@B", identifier="i"))]
    )

    assert (one.author.id, "One", "i") == (other.author.id, other.author.name, other.author.identifier)
    assert [(1,)] == books.database.execute("SELECT count(*) FROM users WHERE email_key = 'new@b'")


async def test_two_new_authors_with_one_identifier_in_one_group_become_one(books: Books) -> None:
    wishes = [create(author=author(email=email, identifier="i")) for email in ("a@b", "c@d")]
    one, other = await books.together(wishes)

    assert (one.author.id, "a@b") == (other.author.id, other.author.email)


async def test_a_repeat_writes_the_client_no_more(books: Books) -> None:
    """The client's row stays as it is, so the event carries the very same author."""
    first = await settled(books, email="a@b", name="Alice")
    books.clock.move(books.clock.at - books.clock.at.replace(year=2025))

    assert first == await settled(books, email="a@b", name="Alice")
