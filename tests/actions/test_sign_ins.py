"""Passwords and sessions in the ledger, on both databases."""

import pytest

from parley.actions.sign_ins import BeginSession, EndSession, ForgetSessions, NoteSession, SetPassword
from parley.actions.teammates import AddTeammate, SetTeammateActive
from parley.core.errors import NotFoundError
from parley.core.events import PasswordChanged
from parley.core.people import Role
from parley.core.sessions import LIFE, Credentials, Session
from tests.builders import MINUTE, RIVAL, SHOP
from tests.ledger.books import Books

EMAIL = "anna@shop.example"


@pytest.fixture
async def anna(books: Books) -> str:
    """A teammate of the Shop with a password."""
    user, _ = await books.do(AddTeammate(community_id=SHOP, name="Anna", email=EMAIL, role=Role.AGENT, by="x"))
    await books.do(set_password())
    await books.recorded()
    return user.id


def set_password(kept: str = "a hash", community_id: int = SHOP) -> SetPassword:
    """Give Anna a password."""
    return SetPassword(community_id=community_id, email=EMAIL.upper(), hash=kept, by="operator")


async def begin(books: Books, name: str = "s") -> Session:
    """Anna signs in."""
    return await books.do(begin_of(await known(books), name))


async def known(books: Books) -> Credentials:
    """What is known of Anna when her password is looked at."""
    (found,) = await books.reader.credentials(EMAIL)
    return found


def begin_of(who: Credentials, name: str = "s") -> BeginSession:
    """Sign in who was known so."""
    since = who.teammate.sessions_from
    return BeginSession(community_id=SHOP, user_id=who.user.id, secret_hash=name, sessions_from=since)


async def test_who_may_sign_in_is_found_by_the_email(books: Books, anna: str) -> None:
    found = await books.reader.credentials(EMAIL)

    assert [(SHOP, anna, "a hash")] == [(each.community.id, each.user.id, each.hash) for each in found]
    assert [] == await books.reader.credentials("nobody@shop.example")


async def test_another_password_takes_the_place_of_the_first(books: Books, anna: str) -> None:
    await books.do(set_password("another"))

    assert ["another"] == [each.hash for each in await books.reader.credentials(EMAIL)]
    assert [PasswordChanged(anna)] == await books.recorded()


async def test_a_disabled_teammate_cannot_sign_in(books: Books, anna: str) -> None:
    who = await known(books)
    await books.do(SetTeammateActive(community_id=SHOP, email=EMAIL, is_active=False, by="x"))

    assert [] == await books.reader.credentials(EMAIL)
    with pytest.raises(NotFoundError):
        await books.do(begin_of(who))


async def test_a_password_that_changed_while_it_was_looked_at_begins_no_session(books: Books, anna: str) -> None:
    who = await known(books)
    books.clock.move(MINUTE)
    await books.do(set_password("another"))
    books.clock.move(MINUTE)

    with pytest.raises(NotFoundError):
        await books.do(begin_of(who))
    assert None is await books.reader.visitor("s")


async def test_no_password_for_who_is_no_teammate_here(books: Books, anna: str) -> None:
    with pytest.raises(NotFoundError):
        await books.do(set_password(community_id=RIVAL))


async def test_a_session_is_found_noted_and_ended_without_an_event(books: Books, anna: str) -> None:
    begun = await begin(books)
    books.clock.move(MINUTE)
    await books.do(NoteSession(community_id=SHOP, secret_hash="s"))
    noted = await books.reader.visitor("s")
    await books.do(EndSession(community_id=SHOP, secret_hash="s"))
    books.clock.move(MINUTE)
    await books.do(EndSession(community_id=SHOP, secret_hash="s"))
    await books.do(NoteSession(community_id=SHOP, secret_hash="s"))
    ended = await books.reader.visitor("s")

    assert noted is not None
    assert ended is not None
    assert (anna, "Shop", begun.begun_at + MINUTE) == (noted.user.id, noted.community.name, noted.session.seen_at)
    assert (begun.begun_at + MINUTE,) * 2 == (ended.session.seen_at, ended.session.ended_at)
    assert None is await books.reader.visitor("another")
    assert [] == await books.recorded()


async def test_sessions_too_old_to_be_good_are_forgotten(books: Books, anna: str) -> None:
    await begin(books, "old")
    books.clock.move(LIFE + MINUTE)
    await begin(books, "new")
    told = [await books.do(ForgetSessions()) for _ in range(2)]

    assert [True, False] == told
    assert None is await books.reader.visitor("old")
    assert None is not await books.reader.visitor("new")
