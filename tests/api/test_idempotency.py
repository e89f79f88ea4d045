"""Idempotency keys: a repeat gets the first answer and has no second effect."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest

from parley.actions.catalogue import AddCategory
from parley.api.routes import Route
from tests.api.askings import WRITING, ask, named
from tests.api.envelopes import paths, refusal
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply

GOOD = {"author": JOHN, "message": "Hello"}
ALL_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


def with_key(shop: Integrator, key: str, body: Any = GOOD) -> Reply:
    return shop.post(body, {"Idempotency-Key": key})


def is_replay(reply: Reply) -> bool:
    return reply.headers["Idempotent-Replayed"] == "true"


def test_a_repeat_gets_the_stored_bytes_and_says_so(shop: Integrator) -> None:
    first = with_key(shop, "k-1")
    shop.create()
    again = with_key(shop, "k-1")

    assert (200, first.body) == (again.status, again.body)
    assert (False, True) == (is_replay(first), is_replay(again))
    assert first.headers["Idempotent-Replayed"] is None
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]


def test_a_repeat_has_no_second_effect(shop: Integrator) -> None:
    for _ in range(3):
        with_key(shop, "k-1")

    assert ["conversation_created", "conversation_message_added"] == shop.happened()


@pytest.mark.parametrize("route", WRITING, ids=named)
def test_every_route_that_writes_takes_a_key(shop: Integrator, route: Route) -> None:
    conversation = shop.create()["id"]
    first = ask(shop, route, conversation, **{"Idempotency-Key": "k-1"})
    happened = shop.happened()
    again = ask(shop, route, conversation, **{"Idempotency-Key": "k-1"})

    assert (200, first.body) == (again.status, again.body)
    assert (False, True) == (is_replay(first), is_replay(again))
    assert happened == shop.happened()


@pytest.mark.parametrize("key", ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "k" * 255, "a,b;c='d'", "0"])
def test_a_quoted_and_a_bare_key_are_the_same(shop: Integrator, key: str) -> None:
    first = with_key(shop, f'"{key}"')

    assert first.body == with_key(shop, key).body
    assert first.body == with_key(shop, f'  "{key}" ').body


def test_every_visible_character_may_stand_in_a_bare_key(shop: Integrator) -> None:
    first = with_key(shop, "k" + ALL_VISIBLE)

    assert is_replay(with_key(shop, "k" + ALL_VISIBLE))
    assert 200 == first.status


def test_keys_differ_by_case(shop: Integrator) -> None:
    assert with_key(shop, "key").data["id"] != with_key(shop, "KEY").data["id"]


@pytest.mark.parametrize(
    "key",
    ["", " ", '"', '""', '"a', '"a b"', "a b", '"a"b"', "k" * 256, f'"{"k" * 256}"', "é", "a\tb", '"a\\"', '"a";b=1'],
)
def test_a_key_that_is_none_is_refused_and_nothing_is_stored(shop: Integrator, key: str) -> None:
    refused = refusal(with_key(shop, key), 422, 1001)

    assert ["Idempotency-Key"] == paths(refused)
    assert "1 to 255 visible characters" in refused["errorText"]
    assert [] == shop.happened()


@pytest.mark.parametrize("body", [{**GOOD, "message": "Bye"}, json.dumps(GOOD).encode() + b" ", {"author": JOHN}])
def test_a_key_with_another_body_is_refused(shop: Integrator, body: Any) -> None:
    with_key(shop, "k-1")
    happened = shop.happened()
    refusal(with_key(shop, "k-1", body), 422, 1002)

    assert happened == shop.happened()


def test_a_key_at_another_path_is_refused(shop: Integrator) -> None:
    one, two = shop.create()["id"], shop.create()["id"]
    (messages,) = (route for route in WRITING if route.name == "addMessages")
    ask(shop, messages, one, **{"Idempotency-Key": "k-1"})
    refused = ask(shop, messages, two, **{"Idempotency-Key": "k-1"})

    assert "This Idempotency-Key came before" in refusal(refused, 422, 1002)["errorText"]


def test_a_key_with_another_method_is_refused(shop: Integrator) -> None:
    conversation = shop.create()["id"]
    (create,) = (route for route in WRITING if route.name == "createConversation")
    (close,) = (route for route in WRITING if route.name == "closeConversation")
    ask(shop, create, **{"Idempotency-Key": "k-1"})

    refusal(ask(shop, close, conversation, **{"Idempotency-Key": "k-1"}), 422, 1002)


def test_the_query_and_a_prefix_are_no_part_of_the_path(shop: Integrator) -> None:
    first = with_key(shop, "k-1")
    again = shop.server.request(
        "POST", f"{CONVERSATIONS}?a=1", GOOD, token=shop.token, headers={"Idempotency-Key": "k-1"}
    )

    assert first.body == again.body


def test_a_refused_answer_is_not_stored(shop: Integrator) -> None:
    category = 20_000_000 + shop.tenant.id  # ids are the server's: no other test may wish for the same
    body = {**GOOD, "categoryId": category}
    refusal(with_key(shop, "k-1", body), 422, 1001)
    shop.do(AddCategory(community_id=shop.tenant.id, name="New", by="operator", id=category))

    assert not is_replay(with_key(shop, "k-1", body))
    assert is_replay(with_key(shop, "k-1", body))


def test_a_key_whose_request_was_refused_may_come_with_another_body(shop: Integrator) -> None:
    refusal(with_key(shop, "k-1", {"author": {}}), 422, 1001)

    assert 200 == with_key(shop, "k-1").status


def test_keys_are_the_communitys_own(shop: Integrator, rival: Integrator) -> None:
    mine, theirs = with_key(shop, "k-1"), with_key(rival, "k-1")

    assert not is_replay(theirs)
    assert mine.data["id"] != theirs.data["id"]


def test_a_key_is_shared_by_all_tokens_of_the_community(shop: Integrator) -> None:
    first = with_key(shop, "k-1")
    shop.token = shop.server.token(shop.tenant)

    assert first.body == with_key(shop, "k-1").body


def test_many_at_once_with_one_key_make_one_conversation(shop: Integrator) -> None:
    callers = 24
    together = Barrier(callers)

    def call(_: int) -> Reply:
        together.wait()
        return with_key(shop, "k-1")

    with ThreadPoolExecutor(callers) as threads:
        replies = list(threads.map(call, range(callers)))

    assert {(200, replies[0].body)} == {(reply.status, reply.body) for reply in replies}
    assert [False, *[True] * (callers - 1)] == sorted(map(is_replay, replies))
    assert ["conversation_created", "conversation_message_added"] == shop.happened()


def test_the_token_route_takes_no_key(shop: Integrator) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": shop.tenant.refresh_token}
    for client_id in (shop.tenant.client_id, shop.tenant.client_id.upper()):
        body = urlencode({**form, "client_id": client_id}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Idempotency-Key": '"'}
        reply = shop.server.request("POST", "/token", body, headers=headers)

        assert (200, False) == (reply.status, is_replay(reply))
