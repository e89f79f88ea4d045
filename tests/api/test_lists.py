"""Lists beside the published API: conversations by change, categories, custom fields, teammates."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.core.fields import FieldType
from tests.api.chats import UNKNOWN, Chat, begin, hire
from tests.api.envelopes import GUID, paths, refusal
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply

JANE = {"name": "Jane", "email": "jane@dow.com"}
PAGED = ["/categories", "/fields", "/teammates", CONVERSATIONS]


def ask(shop: Integrator, path: str, query: str = "") -> Reply:
    """Ask for a page of a list."""
    return shop.server.request("GET", f"{path}?{query}", token=shop.token)


def listed(shop: Integrator, query: str = "") -> list[int]:
    """The ids of a page of conversations."""
    return [item["id"] for item in ask(shop, CONVERSATIONS, query).data["items"]]


def walk(shop: Integrator, path: str, query: str = "") -> Iterator[list[Any]]:
    """All pages of a list, from cursor to cursor."""
    cursor: str | None = ""
    while cursor is not None:
        page = ask(shop, path, f"{query}&cursor={cursor}").data
        yield page["items"]
        cursor = page["nextCursor"]


def add_category(shop: Integrator, name: str = "Orders") -> int:
    """The id of a new category."""
    (category,) = shop.do(AddCategory(community_id=shop.tenant.id, name=name, by="operator"))
    return category.id


def add_field(shop: Integrator, name: str = "Number", **more: Any) -> int:
    """The id of a new custom field."""
    filled: dict[str, Any] = {"type": FieldType.TEXT, "community_id": shop.tenant.id, "by": "operator", **more}
    (field,) = shop.do(AddField(name=name, **filled))
    return field.id


def encoded(text: str) -> str:
    """A cursor as the server writes it."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


# Conversations


def test_a_community_without_conversations_has_an_empty_list(shop: Integrator) -> None:
    assert {"items": [], "nextCursor": None} == ask(shop, CONVERSATIONS).data


def test_an_item_is_the_conversation_without_its_messages(shop: Integrator) -> None:
    chat = begin(shop, message="Hello", url="https://shop.example")
    (item,) = ask(shop, CONVERSATIONS).data["items"]

    assert chat.get() == item
    assert ([], 1) == (item["messages"], item["totalMessagesCount"])


def test_the_newest_change_comes_first(shop: Integrator) -> None:
    first, second, third = begin(shop), begin(shop), begin(shop)
    before = listed(shop)
    first.say("Hello")
    second.rate({"isPositive": True})

    assert [third.id, second.id, first.id] == before
    assert [second.id, first.id, third.id] == listed(shop)


def one_of_each(shop: Integrator, **members: Any) -> dict[str, Chat]:
    """A conversation in each state."""
    chats = {
        "waiting": begin(shop, **members),
        "bot": begin(shop, isBotEnabled=True, **members),
        "assigned": begin(shop, **members),
        "closed": begin(shop, **members),
    }
    chats["assigned"].to(hire(shop).id)
    chats["closed"].close()
    return chats


def test_a_state_selects_those_in_it(shop: Integrator) -> None:
    chats = one_of_each(shop)

    assert {state: [chat.id] for state, chat in chats.items()} == {
        state: listed(shop, f"state={state}") for state in chats
    }
    assert sorted(chat.id for chat in chats.values()) == sorted(listed(shop)) == sorted(listed(shop, "state="))


def test_a_conversation_changes_its_state_in_the_list_at_once(shop: Integrator) -> None:
    chat = begin(shop, isBotEnabled=True)
    chat.to_queue()

    assert ([], [chat.id]) == (listed(shop, "state=bot"), listed(shop, "state=waiting"))


def test_a_category_selects_those_of_it(shop: Integrator) -> None:
    orders, returns = add_category(shop), add_category(shop, "Returns")
    of_orders, of_returns, _ = begin(shop, categoryId=orders), begin(shop, categoryId=returns), begin(shop)

    assert [of_orders.id] == listed(shop, f"categoryId={orders}")
    assert [of_returns.id] == listed(shop, f"categoryId={returns}")
    assert [] == listed(shop, f"categoryId={2**53 - 1}")


def test_an_author_selects_those_that_they_began(shop: Integrator) -> None:
    of_john, of_jane = begin(shop), begin(shop, author=JANE)
    of_john.say({"author": JANE, "message": "Hello"})
    jane = of_jane.get()["author"]["id"]

    assert [of_jane.id] == listed(shop, f"authorId={jane}") == listed(shop, f"authorId={jane.upper()}")
    assert [] == listed(shop, f"authorId={UNKNOWN}") == listed(shop, "authorId=nobody")


