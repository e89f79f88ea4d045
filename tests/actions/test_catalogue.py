"""Adding categories and custom fields."""

from typing import Any

import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import CategoryAdded, FieldAdded
from parley.core.fields import Category, Field, FieldType
from tests.actions.refusals import refused
from tests.builders import RIVAL, SHOP, create
from tests.ledger.books import Books


def add_category(**changes: Any) -> AddCategory:
    return AddCategory(**{"community_id": SHOP, "name": "Orders", "by": "operator", **changes})


def add_field(**changes: Any) -> AddField:
    return AddField(**{"community_id": SHOP, "name": "Colour", "type": FieldType.TEXT, "by": "operator", **changes})


ADD = {"category": add_category, "field": add_field}
both = pytest.mark.parametrize("add", ADD.values(), ids=ADD)


async def version(books: Books) -> int:
    community = await books.reader.community("Shop")
    assert community is not None
    return community.catalogue_version


async def test_a_category_is_added_and_recorded(books: Books) -> None:
    made = await books.do(add_category())

    assert Category(1, SHOP, "Orders") == made
    assert [made] == await books.reader.categories(SHOP)
    assert [CategoryAdded(made)] == await books.recorded()


async def test_a_field_is_added_and_recorded(books: Books) -> None:
    made = await books.do(add_field(type=FieldType.CHOICE, choices=("red", "blue"), is_required=True))

    expected = Field(
        id=1, community_id=SHOP, name="Colour", type=FieldType.CHOICE, is_required=True, choices=("red", "blue")
    )
    assert expected == made
    assert [made] == await books.reader.fields(SHOP)
    assert [FieldAdded(made)] == await books.recorded()


@both
async def test_the_catalogues_version_rises(books: Books, add: Any) -> None:
    before = await version(books)
    await books.do(add())

    assert before + 1 == await version(books)


@both
async def test_a_wished_id_is_given_and_the_counter_goes_on_above_it(books: Books, add: Any) -> None:
    made = [await books.do(add(id=wished)) for wished in (None, 1505, None, 7)]

    assert [1, 1505, 1506, 7] == [one.id for one in made]


@both
@pytest.mark.parametrize("owner", [SHOP, RIVAL])
async def test_an_id_that_is_taken_anywhere_on_the_server_is_refused(books: Books, add: Any, owner: int) -> None:
    await books.do(add(community_id=owner, id=1505))

    told = await refused(books, add(id=1505), ConflictError)
    assert "id 1505 is taken" in told.text


@both
async def test_an_id_that_is_taken_in_the_same_group_is_refused(books: Books, add: Any) -> None:
    made, told = await books.together([add(id=1505), add(id=1505)])

    assert 1505 == made.id
    assert isinstance(told, ConflictError)


async def test_a_category_and_a_field_may_have_one_id(books: Books) -> None:
    await books.do(add_category(id=1505))

    assert 1505 == (await books.do(add_field(id=1505))).id


@both
async def test_an_unknown_community_is_refused(books: Books, add: Any) -> None:
    await refused(books, add(community_id=77), NotFoundError)


async def test_a_conversation_of_the_same_group_may_be_sorted_into_a_new_category(books: Books) -> None:
    _, opened = await books.together([add_category(id=1505), create(category_id=1505)])

    assert 1505 == opened.conversation.category_id


async def test_a_conversation_of_the_same_group_is_asked_for_a_new_required_field(books: Books) -> None:
    before, _, after = await books.together([create(), add_field(is_required=True), create()])

    assert 1 == before.position
    assert "fields: the required field 1 ('Colour') has no value" == str(after)
