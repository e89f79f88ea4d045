"""The demo's people: what they do over the public APIs, many times faster than people do it, and what came before."""

import asyncio

import aiohttp
import pytest

from parley import wiring
from parley.demo.life import Life
from parley.demo.people import Integrator as Shop
from parley.demo.people import RefusedError, Seat
from parley.demo.show import Company, furnish
from tests.servers import Server, sqlite_url

PACE = 150.0
WITHIN_S = 60
LIVED = {
    "conversation_created",
    "conversation_message_added",
    "conversation_takeover_state_changed",
    "conversation_assigned",
    "conversation_closed",
    "conversation_feedback_given",
}


@pytest.fixture
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Company]:
    """A database as the demo makes it, with a past."""
    database = sqlite_url(tmp_path_factory.mktemp("demo") / "demo.db")
    return database, asyncio.run(furnish(database, has_past=True))


async def test_the_past_is_whole_and_has_something_to_show(furnished: tuple[str, Company]) -> None:
    database, company = furnished
    async with wiring.opened(database, migrates=False) as parts:
        findings = await parts.reader.audit(lambda done, of: None)
        events = await parts.reader.events_of(company.community.id, after=0, take=2_000)

    assert [] == [finding for finding in findings if not finding.holds]
    assert company.last_seq == len(events)
    assert LIVED <= {event.type for event in events}
    assert sorted(event.at for event in events) == [event.at for event in events]


async def test_people_come_talk_and_leave(furnished: tuple[str, Company]) -> None:
    database, company = furnished
    with Server(database) as server:
        async with aiohttp.ClientSession() as http:
            shop = Shop(http, server.url, client_id=company.community.client_id, refresh_token=company.refresh_token)
            seats = [Seat(server.url, email=email, password=company.password) for email in company.emails[1:]]
            living = asyncio.create_task(Life(shop, seats, category_ids=company.category_ids, pace=PACE).go_on(http))
            by_teammates = await seen(shop)
            living.cancel()
            with pytest.raises(asyncio.CancelledError):
                await living

    assert by_teammates


async def seen(shop: Shop) -> bool:
    """Return when everything has happened that makes up a life; whether a teammate has answered."""
    missing, has_answered = set(LIVED), False
    async with asyncio.timeout(WITHIN_S):
        async for event in shop.events():
            missing.discard(event["type"])
            said = event.get("message", {}).get("author", {})
            has_answered |= said.get("status") == "team" and not said.get("isBot")
            if not missing and has_answered:
                return True
    return has_answered


async def test_who_cannot_sign_in_says_so(furnished: tuple[str, Company]) -> None:
    database, company = furnished
    with Server(database) as server:
        async with aiohttp.ClientSession() as http:
            with pytest.raises(RefusedError, match="401"):
                await Seat(server.url, email=company.emails[0], password="another password").sign_in(http)
