"""The administration by teammates: what an admin may change, that it is told, and that no secret is shown twice."""

import json
from typing import Any

import pytest

from parley.core.people import Role
from tests.api.chats import UNKNOWN
from tests.api.desks import Desk, hire
from tests.api.envelopes import paths
from tests.api.integrators import Integrator
from tests.servers import Reply


@pytest.fixture
def ada(shop: Integrator) -> Desk:
    """An admin."""
    return hire(shop, name="Ada", role=Role.ADMIN)


def do(desk: Desk, method: str, path: str, body: Any = None) -> Any:
    """What a request that succeeds answers."""
    reply = desk.ask(method, f"/admin{path}", body)
    assert reply.status == 200, reply
    return reply.data


def refused(desk: Desk, method: str, path: str, body: Any = None) -> tuple[int, list[str]]:
    """The status of a refusal, and where its faults are."""
    reply: Reply = desk.ask(method, f"/admin{path}", body)
    return reply.status, paths(reply.json())


def told(shop: Integrator, ada: Desk, kind: str) -> list[Any]:
    """What was recorded of a kind, all of it by her."""
    found = [event for event in shop.events() if event.type == kind]
    assert {ada.by} >= {event.by for event in found}
    return [event.what for event in found]


# Categories and fields


def test_categories_are_added_renamed_and_listed(shop: Integrator, ada: Desk) -> None:
    added = do(ada, "POST", "/categories", {"name": " Orders "})
    renamed = do(ada, "PATCH", f"/categories/{added['id']}", {"name": "Returns"})

    assert {"id": added["id"], "name": "Orders"} == added
    assert [renamed] == do(ada, "GET", "/categories")
    assert 1 == len(told(shop, ada, "category_added")) == len(told(shop, ada, "category_changed"))


def test_fields_are_added_changed_and_listed(shop: Integrator, ada: Desk) -> None:
    added = do(ada, "POST", "/fields", {"name": "Size", "type": "choice", "choices": ["S"]})
    changed = do(ada, "PATCH", f"/fields/{added['id']}", {"isRequired": True, "choices": ["S", "M"]})

    assert added | {"isRequired": True, "choices": ["S", "M"]} == changed
    assert [changed] == do(ada, "GET", "/fields")
    assert 1 == len(told(shop, ada, "field_changed"))


def test_what_does_not_fit_is_refused_with_its_place(ada: Desk) -> None:
    field = do(ada, "POST", "/fields", {"name": "Size", "type": "choice", "choices": ["S", "M"]})

    assert (422, ["name"]) == refused(ada, "POST", "/categories", {"name": " "})
    assert (422, ["name"]) == refused(ada, "PATCH", "/categories/1", {"name": "x" * 201})
    assert (422, ["choices", "name"]) == refused(ada, "POST", "/fields", {"name": "", "type": "choice"})
    assert (422, ["choices"]) == refused(ada, "POST", "/fields", {"name": "A", "type": "text", "choices": ["S"]})
    assert (422, ["choices"]) == refused(ada, "PATCH", f"/fields/{field['id']}", {"choices": ["M"]})
    assert (422, ["type"]) == refused(ada, "POST", "/fields", {"name": "A", "type": "colour"})


def test_what_is_not_there_is_not_found(shop: Integrator, rival: Integrator, ada: Desk) -> None:
    theirs = hire(rival, name="Bea", role=Role.ADMIN)
    category = do(theirs, "POST", "/categories", {"name": "Theirs"})["id"]

    assert (404, []) == refused(ada, "PATCH", f"/categories/{category}", {"name": "Mine"})
    assert (404, []) == refused(ada, "PATCH", "/fields/999999999", {"name": "Mine"})
    assert (404, []) == refused(ada, "PATCH", f"/teammates/{theirs.id}", {"name": "Mine"})
    assert (404, []) == refused(ada, "PATCH", f"/teammates/{UNKNOWN}", {"name": "Mine"})
    assert (404, []) == refused(ada, "DELETE", "/tokens/nobody")
    assert (404, []) == refused(ada, "GET", "/bot")
    assert (404, []) == refused(ada, "DELETE", "/bot")


# Teammates


def test_teammates_are_added_changed_and_listed(shop: Integrator, ada: Desk) -> None:
    added = do(ada, "POST", "/teammates", {"name": "Bob", "email": "Bob@shop.example", "role": "read_only"})
    body = {"name": "Robert", "role": "agent", "seats": 5, "isActive": False}
    changed = do(ada, "PATCH", f"/teammates/{added['id'].upper()}", body)

    assert added | body == changed
    assert "password" not in json.dumps(added).lower()
    assert {"Ada", "Robert"} == {each["name"] for each in do(ada, "GET", "/teammates")}
    for kind in ("teammate_changed", "teammate_role_changed", "teammate_disabled"):
        assert 1 == len(told(shop, ada, kind))


def test_an_email_that_is_taken_and_one_that_is_none_are_refused(ada: Desk) -> None:
    assert (409, []) == refused(ada, "POST", "/teammates", {"name": "Ada", "email": ada.email.upper()})
    assert (422, ["email", "name"]) == refused(ada, "POST", "/teammates", {"name": "", "email": "none"})
    assert (422, ["email"]) == refused(ada, "POST", "/teammates", {"name": "X", "email": " "})
    assert (422, ["seats"]) == refused(ada, "PATCH", f"/teammates/{ada.id}", {"seats": 101})


