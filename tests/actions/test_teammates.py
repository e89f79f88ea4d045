"""Adding teammates, disabling and enabling them, and whether they take chats."""

from typing import Any

import pytest

from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import TeammateAdded, TeammateDisabled, TeammateEnabled, TeammateStatusChanged
from parley.core.people import Presence, Role
from tests.actions.refusals import refused
from tests.builders import RIVAL, SHOP, author, create, membership, teammate
from tests.ledger.books import Books

EMAIL = "Charlie@shop.example"


def add(**changes: Any) -> AddTeammate:
    return AddTeammate(
        **{"community_id": SHOP, "name": "Charlie", "email": EMAIL, "role": Role.AGENT, "by": "operator", **changes}
    )


def set_active(*, is_active: bool, **changes: Any) -> SetTeammateActive:
    return SetTeammateActive(
        **{"community_id": SHOP, "email": EMAIL.upper(), "is_active": is_active, "by": "operator", **changes}
    )


def set_status(status: Presence, **changes: Any) -> SetTeammateStatus:
    return SetTeammateStatus(
        **{"community_id": SHOP, "email": EMAIL.upper(), "status": status, "by": "operator", **changes}
    )


async def seats(books: Books) -> int:
    """The open seats of the Shop, as its counters have them."""
    ((count,),) = books.database.execute("SELECT seats FROM tallies WHERE community_id = 1")
    return int(count)


async def test_a_teammate_is_a_user_with_a_role_who_is_away(books: Books) -> None:
    user, kept = await books.do(add())

    assert teammate(id=user.id, email=EMAIL) == user
    assert membership(user_id=user.id, role=Role.AGENT, status=Presence.AWAY, seats=3, is_active=True) == kept
    assert [(user, kept)] == await books.reader.teammates(SHOP)


async def test_a_new_teammate_is_recorded(books: Books) -> None:
    user, _ = await books.do(add(role=Role.ADMIN))

    assert [TeammateAdded(user, Role.ADMIN)] == await books.recorded()


async def test_an_email_of_a_client_is_refused(books: Books) -> None:
    owner = (await books.do(create(author=author(email=EMAIL.lower())))).author
    told = await refused(books, add(), ConflictError)

    assert f"This e-mail belongs to a client of this community already ({owner.id})." == told.text


async def test_an_email_of_a_teammate_is_refused_whatever_its_case(books: Books) -> None:
    await books.do(add())

    await refused(books, add(email=EMAIL.upper()), ConflictError)


async def test_one_person_may_be_in_two_teams(books: Books) -> None:
    ours, _ = await books.do(add())
    theirs, _ = await books.do(add(community_id=RIVAL))

    assert ours.id != theirs.id


async def test_an_unknown_community_is_refused(books: Books) -> None:
    await refused(books, add(community_id=77), NotFoundError)


async def test_a_teammate_is_disabled_and_enabled_again(books: Books) -> None:
    user, kept = await books.do(add())
    await books.recorded()
    disabled = await books.do(set_active(is_active=False))
    enabled = await books.do(set_active(is_active=True))

    since = books.clock.at  # whoever was signed in is not any more, then or later
    assert (user, membership(user_id=user.id, is_active=False, sessions_from=since)) == disabled
    assert (user, membership(user_id=user.id, sessions_from=since)) == enabled
    assert (user, membership(user_id=user.id)) == (user, kept)
    assert [TeammateDisabled(user.id), TeammateEnabled(user.id)] == await books.recorded()


async def test_what_is_so_already_is_fine_and_no_event(books: Books) -> None:
    added = await books.do(add())
    await books.recorded()

    assert added == await books.do(set_active(is_active=True))
    assert added == await books.do(set_status(Presence.AWAY, seats=3))
    assert [] == await books.recorded()


async def test_a_status_is_set_with_the_seats_it_had(books: Books) -> None:
    user, _ = await books.do(add())
    await books.recorded()
    await books.do(set_status(Presence.ONLINE, seats=5))
    _, kept = await books.do(set_status(Presence.BUSY))

    assert membership(user_id=user.id, status=Presence.BUSY, seats=5) == kept
    assert [
        TeammateStatusChanged(user.id, Presence.ONLINE, 5),
        TeammateStatusChanged(user.id, Presence.BUSY, 5),
    ] == await books.recorded()


async def test_the_communitys_open_seats_follow(books: Books) -> None:
    await books.together([add(), add(name="Dora", email="dora@shop.example")])
    await books.together([set_status(Presence.ONLINE, seats=5), set_status(Presence.BUSY, email="dora@shop.example")])
    assert 8 == await seats(books)
    await books.do(set_active(is_active=False))
    assert 3 == await seats(books)
    await books.together([set_active(is_active=True), set_status(Presence.AWAY, email="dora@shop.example")])

    assert 5 == await seats(books)


@pytest.mark.parametrize("change", [set_active(is_active=False), set_status(Presence.ONLINE)])
async def test_whoever_is_no_teammate_is_not_found(books: Books, change: Any) -> None:
    """A client of that e-mail neither, nor another community's teammate."""
    await books.do(create(author=author(email=EMAIL)))
    await books.do(add(community_id=RIVAL))
    told = await refused(books, change, NotFoundError)

    assert f"There is no teammate '{EMAIL.upper()}' in this community." == told.text
