"""What holds for every route of the agents' side: who is let in, to what, and that others' things do not exist."""

from typing import Any

import pytest

from parley.api.agent_routes import AGENT_ROUTES
from parley.api.routes import Route
from parley.core.agency import Agency
from parley.core.people import Role
from tests.api.desks import PROOF, Desk, hire
from tests.api.envelopes import refusal
from tests.api.integrators import Integrator

GUARDED = tuple(route for route in AGENT_ROUTES if route.agent is not None)
WRITING = tuple(route for route in GUARDED if route.needs_proof)
OURS = tuple(route for route in GUARDED if route.agent is not Agency.ADMIN)  # the others: test_admin_doors.py
OF_ONE = tuple(route for route in OURS if "{id}" in route.path)
BODIES: dict[str, Any] = {
    "changeMe": {"status": "online", "seats": 2},
    "changeConversation": {"title": "Lost parcel"},
    "reply": {"message": "Hello"},
    "addNote": {"message": "She is right."},
    "keepDraft": {"text": "Dear John", "isNote": False},
    "addSavedReply": {"shortcut": "hello", "text": "Hello, how can I help?", "isShared": True},
    "changeSavedReply": {"text": "Hi, how can I help?"},
}


def named(route: Route) -> str:
    """How a test of this route is called."""
    return route.name


def ask(desk: Desk, route: Route, number: object = 1, **headers: str) -> Any:
    """Send the route's good request."""
    path = route.path.removeprefix("/agents").replace("{id}", str(number))
    return desk.ask(route.method, path, BODIES.get(route.name), **headers)


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_nobody_is_let_in_without_a_session(shop: Integrator, route: Route) -> None:
    reply = shop.server.request(route.method, route.path.replace("{id}", "1"), BODIES.get(route.name))

    refusal(reply, 401, 2004)
    assert "www-authenticate" not in reply.headers


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_an_access_token_opens_nothing_here(shop: Integrator, route: Route) -> None:
    path = route.path.replace("{id}", "1")

    refusal(shop.server.request(route.method, path, BODIES.get(route.name), token=shop.token), 401, 2004)


@pytest.mark.parametrize("route", WRITING, ids=named)
@pytest.mark.parametrize("proof", ["", "0" * 64])
def test_nothing_is_written_without_the_proof_of_the_page(shop: Integrator, route: Route, proof: str) -> None:
    desk = hire(shop)
    number = shop.create(message="Hello")["id"]
    happened = shop.happened()

    refusal(ask(desk, route, number, **{PROOF: proof}), 403, 2005)
    assert happened == shop.happened()


@pytest.mark.parametrize("route", [route for route in WRITING if route.agent is not Agency.READ], ids=named)
def test_who_may_only_read_writes_nothing(shop: Integrator, route: Route) -> None:
    desk = hire(shop, role=Role.READ_ONLY)
    number = shop.create(message="Hello")["id"]
    happened = shop.happened()

    refusal(ask(desk, route, number), 403, 2005)
    assert happened == shop.happened()


@pytest.mark.parametrize("route", [route for route in GUARDED if route.agent is Agency.READ], ids=named)
def test_who_may_only_read_reads_everything(shop: Integrator, route: Route) -> None:
    desk = hire(shop, role=Role.READ_ONLY)

    assert 200 == ask(desk, route, shop.create(message="Hello")["id"]).status


@pytest.mark.parametrize("route", OF_ONE, ids=named)
def test_anothers_conversation_is_answered_like_one_that_does_not_exist(
    shop: Integrator, rival: Integrator, route: Route
) -> None:
    theirs = shop.create(message="Hello")["id"]
    spy = hire(rival)
    happened = shop.happened()

    told = [refusal(ask(spy, route, number), 404, 3001) for number in (theirs, 2**53 - 1)]
    assert told[0]["errorText"].replace(str(theirs), "ID") == told[1]["errorText"].replace(str(2**53 - 1), "ID")
    assert happened == shop.happened()


@pytest.mark.parametrize("route", OURS, ids=named)
def test_a_colleague_of_another_community_is_told_nothing_of_this_one(
    shop: Integrator, rival: Integrator, route: Route
) -> None:
    if route in OF_ONE:
        return
    shop.create(message="a word that nobody else says", title="a word that nobody else says")
    hire(shop, name="Nobodyelse")

    assert b"nobody" not in ask(hire(rival), route).body.lower()


@pytest.mark.parametrize("route", [route for route in OURS if route.body is not None], ids=named)
def test_a_body_that_does_not_fit_is_refused_and_changes_nothing(shop: Integrator, route: Route) -> None:
    desk = hire(shop)
    number = shop.create(message="Hello")["id"]
    happened = shop.happened()
    path = route.path.removeprefix("/agents").replace("{id}", str(number))

    refusal(desk.ask(route.method, path, [1]), 422, 1001)
    assert 400 == desk.ask(route.method, path, b"{").status
    assert happened == shop.happened()


@pytest.mark.parametrize("route", [route for route in OURS if route.repeats_safely], ids=named)
def test_a_write_that_is_repeated_with_its_key_happens_once(shop: Integrator, route: Route) -> None:
    desk = hire(shop)
    number = shop.create(message="Hello")["id"]
    if route.name == "releaseConversation":
        desk.do(f"/conversations/{number}/take")
    if route.name == "changeSavedReply":
        number = desk.do("/saved-replies", BODIES["addSavedReply"])["id"]
    key = {"Idempotency-Key": f"once-{route.name}"}
    first = ask(desk, route, number, **key)
    happened = shop.happened()
    again = ask(desk, route, number, **key)

    assert (first.status, first.body) == (again.status, again.body)
    assert (None, "true") == (first.headers["idempotent-replayed"], again.headers["idempotent-replayed"])
    assert happened == shop.happened()
