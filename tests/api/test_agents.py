"""What teammates see and do: views, lists, an opened conversation, and every change of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.core.fields import FieldType
from parley.core.people import Role
from tests.api.desks import Desk, hire
from tests.api.envelopes import refusal
from tests.api.integrators import CONVERSATIONS, Integrator


@pytest.fixture
def desk(shop: Integrator) -> Desk:
    """Charlie, signed in at the Shop."""
    return hire(shop)


def rows(desk: Desk, query: str = "") -> list[Any]:
    """The conversations of a list."""
    items: list[Any] = desk.get(f"/conversations{query}")["items"]
    return items


def ids(desk: Desk, view: str) -> list[int]:
    """The ids of a view's conversations."""
    return [row["id"] for row in rows(desk, f"?view={view}")]


def paged(desk: Desk, view: str) -> Iterator[int]:
    """The ids of a view's conversations, read two at a time."""
    cursor: str | None = ""
    while cursor is not None:
        page = desk.get(f"/conversations?view={view}&take=2&cursor={cursor}")
        yield from (row["id"] for row in page["items"])
        cursor = page["nextCursor"]


def counts(desk: Desk) -> dict[str, int]:
    """How many each view has."""
    return {view["id"]: view["count"] for view in desk.get("/views")}


def test_each_conversation_is_in_the_views_of_its_holder(shop: Integrator, desk: Desk) -> None:
    other = hire(shop, name="Dana")
    waiting, mine, theirs, closed = (shop.create(message="Hi")["id"] for _ in range(4))
    with_bot = shop.create(message="Hi", isBotEnabled=True)["id"]
    desk.do(f"/conversations/{mine}/take")
    other.do(f"/conversations/{theirs}/take")
    desk.do(f"/conversations/{closed}/close")

    assert [waiting] == ids(desk, "waiting")
    assert [mine] == ids(desk, "mine")
    assert [theirs] == ids(other, "mine")
    assert [with_bot] == ids(desk, "bot")
    assert {waiting, mine, theirs, with_bot} == set(ids(desk, "open"))
    assert [closed] == ids(desk, "closed_today")
    assert {waiting, mine, theirs, closed, with_bot} == {row["id"] for row in rows(desk)}
    assert {"waiting": 1, "mine": 1, "bot": 1, "open": 4, "closed_today": 1} == counts(desk)


def test_the_first_of_the_queue_says_how_long_it_waits(shop: Integrator, desk: Desk) -> None:
    def longest() -> Any:
        return next(view["longestWait"] for view in desk.get("/views") if view["id"] == "waiting")

    assert None is longest()
    shop.create(message="Hi")
    assert 0 <= longest() < 60
    assert rows(desk)[0]["waitingSince"] == rows(desk)[0]["creationTime"]


def test_who_waits_longest_comes_first_and_the_pages_follow(shop: Integrator, desk: Desk) -> None:
    created = [shop.create(message="Hi")["id"] for _ in range(5)]

    assert created == list(paged(desk, "waiting"))


@pytest.mark.parametrize("view", ["", "bot", "closed_today", "mine", "open"])
def test_other_views_have_the_newest_change_first_and_the_pages_follow(shop: Integrator, desk: Desk, view: str) -> None:
    created = [shop.create(message="Hi", isBotEnabled=view == "bot")["id"] for _ in range(5)]
    for number in created:
        if view == "mine":
            desk.do(f"/conversations/{number}/take")
        elif view == "closed_today":
            desk.do(f"/conversations/{number}/close")

    assert created[::-1] == list(paged(desk, view))


@pytest.mark.parametrize("cursor", ["x", "WzEsMV0x", "Wy0xLDFd", "%00"])
def test_a_cursor_that_is_none_is_refused(desk: Desk, cursor: str) -> None:
    refusal(desk.ask("GET", f"/conversations?cursor={cursor}"), 422, 1001)


def test_a_view_is_cut_to_a_category(shop: Integrator, desk: Desk) -> None:
    (category,) = shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="x"))
    shop.create(message="Hi")
    wanted = shop.create(message="Hi", categoryId=category.id)["id"]

    for view in ("", "waiting", "open"):
        assert [wanted] == [row["id"] for row in rows(desk, f"?view={view}&categoryId={category.id}")]


def test_a_row_shows_who_and_what_was_said_last(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="First", title="Where is it?")["id"]
    desk.do(f"/conversations/{number}/take")
    desk.do(f"/conversations/{number}/replies", {"message": "x" * 300})
    (row,) = rows(desk)

    assert ("Where is it?", "John", "teammate") == (row["title"], row["author"]["name"], row["holder"])
    assert {"id": desk.id, "name": "Charlie"} == row["assignee"]
    assert ("x" * 200, "Charlie", True, False) == tuple(
        row["lastMessage"][name] for name in ("text", "authorName", "isByTeam", "isByBot")
    )
    assert (2, False, None) == (row["totalMessagesCount"], row["isClosed"], row["waitingSince"])