def test_all_filters_at_once_select_what_fits_all(shop: Integrator) -> None:
    orders = add_category(shop)
    mine = one_of_each(shop, categoryId=orders)
    for other in ({"author": JANE, "categoryId": orders}, {"author": JOHN}):
        one_of_each(shop, **other)
    john = mine["bot"].get()["author"]["id"]

    for state, chat in mine.items():
        assert [chat.id] == listed(shop, f"state={state}&categoryId={orders}&authorId={john}")
    assert 4 == len(listed(shop, f"categoryId={orders}&authorId={john}"))
    assert (
        2 == len(listed(shop, f"state=closed&authorId={john}")) == len(listed(shop, f"state=bot&categoryId={orders}"))
    )


def test_the_list_tells_each_place(shop: Integrator) -> None:
    for _ in range(3):
        begin(shop)
    places = [item["queuePositionInfo"]["position"] for item in ask(shop, CONVERSATIONS).data["items"]]

    assert [3, 2, 1] == places


@pytest.mark.parametrize("state", ["queue", "teammate", "Waiting", "open", "%00"])
def test_an_unknown_state_is_refused(shop: Integrator, state: str) -> None:
    body = refusal(ask(shop, CONVERSATIONS, f"state={state}"), 422, 1001)

    assert ["state"] == paths(body)
    assert "must be one of waiting, bot, assigned, closed" in body["errorText"]


@pytest.mark.parametrize("given", ["x", "-1", "1.5", str(2**53)])
def test_a_category_that_is_no_number_is_refused(shop: Integrator, given: str) -> None:
    assert ["categoryId"] == paths(refusal(ask(shop, CONVERSATIONS, f"categoryId={given}"), 422, 1001))


# Pages of conversations


@pytest.fixture
def many(shop: Integrator) -> list[Chat]:
    """Thirty conversations of two authors in all states, those of even numbers in a category."""
    orders = add_category(shop)
    charlie = hire(shop)
    chats = []
    for number in range(30):
        members = {"categoryId": orders} if number % 2 == 0 else {}
        chat = begin(shop, author=(JOHN, JANE)[number % 3 == 0], isBotEnabled=number % 5 == 0, **members)
        if number % 7 == 0:
            chat.to(charlie.id)
        if number % 4 == 0:
            chat.close()
        chats.append(chat)
    return chats


@pytest.mark.parametrize("take", [1, 4, 10, 29, 30, 31, 100])
def test_a_walk_meets_every_conversation_exactly_once(shop: Integrator, many: list[Chat], take: int) -> None:
    pages = list(walk(shop, CONVERSATIONS, f"take={take}"))
    met = [item["id"] for page in pages for item in page]

    assert listed(shop, "take=100") == met
    assert sorted(chat.id for chat in many) == sorted(met)
    assert [take] * (len(pages) - 1) == [len(page) for page in pages[:-1]]
    assert pages[-1] != []


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "query", ["state=waiting", "state=closed", "categoryId={}", "authorId={}", "state=closed&authorId={}"]
)
def test_a_walk_keeps_to_what_was_selected(shop: Integrator, query: str) -> None:
    whole = ask(shop, CONVERSATIONS, "take=100").data["items"]
    category = ask(shop, "/categories").data["items"][0]["id"]
    query = query.format(whole[0]["author"]["id"] if "author" in query else category)
    met = [item["id"] for page in walk(shop, CONVERSATIONS, f"{query}&take=3") for item in page]

    assert listed(shop, f"{query}&take=100") == met
    assert 3 < len(met) < 30


@pytest.mark.usefixtures("many")
def test_what_changes_during_a_walk_hides_nothing_else(shop: Integrator) -> None:
    """A change moves its conversation to the front: the walk may miss it, or meet it where it was before."""
    pages = walk(shop, CONVERSATIONS, "take=10")
    first = [item["id"] for item in next(pages)]
    later = listed(shop, "take=100")[20]
    Chat(shop, later).bring("Hello")
    met = first + [item["id"] for page in pages for item in page]

    assert len(met) == len(set(met)) == 29
    assert set(listed(shop, "take=100")) - set(met) == {later}


@pytest.mark.parametrize("path", PAGED)
@pytest.mark.parametrize("take", ["0", "101", "-1", "x", "1.0"])
def test_a_take_outside_one_to_a_hundred_is_refused(shop: Integrator, path: str, take: str) -> None:
    body = refusal(ask(shop, path, f"take={take}"), 422, 1001)

    assert ["take"] == paths(body)
    assert "must be a whole number from 1 to 100" in body["errorText"]


