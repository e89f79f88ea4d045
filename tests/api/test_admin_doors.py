"""What holds for every route of the administration: a body that fits, one that does not, a repeat, another's things."""

from dataclasses import dataclass
from typing import Any

import pytest

from parley.actions.endpoints import AddEndpoint
from parley.api.admin_routes import ADMIN_ROUTES
from parley.api.routes import Route
from parley.core.people import Role
from parley.core.webhooks import EVENT_TYPES
from tests.api.desks import Desk, hire
from tests.api.envelopes import refusal
from tests.api.integrators import Integrator
from tests.servers import Reply

BODIES: dict[str, Any] = {
    "addCategory": {"name": "Orders"},
    "changeCategory": {"name": "Returns"},
    "addField": {"name": "Order", "type": "text"},
    "changeField": {"name": "Parcel"},
    "addTeammate": {"name": "Ben", "email": "ben@shop.example"},
    "changeTeammate": {"name": "Benjamin", "role": "agent", "seats": 2},
    "setBot": {"kind": "none", "silenceSeconds": 30},
    "setRouting": {"mode": "automatic"},
    "setMail": {"sender": "Shop <help@shop.example>"},
    "addToken": {"name": "Web shop", "scope": "chat"},
    "changeWebhookForAdmin": {"events": ["conversation_closed"]},
    "replayForAdmin": {"failed": True},
}
# Whose good body needs a receiver that answers a challenge: their own tests are the integrators' (test_webhooks.py).
ASKED = {"addWebhookForAdmin", "enableWebhookForAdmin"}
DONE = tuple(route for route in ADMIN_ROUTES if route.name not in ASKED and "deliveries/{id}" not in route.path)
OF_ONE = tuple(route for route in ADMIN_ROUTES if "{" in route.path)


@dataclass
class Office:
    """An admin of a community that has one of everything, and what stands for it in paths."""

    admin: Desk
    names: dict[str, str]

    def ask(self, route: Route, *, of: "Office | None" = None, key: str | None = None) -> Reply:
        """Send the route's good request, about one's own or another's thing."""
        return self.send(route, BODIES.get(route.name), of=of, key=key)

    def send(self, route: Route, body: Any, *, of: "Office | None" = None, key: str | None = None) -> Reply:
        """Send a request with whatever body."""
        kind = route.path.split("/")[3]
        name = (of or self).names[kind]
        path = route.path.removeprefix("/agents").replace("{id}", name).replace("{name}", name)
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.admin.ask(route.method, path, body, **headers)


def open_office(shop: Integrator) -> Office:
    """A community's office."""
    admin = hire(shop, name="Ada", role=Role.ADMIN)
    bob = hire(shop, name="Bob", role=Role.ADMIN)
    category = admin.do("/admin/categories", {"name": "Kept"})["id"]
    field = admin.do("/admin/fields", {"name": "Kept", "type": "text"})["id"]
    token = admin.do("/admin/tokens", {"name": f"kept-{shop.tenant.id}"})["name"]
    admin.ask("PUT", "/admin/bot", {"kind": "none", "silenceSeconds": 60})
    endpoint = AddEndpoint(
        community_id=shop.tenant.id,
        url="https://hooks.example/shop",
        event_types=EVENT_TYPES,
        allowed_hosts=(),
        verify_token=b"plain:sesame",
        secret=b"plain:secret",
        by="operator",
    )
    (hook,) = shop.do(endpoint)
    names = {"categories": category, "fields": field, "teammates": bob.id, "tokens": token, "webhooks": hook.id}
    return Office(admin, {kind: str(name) for kind, name in names.items()} | {"bot": "", "mail": "", "routing": ""})


@pytest.fixture
def office(shop: Integrator) -> Office:
    """The Shop's office."""
    return open_office(shop)


def named(route: Route) -> str:
    """How a test of this route is called."""
    return route.name


@pytest.mark.parametrize("route", DONE, ids=named)
def test_an_admin_may_do_it_and_the_log_says_who(shop: Integrator, office: Office, route: Route) -> None:
    before = len(shop.events())
    reply = office.ask(route)
    new = shop.events()[before:]

    assert 200 == reply.status, reply
    assert {office.admin.by} >= {event.by for event in new}
    assert (route.method == "GET" or route.name == "replayForAdmin") == (new == [])


@pytest.mark.parametrize("route", OF_ONE, ids=named)
def test_anothers_things_are_answered_like_those_that_do_not_exist(
    shop: Integrator, rival: Integrator, office: Office, route: Route
) -> None:
    spy = open_office(rival)
    happened = shop.happened()

    refusal(spy.ask(route, of=office), 404, 3001)
    assert happened == shop.happened()


@pytest.mark.parametrize("route", [route for route in ADMIN_ROUTES if route.body is not None], ids=named)
def test_a_body_that_does_not_fit_is_refused_and_changes_nothing(
    shop: Integrator, office: Office, route: Route
) -> None:
    happened = shop.happened()

    refusal(office.send(route, [1]), 422, 1001)
    assert 400 == office.send(route, b"{").status
    assert happened == shop.happened()


@pytest.mark.parametrize("route", [route for route in DONE if route.repeats_safely], ids=named)
def test_a_write_that_is_repeated_with_its_key_happens_once(shop: Integrator, office: Office, route: Route) -> None:
    key = f"once-{route.name}"
    first = office.ask(route, key=key)
    happened = shop.happened()
    again = office.ask(route, key=key)

    assert (200, first.body) == (again.status, again.body)
    assert (None, "true") == (first.headers["idempotent-replayed"], again.headers["idempotent-replayed"])
    assert happened == shop.happened()


def test_every_write_has_its_good_body() -> None:
    assert {route.name for route in DONE if route.body is not None} == BODIES.keys()
