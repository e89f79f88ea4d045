"""Saved replies and drafts, which teammates write with."""

import pytest

from tests.api.desks import Desk, hire
from tests.api.envelopes import refusal
from tests.api.integrators import Integrator

HELLO = {"shortcut": "hello", "text": "Hello, how can I help?", "isShared": True}


@pytest.fixture
def desk(shop: Integrator) -> Desk:
    """Charlie, signed in at the Shop."""
    return hire(shop)


def test_a_shared_reply_is_everybody_s_and_another_its_owner_s_alone(shop: Integrator, desk: Desk) -> None:
    dana = hire(shop, name="Dana")
    shared = desk.do("/saved-replies", HELLO)
    own = desk.do("/saved-replies", {"shortcut": "bye", "text": "Goodbye"})

    assert [own, shared] == desk.get("/saved-replies")
    assert [shared] == dana.get("/saved-replies")
    refusal(dana.ask("PATCH", f"/saved-replies/{own['id']}", {"text": "Mine now"}), 404, 3001)
    refusal(dana.ask("DELETE", f"/saved-replies/{own['id']}"), 404, 3001)


def test_a_reply_is_changed_and_removed(desk: Desk) -> None:
    made = desk.do("/saved-replies", HELLO)
    path = f"/saved-replies/{made['id']}"
    changed = desk.ask("PATCH", path, {"shortcut": "HI", "isShared": False}).data

    assert ("hi", HELLO["text"], False) == (changed["shortcut"], changed["text"], changed["isShared"])
    assert [changed] == desk.get("/saved-replies")
    assert {} == desk.ask("DELETE", path).data
    assert [] == desk.get("/saved-replies")
    refusal(desk.ask("DELETE", path), 404, 3001)


def test_a_shortcut_means_one_reply_to_each_teammate(shop: Integrator, desk: Desk) -> None:
    dana = hire(shop, name="Dana")
    desk.do("/saved-replies", {**HELLO, "isShared": False})
    dana.do("/saved-replies", {**HELLO, "isShared": False})

    refusal(desk.ask("POST", "/saved-replies", {**HELLO, "isShared": False}), 409, 4001)
    refusal(desk.ask("POST", "/saved-replies", HELLO), 409, 4001)


@pytest.mark.parametrize(
    "changes", [{"shortcut": "two words"}, {"shortcut": ""}, {"shortcut": None}, {"text": ""}, {"text": "x" * 10_001}]
)
def test_a_reply_that_does_not_fit_is_refused(desk: Desk, changes: dict[str, object]) -> None:
    refusal(desk.ask("POST", "/saved-replies", {**HELLO, **changes}), 422, 1001)


def test_integrators_hear_nothing_of_saved_replies(shop: Integrator, desk: Desk) -> None:
    desk.do("/saved-replies", HELLO)

    assert b"saved" not in shop.server.request("GET", "/events?take=100", token=shop.token).body
    assert "saved_reply_changed" == desk.get("/events")["events"][-1]["type"]


def test_a_draft_is_its_writer_s_alone_until_it_is_thrown_away(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    happened = shop.happened()
    kept = desk.ask("PUT", f"/conversations/{number}/draft", {"text": "Dear Jo", "isNote": True}).data
    assert happened == shop.happened()
    dana = hire(shop, name="Dana")

    assert ("Dear Jo", True) == (kept["text"], kept["isNote"])
    assert kept == desk.get(f"/conversations/{number}")["draft"]
    assert None is dana.get(f"/conversations/{number}")["draft"]
    desk.ask("PUT", f"/conversations/{number}/draft", {})
    assert None is desk.get(f"/conversations/{number}")["draft"]
    refusal(desk.ask("PUT", f"/conversations/{number}/draft", {"text": "x" * 10_001}), 422, 1001)


@pytest.mark.parametrize(("sent", "is_note"), [("replies", False), ("notes", True)])
def test_what_is_sent_is_no_draft_any_more_and_one_of_the_other_kind_stays(
    shop: Integrator,
    desk: Desk,
    sent: str,
    is_note: bool,  # noqa: FBT001
) -> None:
    number = shop.create(message="Hi")["id"]
    dana = hire(shop, name="Dana")
    for whose, kind in ((desk, is_note), (dana, not is_note)):
        whose.ask("PUT", f"/conversations/{number}/draft", {"text": "Dear", "isNote": kind})
    dana.ask("POST", f"/conversations/{number}/{sent}", {"message": "Dear Jo"})
    kept = [whose.get(f"/conversations/{number}")["draft"]["text"] for whose in (desk, dana)]
    desk.ask("POST", f"/conversations/{number}/{sent}", {"message": "Dear Jo"})

    assert ["Dear", "Dear"] == kept
    assert None is desk.get(f"/conversations/{number}")["draft"]