@pytest.mark.parametrize("path", PAGED)
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "ä",
        "9" * 30,
        "====",
        "A" * 5_000,
        encoded("2026-09-01T09:56:39.084782+00:00"),
        encoded("2026-09-01T09:56:39.084782+00:00 "),
        encoded("2026-09-01T09:56:39.084782+00:00 0"),
        encoded("2026-09-01T09:56:39.084782+00:00 -1"),
        encoded("2026-09-01T09:56:39.084782+00:00 x"),
        encoded(f"2026-09-01T09:56:39.084782+00:00 {2**53}"),
        encoded("2026-09-01T09:56:39.084782 1"),
        encoded("yesterday 1"),
        encoded("ä 1"),
    ],
)
def test_what_is_no_cursor_is_refused(shop: Integrator, path: str, cursor: str) -> None:
    query = cursor.replace("ä", "%C3%A4")
    body = refusal(ask(shop, path, f"cursor={query}"), 422, 1001)

    assert ["cursor"] == paths(body)
    assert "must be the nextCursor of an earlier page" in body["errorText"]
    assert len(body["errorText"]) < 200


@pytest.mark.parametrize("path", PAGED)
def test_a_blank_cursor_and_take_are_the_beginning(shop: Integrator, path: str) -> None:
    begin(shop)

    assert ask(shop, path).data == ask(shop, path, "cursor=&take=").data


@pytest.mark.parametrize("path", PAGED)
def test_another_community_sees_nothing_of_it(shop: Integrator, rival: Integrator, path: str) -> None:
    add_category(shop)
    add_field(shop)
    hire(shop)
    begin(shop)

    assert 1 == len(ask(shop, path).data["items"])
    assert {"items": [], "nextCursor": None} == ask(rival, path).data


# Categories, fields, teammates


def test_categories_come_by_id(shop: Integrator) -> None:
    ids = [add_category(shop, name) for name in ("Orders", "Returns", "Chat")]

    assert [
        {"id": number, "name": name} for number, name in zip(ids, ("Orders", "Returns", "Chat"), strict=True)
    ] == ask(shop, "/categories").data["items"]


def test_fields_come_by_id_with_all_that_an_integrator_needs_to_fill_them(shop: Integrator) -> None:
    number = add_field(shop, "Order number", type=FieldType.NUMBER, is_required=True)
    colour = add_field(shop, "Colour", type=FieldType.CHOICE, choices=("blue", "Red"))

    assert [
        {"id": number, "name": "Order number", "type": "number", "isRequired": True, "choices": []},
        {"id": colour, "name": "Colour", "type": "choice", "isRequired": False, "choices": ["blue", "Red"]},
    ] == ask(shop, "/fields").data["items"]


@pytest.mark.parametrize("type", FieldType)
def test_every_type_of_field_is_shown_by_its_name(shop: Integrator, type: FieldType) -> None:  # noqa: A002 - its name
    add_field(shop, type=type)

    assert [type.value] == [item["type"] for item in ask(shop, "/fields").data["items"]]


def test_teammates_come_by_name_the_disabled_ones_too(shop: Integrator) -> None:
    ben, anna = hire(shop, "Ben"), hire(shop, "Anna")
    ben.disable()
    items = ask(shop, "/teammates").data["items"]

    assert [
        {"id": anna.id, "name": "Anna", "email": anna.email, "isActive": True},
        {"id": ben.id, "name": "Ben", "email": ben.email, "isActive": False},
    ] == items
    assert GUID.fullmatch(items[0]["id"])


def test_a_listed_teammate_can_be_given_a_conversation(shop: Integrator) -> None:
    hire(shop)
    begin(shop).to(ask(shop, "/teammates").data["items"][0]["id"])

    assert 1 == len(listed(shop, "state=assigned"))


@pytest.mark.parametrize("path", ["/categories", "/fields", "/teammates"])
@pytest.mark.parametrize("take", [1, 2, 5, 6])
def test_a_walk_meets_everything_of_a_small_list_exactly_once(shop: Integrator, path: str, take: int) -> None:
    for number in range(5):
        add_category(shop, f"Category {number}")
        add_field(shop, f"Field {number}")
        hire(shop, f"Name{number}")
    pages = list(walk(shop, path, f"take={take}"))

    assert ask(shop, path).data["items"] == [item for page in pages for item in page]
    assert -(-5 // take) == len(pages)
