"""Communities know nothing of each other: on every route, another's conversation is one that does not exist."""

from typing import Any

import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.actions.teammates import AddTeammate
from parley.api.routes import Route
from parley.core.fields import FieldType
from parley.core.people import Role
from tests.api.askings import GUARDED, OF_ONE, ask, named
from tests.api.envelopes import paths, refusal, without_request_id
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply

UNKNOWN = 2**53 - 1
LISTS = ["/categories", "/fields", "/teammates", CONVERSATIONS]


def seen(reply: Reply, conversation_id: int) -> Any:
    """Everything of an answer that a caller can tell apart, but for the id that the caller sent."""
    body = without_request_id(refusal(reply, 404, 3001))
    body["errorText"] = body["errorText"].replace(str(conversation_id), "ID")
    headers = {name: value for name, value in reply.headers.items() if name not in {"date", "x-request-id"}}
    headers.pop("content-length")
    return reply.status, body, headers


@pytest.fixture
def full(shop: Integrator) -> Integrator:
    """A community that has one of everything."""
    mine: Any = {"community_id": shop.tenant.id, "by": "operator"}
    shop.do(AddCategory(name="Orders", **mine))
    shop.do(AddField(name="Number", type=FieldType.TEXT, **mine))
    shop.do(AddTeammate(name="Charlie", email="charlie@shop.example", role=Role.AGENT, **mine))
    shop.create(message="Hello")
    return shop


def only(who: Integrator, path: str) -> Any:
    """The one thing in a list."""
    (item,) = who.server.request("GET", path, token=who.token).data["items"]
    return item


@pytest.mark.parametrize("route", OF_ONE, ids=named)
def test_anothers_conversation_is_answered_like_one_that_does_not_exist(
    shop: Integrator, rival: Integrator, route: Route
) -> None:
    theirs = shop.create(message="Hello")["id"]
    happened = shop.happened()

    assert seen(ask(rival, route, UNKNOWN), UNKNOWN) == seen(ask(rival, route, theirs), theirs)
    assert happened == shop.happened()
    assert [] == rival.happened()


@pytest.mark.parametrize("route", OF_ONE, ids=named)
def test_an_id_that_cannot_be_one_is_not_found_on_any_route(shop: Integrator, route: Route) -> None:
    for given in (0, 2**63, "x", "-1"):
        refusal(ask(shop, route, given), 404, 3001)


@pytest.mark.parametrize("route", OF_ONE, ids=named)
def test_the_communitys_own_conversation_is_found_on_every_route(shop: Integrator, route: Route) -> None:
    """So the refusals above are about whose it is."""
    assert 200 == ask(shop, route, shop.create()["id"]).status


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_no_route_answers_without_a_token(shop: Integrator, route: Route) -> None:
    conversation = shop.create()["id"]
    shop.token = "x"
    bad = ask(shop, route, conversation)
    reply = shop.server.request(route.method, route.path.replace("{id}", str(conversation)))
    refusal(bad, 401, 2002)
    refusal(reply, 401, 2001)

    assert ['Bearer error="invalid_token"', "Bearer"] == [each.headers["WWW-Authenticate"] for each in (bad, reply)]


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_nothing_of_another_community(full: Integrator, rival: Integrator, path: str) -> None:
    only(full, path)

    assert {"items": [], "nextCursor": None} == rival.server.request("GET", path, token=rival.token).data


def test_conversations_cannot_be_found_by_anothers_author_or_category(full: Integrator, rival: Integrator) -> None:
    author = full.create()["author"]["id"]
    category = only(full, "/categories")["id"]
    for query in (f"authorId={author}", f"categoryId={category}", "state=waiting"):
        found = rival.server.request("GET", f"{CONVERSATIONS}?{query}", token=rival.token).data

        assert {"items": [], "nextCursor": None} == found


def test_anothers_cursor_shows_only_what_is_ones_own(full: Integrator, rival: Integrator) -> None:
    mine = rival.create()["id"]
    full.create()
    cursor = full.server.request("GET", f"{CONVERSATIONS}?take=1", token=full.token).data["nextCursor"]
    page = rival.server.request("GET", f"{CONVERSATIONS}?cursor={cursor}", token=rival.token).data

    assert {mine} >= {conversation["id"] for conversation in page["items"]}


def test_anothers_user_category_and_field_are_unknown(full: Integrator, rival: Integrator) -> None:
    user, category, field = full.create()["author"]["id"], only(full, "/categories"), only(full, "/fields")
    by_user = rival.post({"author": {"id": user}})
    by_rest = rival.post({"author": JOHN, "categoryId": category["id"], "fields": [{"id": field["id"], "value": "x"}]})

    assert ["author.id"] == paths(refusal(by_user, 422, 1001))
    assert ["categoryId", "fields[0].id"] == paths(refusal(by_rest, 422, 1001))
    assert [] == rival.happened()


def test_anothers_teammate_cannot_be_given_a_conversation(full: Integrator, rival: Integrator) -> None:
    path = f"{CONVERSATIONS}/{rival.create()['id']}/takeover"
    body = {"isAssignedToBot": False, "assigneeId": only(full, "/teammates")["id"]}
    reply = rival.server.request("PATCH", path, body, token=rival.token)

    assert ["assigneeId"] == paths(refusal(reply, 422, 1001))


def test_the_same_email_and_identifier_are_two_people_in_two_communities(shop: Integrator, rival: Integrator) -> None:
    person = {"email": "jane@dow.com", "customIdentifier": "c-1"}
    mine, theirs = shop.create(author={**person, "name": "Jane"}), rival.create(author=person)

    assert mine["author"]["id"] != theirs["author"]["id"]
    assert theirs["author"]["name"] is None


def test_each_community_has_a_bot_of_its_own(shop: Integrator, rival: Integrator) -> None:
    mine, theirs = (who.create(author={"isBot": True})["author"]["id"] for who in (shop, rival))

    assert mine != theirs


def test_sequence_numbers_are_counted_for_each_community(shop: Integrator, rival: Integrator) -> None:
    for who in (shop, rival, shop):
        who.create()

    assert [3, 4] == [event.seq for event in shop.events()]
    assert [3] == [event.seq for event in rival.events()]
