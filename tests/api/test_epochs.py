"""Takeover epochs: every reply about one conversation tells it, and a write decided under another one is refused."""

from typing import Any

import pytest

from parley.api.routes import ROUTES, Route
from tests.api.askings import ask, named
from tests.api.chats import BOT, Chat, begin, hire, message
from tests.api.envelopes import paths, refusal
from tests.api.integrators import Integrator
from tests.servers import Reply

EPOCH = "Parley-Epoch"
ABOUT_ONE = [route for route in ROUTES if route.tells_epoch]
OTHERS = [route for route in ROUTES if route.method == "GET" and not route.tells_epoch]
WRITES = [route for route in ABOUT_ONE if route.is_about_conversation and route.takes_body]


def epoch(reply: Reply) -> str | None:
    told: str | None = reply.headers[EPOCH]
    return told


@pytest.fixture
def moved(shop: Integrator) -> Chat:
    """A conversation that the bot had, the queue, and now a teammate: epoch 3."""
    return begin(shop, isBotEnabled=True).to_queue().to(hire(shop).id)


@pytest.mark.parametrize("route", ABOUT_ONE, ids=named)
def test_every_reply_about_one_conversation_tells_its_epoch(moved: Chat, route: Route) -> None:
    reply = ask(moved.shop, route, moved.id)

    expected = {"createConversation": "1", "closeConversation": "4", "changeTakeover": "4"}
    assert (200, expected.get(route.name, "3")) == (reply.status, epoch(reply))


@pytest.mark.parametrize("route", OTHERS, ids=named)
def test_other_replies_tell_none(shop: Integrator, route: Route) -> None:
    assert epoch(ask(shop, route, shop.create()["id"])) is None


def test_the_epoch_rises_with_every_change_of_holder_and_with_nothing_else(shop: Integrator) -> None:
    chat = begin(shop, isBotEnabled=True)
    told = [epoch(chat.add("Hi")), epoch(chat.hand({"isAssignedToBot": True})), epoch(chat.rate({"isPositive": True}))]
    told += [epoch(chat.hand({"isAssignedToBot": False})), epoch(chat.add("Hi")), epoch(chat.end()), epoch(chat.end())]

    assert ["1", "1", "1", "2", "2", "3", "3"] == told


@pytest.mark.parametrize("route", WRITES, ids=named)
@pytest.mark.parametrize("known", ["2", "4"])
def test_a_write_decided_under_another_epoch_is_refused(moved: Chat, route: Route, known: str) -> None:
    before = moved.happened()
    reply = ask(moved.shop, route, moved.id, **{EPOCH: known})

    refusal(reply, 409, 4002)
    assert f"its epoch is 3, but this was decided under epoch {known}." in reply.json()["errorText"]
    assert "3" == epoch(reply)
    assert before == moved.happened()


@pytest.mark.parametrize("route", WRITES, ids=named)
def test_a_write_decided_under_the_present_epoch_is_done(moved: Chat, route: Route) -> None:
    assert 200 == ask(moved.shop, route, moved.id, **{EPOCH: "3"}).status


def test_a_bot_that_thought_for_too_long_does_not_talk_over_a_person(shop: Integrator) -> None:
    chat = begin(shop, isBotEnabled=True)
    known = epoch(chat.add("Hi"))
    chat.to(hire(shop).id)
    reply = chat.add(message("I am a bot", author=BOT), headers={EPOCH: known or ""})

    refusal(reply, 409, 4002)
    assert ["Hi"] == chat.texts()


@pytest.mark.parametrize("sent", ["", "0", "-1", "1.0", "one", "1, 1", "9" * 16, "\u0661"])
def test_what_is_no_epoch_is_refused(moved: Chat, sent: str) -> None:
    header: dict[str, Any] = {EPOCH: sent.encode().decode("latin-1")}
    reply = moved.add("Hi", headers=header)

    assert [EPOCH] == paths(refusal(reply, 422, 1001))


def test_an_unknown_conversation_is_not_found_whatever_epoch_is_sent(shop: Integrator) -> None:
    chat = Chat(shop, 2**50)

    refusal(chat.add("Hi", headers={EPOCH: "1"}), 404, 3001)


def test_a_repeat_tells_the_epoch_of_the_first_answer(shop: Integrator) -> None:
    chat = begin(shop, isBotEnabled=True)
    first = chat.add("Hi", headers={"Idempotency-Key": "k", EPOCH: "1"})
    chat.to_queue()
    again = chat.add("Hi", headers={"Idempotency-Key": "k", EPOCH: "1"})

    assert first.body == again.body
    assert ("true", "1", "1") == (again.headers["Idempotent-Replayed"], epoch(first), epoch(again))


def test_not_modified_tells_the_epoch_too(moved: Chat) -> None:
    tag = moved.ask("GET").headers["ETag"]
    reply = moved.ask("GET", headers={"If-None-Match": tag})

    assert (304, "3") == (reply.status, epoch(reply))