def test_the_next_one_is_who_waited_longest(shop: Integrator, desk: Desk) -> None:
    first, second = (shop.create(message="Hi")["id"] for _ in range(2))
    taken = [desk.do("/next") for _ in range(2)]

    assert [first, second] == [each["id"] for each in taken]
    assert [desk.id] * 2 == [each["assignee"]["id"] for each in taken]
    assert ["Hi"] == [message["message"] for message in taken[0]["messages"]]
    assert 204 == desk.ask("POST", "/next").status
    assigned = desk.get(f"/conversations/{first}")["assignment"]
    assert ("next", {"id": desk.id, "name": "Charlie"}) == (assigned["reason"], assigned["by"])
    assert assigned["details"] == {
        "waitedSeconds": 0,
        "openChats": None,
        "seats": None,
        "candidates": None,
        "passedOver": None,
    }


def test_an_opened_conversation_has_all_that_belongs_to_it(shop: Integrator, desk: Desk) -> None:
    earlier = shop.create(message="Before")["id"]
    number = shop.create(message="Now", url="https://shop.example/cart")["id"]
    desk.do(f"/conversations/{number}/take")
    desk.do(f"/conversations/{number}/replies", {"message": "Hello John"})
    desk.do(f"/conversations/{number}/notes", {"message": "He called, too."})
    whole = desk.get(f"/conversations/{number}")

    assert ["Now", "Hello John"] == [message["message"] for message in whole["messages"]]
    assert [("He called, too.", "Charlie")] == [(note["message"], note["author"]["name"]) for note in whole["notes"]]
    assert [
        "conversation_created",
        "conversation_message_added",
        "conversation_assigned",
        "conversation_message_added",
        "conversation_note_added",
    ] == [event["type"] for event in whole["events"]]
    assert [earlier] == [row["id"] for row in whole["earlier"]]
    assert "https://shop.example/cart" == whole["initialPageUrl"]
    assert ("taken", desk.id) == (whole["assignment"]["reason"], whole["assignment"]["by"]["id"])
    assert whole["seq"] == whole["events"][-1]["seq"]


def test_earlier_messages_come_page_by_page(shop: Integrator, desk: Desk) -> None:
    number = shop.create()["id"]
    said = [{"author": {"email": "john@dow.com"}, "message": str(count)} for count in range(5)]
    shop.server.request("POST", f"{CONVERSATIONS}/{number}/messages", said, token=shop.token)
    newest = desk.get(f"/conversations/{number}")["messages"]
    before = desk.get(f"/conversations/{number}/messages?before={newest[3]['id']}&take=2")

    assert ["2", "1"] == [message["message"] for message in before]


def test_earlier_messages_stand_before_the_one_that_is_named(shop: Integrator, desk: Desk) -> None:
    """History that was brought later has higher numbers, but stands before."""
    number = shop.create(message="Now")["id"]
    history = [
        {"author": {"email": "john@dow.com"}, "message": str(day), "creationTime": f"2020-01-0{day}T00:00:00Z"}
        for day in (1, 2)
    ]
    shop.server.request("POST", f"{CONVERSATIONS}/{number}/previousMessages", history, token=shop.token)
    shown = desk.get(f"/conversations/{number}")["messages"]
    path = f"/conversations/{number}/messages"

    assert ["1", "2", "Now"] == [message["message"] for message in shown]
    assert ["2", "1"] == [message["message"] for message in desk.get(f"{path}?before={shown[2]['id']}")]
    assert [] == desk.get(f"{path}?before={shown[0]['id']}")
    assert ["Now", "2", "1"] == [message["message"] for message in desk.get(path)]
    assert refusal(desk.ask("GET", f"{path}?before=99"), 422, 1001)["errorText"].startswith("before: ")


