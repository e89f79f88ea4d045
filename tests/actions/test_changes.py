"""What admins change: categories, custom fields, teammates. Whatever is already so records nothing."""

from typing import Any

import pytest

from parley.actions.catalogue import AddCategory, AddField, ChangeCategory, ChangeField
from parley.actions.teammates import AddTeammate, ChangeTeammate
from parley.core import events
from parley.core.errors import ConflictError, InvalidError, NotFoundError
from parley.core.fields import Category, Field, FieldType
from parley.core.people import Role, Teammate, User
from tests.builders import RIVAL, SHOP, create
from tests.ledger.books import Books

WHO: dict[str, Any] = {"community_id": SHOP, "by": "teammate:x"}


async def hire(books: Books, name: str, role: Role = Role.ADMIN) -> str:
    """A teammate."""
    email = f"{name}@shop.example"
    user, _ = await books.do(AddTeammate(community_id=SHOP, name=name, email=email, role=role, by="operator"))
    await books.recorded()
    return user.id


async def orders(books: Books) -> Category:
    """A category."""
    added = await books.do(AddCategory(name="Orders", **WHO))
    await books.recorded()
    return added


async def size(books: Books, **changes: Any) -> Field:
    """A custom field with two choices."""
    filled = {"name": "Size", "type": FieldType.CHOICE, "choices": ("S", "M"), **changes}
    added = await books.do(AddField(**filled, **WHO))
    await books.recorded()
    return added


def change(user_id: str, *admins: str, **changes: Any) -> ChangeTeammate:
    """A change of a teammate by somebody who knows these admins."""
    return ChangeTeammate(user_id=user_id, admins=admins, **changes, **WHO)


# Categories and fields


async def test_a_category_is_renamed_once(books: Books) -> None:
    category = await orders(books)
    rename = ChangeCategory(category_id=category.id, name="Returns", **WHO)
    renamed = await books.do(rename)
    await books.do(rename)

    assert "Returns" == renamed.name
    assert [events.CategoryChanged(renamed)] == await books.recorded()
    assert [renamed] == await books.reader.categories(SHOP)


async def test_a_renamed_category_is_known_to_the_next_conversation(books: Books) -> None:
    """The catalogue's version rises, so no process goes on with the former one."""
    category = await orders(books)
    before = (await books.reader.communities())[0].catalogue_version
    await books.do(ChangeCategory(category_id=category.id, name="Returns", **WHO))
    opened = await books.do(create(category_id=category.id))

    assert category.id == opened.conversation.category_id
    assert before + 1 == (await books.reader.communities())[0].catalogue_version


async def test_a_field_is_renamed_required_and_given_choices(books: Books) -> None:
    field = await size(books)
    changed = await books.do(
        ChangeField(field_id=field.id, name="Fit", is_required=True, choices=("S", "M", "L"), **WHO)
    )

    assert ("Fit", True, ("S", "M", "L")) == (changed.name, changed.is_required, changed.choices)
    assert [events.FieldChanged(changed)] == await books.recorded()
    assert [changed] == await books.reader.fields(SHOP)


async def test_what_is_not_said_of_a_field_stays(books: Books) -> None:
    field = await size(books, is_required=True)

    assert field == await books.do(ChangeField(field_id=field.id, **WHO))
    assert [] == await books.recorded()


@pytest.mark.parametrize("choices", [(), ("S",), ("M", "L"), ("S", "M", "M"), ("S", "M", "")])
async def test_choices_that_go_or_do_not_fit_are_refused(books: Books, choices: tuple[str, ...]) -> None:
    field = await size(books)
    with pytest.raises(InvalidError):
        await books.do(ChangeField(field_id=field.id, choices=choices, **WHO))

    assert [field] == await books.reader.fields(SHOP)


async def test_a_text_takes_no_choices(books: Books) -> None:
    field = await size(books, type=FieldType.TEXT, choices=())
    with pytest.raises(InvalidError):
        await books.do(ChangeField(field_id=field.id, choices=("S",), **WHO))


async def test_anothers_categories_and_fields_are_not_found(books: Books) -> None:
    category, field = await orders(books), await size(books)
    theirs: dict[str, Any] = {"community_id": RIVAL, "by": "x", "name": "Mine"}
    for action in (ChangeCategory(category_id=category.id, **theirs), ChangeField(field_id=field.id, **theirs)):
        with pytest.raises(NotFoundError):
            await books.do(action)


# Teammates


async def test_each_change_of_a_teammate_is_told_by_itself(books: Books) -> None:
    alice, bob = await hire(books, "alice"), await hire(books, "bob", Role.AGENT)
    user, teammate = await books.do(change(bob, alice, name="Robert", role=Role.READ_ONLY, is_active=False, seats=7))

    assert ("Robert", Role.READ_ONLY, False, 7) == (user.name, teammate.role, teammate.is_active, teammate.seats)
    assert [
        events.TeammateChanged(bob, "Robert"),
        events.TeammateRoleChanged(bob, Role.READ_ONLY),
        events.TeammateDisabled(bob),
        events.TeammateStatusChanged(bob, teammate.status, 7),
    ] == await books.recorded()


async def test_a_teammate_who_is_so_already_is_not_changed(books: Books) -> None:
    alice = await hire(books, "alice")
    await books.do(change(alice, alice, name="alice", role=Role.ADMIN, is_active=True))

    assert [] == await books.recorded()


@pytest.mark.parametrize("what", [{"role": Role.AGENT}, {"is_active": False}])
async def test_another_role_and_disabling_end_the_sessions(books: Books, what: dict[str, Any]) -> None:
    alice, bob = await hire(books, "alice"), await hire(books, "bob")
    _, changed = await books.do(change(bob, alice, **what))
    _, back = await books.do(change(bob, alice, role=Role.AGENT, is_active=True, seats=2))

    assert books.clock() == changed.sessions_from == back.sessions_from


async def test_another_name_or_number_of_seats_ends_no_session(books: Books) -> None:
    alice = await hire(books, "alice")
    _, changed = await books.do(change(alice, alice, name="Al", seats=1))

    assert None is changed.sessions_from


@pytest.mark.parametrize("what", [{"role": Role.AGENT}, {"is_active": False}, {"role": Role.READ_ONLY, "seats": 1}])
async def test_the_last_active_admin_stays_one(books: Books, what: dict[str, Any]) -> None:
    """Agents and disabled admins cannot take over."""
    alice, bob, carol = await hire(books, "alice"), await hire(books, "bob"), await hire(books, "carol", Role.AGENT)
    await books.do(change(bob, alice, bob, is_active=False))
    await books.recorded()
    with pytest.raises(ConflictError):
        await books.do(change(alice, alice, bob, carol, **what))

    assert [] == await books.recorded()


async def test_of_two_admins_who_demote_each_other_one_stays(books: Books) -> None:
    alice, bob = await hire(books, "alice"), await hire(books, "bob")
    first, second = await books.together(change(each, alice, bob, role=Role.AGENT) for each in (alice, bob))
    roles: list[tuple[User, Teammate]] = await books.reader.teammates(SHOP)

    assert isinstance(second, ConflictError)
    assert Role.AGENT is first[1].role
    assert [Role.AGENT, Role.ADMIN] == [teammate.role for _, teammate in roles]


async def test_somebody_who_is_no_teammate_is_not_found(books: Books) -> None:
    alice = await hire(books, "alice")
    for action in (
        change("00000000-0000-4000-8000-000000000000", alice, name="X"),
        ChangeTeammate(community_id=RIVAL, user_id=alice, admins=(), name="X", by="x"),
    ):
        with pytest.raises(NotFoundError):
            await books.do(action)