@pytest.mark.parametrize("body", [{"role": "agent"}, {"isActive": False}])
def test_the_last_active_admin_stays_one(ada: Desk, body: Any) -> None:
    assert (409, []) == refused(ada, "PATCH", f"/teammates/{ada.id}", body)
    assert "admin" == ada.get("/me")["teammate"]["role"]


@pytest.mark.parametrize("body", [{"role": "read_only"}, {"isActive": False}])
def test_another_role_and_disabling_sign_out_at_once(shop: Integrator, ada: Desk, body: Any) -> None:
    bob = hire(shop, name="Bob")
    do(ada, "PATCH", f"/teammates/{bob.id}", body)

    assert 401 == bob.ask("GET", "/me").status


# The bot


def test_a_webhook_bot_gets_a_secret_that_is_shown_once(shop: Integrator, ada: Desk) -> None:
    body = {"kind": "webhook", "url": "https://bots.example/a", "silenceSeconds": 60}
    first = do(ada, "PUT", "/bot", body)
    again = do(ada, "PUT", "/bot", body | {"url": "https://bots.example/b", "farewell": "Bye."})

    assert first["secret"].startswith("whsec_")
    assert (None, True, "Bye.", 60) == (again["secret"], again["hasKey"], again["farewell"], again["silenceSeconds"])
    assert {name: value for name, value in again.items() if name != "secret"} == do(ada, "GET", "/bot")
    assert 2 == len(told(shop, ada, "bot_set"))


def test_a_key_goes_to_no_other_host_than_it_was_given_for(ada: Desk) -> None:
    body = {"kind": "rasa", "url": "https://rasa.example", "key": "sesame"}
    assert do(ada, "PUT", "/bot", body)["hasKey"]
    body.pop("key")

    assert do(ada, "PUT", "/bot", body | {"url": "https://rasa.example/deeper"})["hasKey"]
    assert not do(ada, "PUT", "/bot", body | {"url": "https://evil.example"})["hasKey"]


def test_a_bot_is_taken_away(shop: Integrator, ada: Desk) -> None:
    do(ada, "PUT", "/bot", {"kind": "none", "silenceSeconds": 30})

    assert {} == do(ada, "DELETE", "/bot")
    assert 1 == len(told(shop, ada, "bot_removed"))


def test_what_a_kind_has_no_use_for_and_inner_addresses_are_refused(ada: Desk) -> None:
    bodies: dict[str, Any] = {
        "url": {"kind": "webhook", "url": "https://10.0.0.8/bot"},
        "key": {"kind": "webhook", "url": "https://bots.example", "key": "sesame"},
        "model": {"kind": "rasa", "url": "https://rasa.example", "model": "large"},
        "prompt": {"kind": "none", "prompt": "Be kind"},
        "silenceSeconds": {"kind": "none", "silenceSeconds": 0},
        "languages": {"kind": "none", "languages": ["tlh"]},
        "farewell": {"kind": "none", "farewell": "x" * 10_001},
        "phrases": {"kind": "none", "phrases": ["x" * 201]},
    }
    for path, body in bodies.items():
        assert (422, [path]) == refused(ada, "PUT", "/bot", body)
    assert (422, ["url"]) == refused(ada, "PUT", "/bot", {"kind": "openai"})


# Refresh tokens


def test_a_token_is_shown_once_is_good_and_can_be_ended(shop: Integrator, ada: Desk) -> None:
    added = do(ada, "POST", "/tokens", {"name": "Shop front", "scope": "chat"})
    secret = added.pop("refreshToken")
    listed = do(ada, "GET", "/tokens")

    assert {"default", "Shop front"} == {token["name"] for token in listed}
    assert added in listed
    assert secret not in json.dumps(listed)
    assert {} == do(ada, "DELETE", "/tokens/Shop%20front")
    assert ["default"] == [token["name"] for token in do(ada, "GET", "/tokens")]
    assert 1 == len(told(shop, ada, "token_revoked"))
    assert secret.encode() not in b"".join(json.dumps(str(event.what)).encode() for event in shop.events())


def test_a_repeat_gets_the_same_secret_and_no_second_token(ada: Desk) -> None:
    body, key = {"name": "Once"}, {"Idempotency-Key": "once"}
    first, again = (ada.ask("POST", "/admin/tokens", body, **key) for _ in range(2))

    assert first.data == again.data
    assert "true" == again.headers["idempotent-replayed"]
    assert (409, []) == refused(ada, "POST", "/tokens", body)


# Webhooks


def test_webhooks_are_administered_as_over_the_integrators_api(shop: Integrator, ada: Desk) -> None:
    """The receiver is asked its challenge first, and an inner address is refused."""
    body = {"url": "https://10.0.0.8/hooks", "verifyToken": "sesame"}

    assert (422, ["url"]) == refused(ada, "POST", "/webhooks", body)
    assert {"items": [], "nextCursor": None} == do(ada, "GET", "/webhooks")
    assert {"items": [], "nextCursor": None} == do(ada, "GET", "/webhooks/deliveries")
    assert {"count": 0} == do(ada, "POST", "/webhooks/replay", {"failed": True})
    assert (404, []) == refused(ada, "GET", "/webhooks/1")
    assert (404, []) == refused(ada, "DELETE", "/webhooks/1")


# Roles


@pytest.mark.parametrize("role", [Role.AGENT, Role.READ_ONLY])
def test_others_than_admins_are_refused(shop: Integrator, role: Role) -> None:
    bob = hire(shop, name="Bob", role=role)
    for path in ("/categories", "/fields", "/teammates", "/bot", "/tokens", "/webhooks"):
        assert (403, []) == refused(bob, "GET", path)
    assert (403, []) == refused(bob, "POST", "/categories", {"name": "Mine"})
