"""The published waitTime over a team's day: what the API and the commands do to it on a server that runs."""

import json
from typing import Any

import pytest

from parley.core.people import Presence
from parley.core.waiting import CHATS_NEEDED
from tests.api.chats import Agent, Chat, begin, hire
from tests.api.integrators import Integrator
from tests.servers import run_parley

UNKNOWN = {"position": 1, "waitTime": None, "p10": None, "p50": None, "p90": None}


@pytest.fixture
def charlie(shop: Integrator) -> Agent:
    """A teammate, away as everybody is at first."""
    return hire(shop)


def command(agent: Agent, *arguments: str) -> Any:
    """What `parley teammate status` prints of a teammate whose status it changed."""
    shop = agent.shop
    where = shop.server.database
    printed = run_parley("teammate", "status", shop.tenant.name, agent.email, *arguments, "--json", database=where)
    return json.loads(printed)


def finish(agent: Agent, count: int = CHATS_NEEDED) -> None:
    """Chats that the teammate takes and that are closed then."""
    for _ in range(count):
        begin(agent.shop).to(agent.id).close()


def wait_of(chat: Chat) -> int | None:
    """Its published wait, the same wherever it is told."""
    told = chat.ask("GET", "/queue").data
    assert told == chat.get()["queuePositionInfo"]
    wait: int | None = told["waitTime"]
    return wait


def test_it_is_null_until_five_chats_are_finished_and_a_number_from_then_on(charlie: Agent) -> None:
    command(charlie, "online")
    chat = begin(charlie.shop)
    told = []
    for _ in range(CHATS_NEEDED):
        told.append(wait_of(chat))
        finish(charlie, 1)

    assert [None] * 5 == told
    assert 1 == wait_of(chat)


def test_it_is_null_while_nobody_is_present(charlie: Agent) -> None:
    finish(charlie)
    chat = begin(charlie.shop)
    told = [wait_of(chat)]
    for arguments in (["online"], ["away"], ["busy"], ["finishing"], ["online", "--seats", "0"]):
        command(charlie, *arguments)
        told.append(wait_of(chat))

    assert [None, 1, None, 1, None, None] == told


def test_the_seats_that_were_asked_for_stay(charlie: Agent) -> None:
    finish(charlie)
    command(charlie, "away", "--seats", "2")
    printed = command(charlie, "busy")

    assert ("busy", 2) == (printed["status"], printed["seats"])
    assert 1 == wait_of(begin(charlie.shop))


def test_a_new_conversation_is_told_its_wait_at_once(charlie: Agent) -> None:
    finish(charlie)
    charlie.be(Presence.ONLINE)
    known = charlie.shop.create()["queuePositionInfo"]
    charlie.be(Presence.AWAY)

    assert {"position": 1, "waitTime": 1} == known
    assert {"position": 2, "waitTime": None} == charlie.shop.create()["queuePositionInfo"]


def test_the_range_comes_and_goes_with_it(charlie: Agent) -> None:
    charlie.be(Presence.ONLINE)
    chat = begin(charlie.shop)
    before = chat.ask("GET", "/queue/estimate").data
    finish(charlie)
    known = chat.ask("GET", "/queue/estimate").data
    charlie.be(Presence.FINISHING)

    assert UNKNOWN == before == chat.ask("GET", "/queue/estimate").data
    assert (1, 1) == (known["position"], known["waitTime"])
    assert 0 <= known["p10"] <= known["p50"] <= known["p90"]


def test_whoever_is_taken_has_no_wait_any_more(charlie: Agent) -> None:
    charlie.be(Presence.ONLINE)
    finish(charlie)
    chat = begin(charlie.shop)
    before = wait_of(chat)
    chat.to(charlie.id)

    assert (1, None, -1) == (before, wait_of(chat), chat.place)