def test_a_reply_reaches_the_client(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    told = desk.do(f"/conversations/{number}/replies", {"message": "Hello John"})

    seen = shop.get(number, "?includeMessages=true").data
    assert told == seen["messages"][0]
    assert ("Charlie", "team") == (told["author"]["name"], told["author"]["status"])
    assert desk.by == shop.events()[-1].by


def test_a_note_never_reaches_an_integrator(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    before = shop.get(number, "?includeMessages=true").body
    desk.do(f"/conversations/{number}/notes", {"message": "a secret among us"})
    seen = [
        shop.get(number, "?includeMessages=true"),
        shop.get(f"{number}/messages"),
        shop.get(f"{number}/events"),
        shop.server.request("GET", "/events?take=100", token=shop.token),
        shop.server.request("GET", CONVERSATIONS, token=shop.token),
    ]

    assert [False] * 5 == [b"secret" in reply.body or b"note" in reply.body for reply in seen]
    assert 1 == seen[0].data["totalMessagesCount"]
    assert before == seen[0].body  # not even when it last changed
    assert seen[3].data["next"] == shop.events()[-1].seq  # its number is left out, and passed over
    assert "a secret among us" == desk.get("/events")["events"][-1]["note"]["message"]


def test_a_conversation_goes_through_every_hand(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    steps = ["take", "release", "take", "bot", "take", "close", "close"]
    holders = [desk.do(f"/conversations/{number}/{step}")["holder"] for step in steps]

    assert ["teammate", "queue", "teammate", "bot", "teammate", "nobody", "nobody"] == holders
    refusal(desk.ask("POST", f"/conversations/{number}/take"), 409, 4001)
    refusal(desk.ask("POST", f"/conversations/{number}/release"), 409, 4001)


def test_one_that_a_colleague_has_is_not_taken_but_assigned(shop: Integrator, desk: Desk) -> None:
    path = f"/conversations/{shop.create(message='Hi')['id']}"
    hire(shop, name="Dana").do(f"{path}/take")
    happened = shop.happened()

    refusal(desk.ask("POST", f"{path}/take"), 409, 4001)
    assert happened == shop.happened()
    assert desk.id == desk.ask("PATCH", path, {"assigneeId": desk.id}).data["assignee"]["id"]
    assert desk.do(f"{path}/take") == desk.do(f"{path}/take")  # again changes nothing


@pytest.mark.parametrize("step", ["take", "release", "bot", "close"])
def test_what_is_done_is_answered_with_the_row_of_the_list(shop: Integrator, desk: Desk, step: str) -> None:
    number = shop.create(message="Hi", title="Parcel")["id"]
    if step == "release":
        desk.do(f"/conversations/{number}/take")
    told = desk.do(f"/conversations/{number}/{step}")

    assert told == next(row for row in rows(desk) if row["id"] == number)


def test_a_repeat_of_a_write_gets_the_same_answer(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    for path, body in (("take", None), ("replies", {"message": "Hello"}), ("notes", {"message": "Hm"})):
        key = {"Idempotency-Key": f"{number}-{path}"}
        first, again = (desk.ask("POST", f"/conversations/{number}/{path}", body, **key) for _ in range(2))
        assert (first.status, first.body) == (again.status, again.body)
        assert "true" == again.headers["idempotent-replayed"]
    assert (1, 2) == (len(desk.get(f"/conversations/{number}")["notes"]), shop.get(number).data["totalMessagesCount"])


def test_a_repeat_of_next_opens_the_same_one_and_takes_no_other(shop: Integrator, desk: Desk) -> None:
    first, _ = (shop.create(message="Hi")["id"] for _ in range(2))
    one, again = (desk.ask("POST", "/next", **{"Idempotency-Key": f"next-{first}"}) for _ in range(2))

    assert [first, first] == [one.data["id"], again.data["id"]]
    assert "true" == again.headers["idempotent-replayed"]
    assert {"waiting": 1, "mine": 1}.items() <= counts(desk).items()
    desk.do("/next")
    nobody = [desk.ask("POST", "/next", **{"Idempotency-Key": f"none-{first}"}) for _ in range(2)]
    assert [(204, b"")] * 2 == [(reply.status, reply.body) for reply in nobody]


def test_those_who_wait_are_told_their_places(shop: Integrator, desk: Desk) -> None:
    (category,) = shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="x"))
    for number in range(4):
        shop.create(message="Hi", categoryId=category.id if number % 2 else None)
    page = desk.get("/conversations?view=waiting&take=2")
    rest = desk.get(f"/conversations?view=waiting&cursor={page['nextCursor']}")

    def places(items: list[Any]) -> list[int]:
        return [row["queuePositionInfo"]["position"] for row in items]

    assert [1, 2, 3, 4] == places(page["items"]) + places(rest["items"])
    assert [2, 4] == places(rows(desk, f"?view=waiting&categoryId={category.id}"))


def test_what_was_decided_before_somebody_else_took_it_is_refused(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    epoch = desk.ask("GET", f"/conversations/{number}").headers["parley-epoch"]
    hire(shop, name="Dana").do(f"/conversations/{number}/take")

    for path in ("take", "release", "bot", "close"):
        refusal(desk.ask("POST", f"/conversations/{number}/{path}", **{"Parley-Epoch": epoch}), 409, 4002)
    for path in ("replies", "notes"):
        words = {"message": "Too late"}
        refusal(desk.ask("POST", f"/conversations/{number}/{path}", words, **{"Parley-Epoch": epoch}), 409, 4002)


def test_details_are_put_right(shop: Integrator, desk: Desk) -> None:
    (category,) = shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="x"))
    (field,) = shop.do(AddField(community_id=shop.tenant.id, name="Order", type=FieldType.NUMBER, by="x"))
    number = shop.create(message="Hi", title="Wrong")["id"]
    path = f"/conversations/{number}"
    body = {"title": " Right ", "categoryId": category.id, "fields": [{"id": field.id, "value": "17"}]}
    changed = desk.ask("PATCH", path, body).data

    assert ("Right", category.id) == (changed["title"], changed["categoryId"])
    assert ("Right", [{"id": field.id, "value": "17"}]) == tuple(desk.get(path)[name] for name in ("title", "fields"))
    kept = desk.ask("PATCH", path, {"categoryId": None}).data
    assert ("Right", None) == (kept["title"], kept["categoryId"])
    desk.ask("PATCH", path, {"fields": [{"id": field.id, "value": None}]})
    assert [] == desk.get(path)["fields"]
    happened = shop.happened()
    desk.ask("PATCH", path, {"title": "Right"})
    assert happened == shop.happened()


def test_details_that_do_not_fit_change_nothing(shop: Integrator, desk: Desk) -> None:
    (field,) = shop.do(
        AddField(community_id=shop.tenant.id, name="Order", type=FieldType.NUMBER, is_required=True, by="x")
    )
    number = shop.create(message="Hi", fields=[{"id": field.id, "value": "1"}])["id"]
    happened = shop.happened()
    for body in (
        {"title": "x" * 501},
        {"categoryId": 99},
        {"fields": [{"id": field.id, "value": "many"}]},
        {"fields": [{"id": field.id, "value": None}]},
        {"fields": [{"id": 99, "value": "1"}]},
        {"title": "Fine", "assigneeId": "00000000-0000-4000-8000-00000000ffff"},
    ):
        refusal(desk.ask("PATCH", f"/conversations/{number}", body), 422, 1001)

    assert happened == shop.happened()
    assert None is desk.get(f"/conversations/{number}")["title"]


def test_a_teammate_gives_it_to_another_and_back_to_the_queue(shop: Integrator, desk: Desk) -> None:
    dana = hire(shop, name="Dana")
    number = shop.create(message="Hi")["id"]
    path = f"/conversations/{number}"
    assert dana.id == desk.ask("PATCH", path, {"assigneeId": dana.id.upper()}).data["assignee"]["id"]
    assigned = dana.get(path)["assignment"]
    assert ("assigned", "Charlie") == (assigned["reason"], assigned["by"]["name"])
    assert "queue" == desk.ask("PATCH", path, {"assigneeId": None}).data["holder"]
    assert None is desk.get(path)["assignment"]
    assert "teammate" == desk.ask("PATCH", path, {"assigneeId": desk.id}).data["holder"]
    assert "taken" == desk.get(path)["assignment"]["reason"]


def test_a_teammate_says_whether_they_take_chats(shop: Integrator, desk: Desk) -> None:
    told = desk.ask("PATCH", "/me", {"status": "online", "seats": 5}).data

    assert ("online", 5) == (told["status"], told["seats"])
    assert told == desk.get("/me")["teammate"]
    assert ("busy", 5) == tuple(desk.ask("PATCH", "/me", {"status": "busy"}).data[name] for name in ("status", "seats"))
    refusal(desk.ask("PATCH", "/me", {"seats": 101}), 422, 1001)


def test_the_directory_has_what_a_conversation_can_be_given(shop: Integrator, desk: Desk) -> None:
    shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="x"))
    shop.do(AddField(community_id=shop.tenant.id, name="Order", type=FieldType.NUMBER, by="x"))
    hire(shop, name="Adam", role=Role.ADMIN).do(f"/conversations/{shop.create()['id']}/take")
    told = desk.get("/directory")

    assert [("Adam", "admin", 1), ("Charlie", "agent", 0)] == [
        (each["name"], each["role"], each["openChats"]) for each in told["teammates"]
    ]
    assert (["Orders"], ["Order"]) == tuple([each["name"] for each in told[kind]] for kind in ("categories", "fields"))
    assert ("Bot", False) == (told["bot"]["name"], told["bot"]["isSet"])


def test_a_search_finds_what_was_said(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Where is the Blåbær parcel?")["id"]
    shop.create(message="Something else")

    assert [number] == [row["id"] for row in rows(desk, "?q=parc")]
    assert [number] == [row["id"] for row in rows(desk, "?view=waiting&q=%22the%20bl%C3%A5b%C3%A6r%22")]
    assert [] == rows(desk, "?view=mine&q=parcel")
    assert 2 == len(rows(desk, "?q=%20"))
    refusal(desk.ask("GET", f"/conversations?q={'x' * 201}"), 422, 1001)
