"""A teammate's open stream shows that they are there, for as long as what it is sent is taken."""

import sys
from datetime import timedelta
from typing import Any, cast

import pytest

from parley.actions.draft import Action
from parley.actions.sign_ins import BeginSession
from parley.api.agent_routes import AGENT_ROUTES
from parley.api.attending import Attendance
from parley.api.session_keeper import hash_of
from parley.api.stream import Stream, Topic
from parley.core.errors import LineFullError
from parley.core.events import TeammatePresenceChanged
from parley.core.people import Role, Teammate
from parley.core.sessions import NOTED_EVERY
from parley.ledger import Ledger
from tests.api.desks import Desk, hire
from tests.api.following import Frame, follow, listen
from tests.api.inside import House, until
from tests.api.integrators import Integrator
from tests.api.porches import Porch
from tests.clock import START

SECOND = timedelta(seconds=1)


class OpenStream:
    """A stream as far as signs of life go: whose it is, and how long its caller has been silent."""

    def __init__(
        self, community_id: int, user_id: str | None, *, silent_s: float = 0.0, is_answered: bool = False
    ) -> None:
        self.topic = Topic(
            community_id=community_id,
            conversation_id=None,
            token="t",
            after=0,
            user_id=user_id,
            is_answered=is_answered,
        )
        self.silent_s = silent_s


def is_present(desk: Desk) -> dict[str, bool]:
    """Who is there, as a teammate sees it."""
    return {each["id"]: each["isPresent"] for each in desk.get("/directory")["teammates"]}


def tells_presence(frame: Frame) -> bool:
    """Whether somebody came or is gone."""
    return frame.type == "teammate_presence_changed"


def test_who_opens_a_stream_is_there_at_once_and_everybody_hears_it(shop: Integrator) -> None:
    anna, bo = hire(shop, name="Anna"), hire(shop, name="Bo")
    assert {anna.id: False, bo.id: False} == is_present(anna)
    with follow(shop) as integrator, listen(bo):
        heard = integrator.wait_for(tells_presence).data
        assert {anna.id: False, bo.id: True} == is_present(anna)

    assert (bo.id, True) == (heard["teammateId"], heard["isPresent"])
    assert {anna.id: False, bo.id: True} == is_present(anna)  # for a minute


def test_an_integrators_stream_is_nobodys_sign_of_life(shop: Integrator) -> None:
    anna = hire(shop, name="Anna")
    with follow(shop):
        assert {anna.id: False} == is_present(anna)


class FullAtFirst:
    """A ledger that has no room for the first that comes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._is_full = True

    async def submit(self, action: Action[Any]) -> Any:
        """Take it, unless it is the first."""
        if self._is_full:
            self._is_full = False
            raise LineFullError("Full.")
        return await self._ledger.submit(action)


async def kept(house: House) -> Teammate:
    """The only teammate, as they are kept."""
    ((_, teammate),) = await house.parts.reader.teammates(house.tenant.id)
    return teammate


def attendance(house: House, *streams: OpenStream) -> Attendance:
    """One who notes the signs of life of these streams."""
    noting = Attendance(house.parts.ledger, now=house.clock)
    for stream in streams:
        noting.join(cast("Stream", stream))
    return noting


async def test_the_latest_sign_of_several_streams_counts(porch: Porch) -> None:
    anna, house = await porch.hire(), porch.house
    of_anna: Any = {"community_id": porch.community_id, "user_id": anna}
    asleep, awake = OpenStream(**of_anna, silent_s=50.0), OpenStream(**of_anna, silent_s=7.0)
    await attendance(house, awake, asleep, OpenStream(porch.community_id, None)).note_everybody()

    assert house.clock() - 7 * SECOND == (await kept(house)).seen_at


async def test_a_stream_that_is_not_taken_shows_nothing(porch: Porch) -> None:
    """A closed laptop does not hang up."""
    anna, house = await porch.hire(), porch.house
    await attendance(house, OpenStream(porch.community_id, anna, silent_s=60.0)).note_everybody()

    assert None is (await kept(house)).seen_at


async def test_what_is_still_there_is_no_event(porch: Porch) -> None:
    anna, house = await porch.hire(), porch.house
    noting = attendance(house, OpenStream(porch.community_id, anna))
    for _ in range(3):
        await noting.note_everybody()
        house.clock.move(20 * SECOND)
    events = await house.parts.reader.events(after=0, take=1000)

    assert [] == [event for event in events if isinstance(event.what, TeammatePresenceChanged)]
    assert Role.AGENT is (await kept(house)).role


async def test_where_heartbeats_are_answered_only_that_shows_that_somebody_is_there(porch: Porch) -> None:
    """A proxy takes what is sent for a laptop that sleeps, but answers no heartbeat for it."""
    anna, house = await porch.hire(), porch.house
    noting = attendance(house, OpenStream(porch.community_id, anna, is_answered=True))
    seen = []
    for is_awake in (True, False, True, False):
        if is_awake:
            noting.hear(porch.community_id, anna)
        await noting.note_everybody()
        seen.append((await kept(house)).seen_at)
        house.clock.move(20 * SECOND)

    assert [START, START, START + 40 * SECOND, START + 40 * SECOND] == seen


async def test_an_answer_that_could_not_be_written_down_is_so_later(porch: Porch) -> None:
    anna, house = await porch.hire(), porch.house
    noting = Attendance(cast("Ledger", FullAtFirst(house.parts.ledger)), now=house.clock)
    noting.hear(porch.community_id, anna)
    await noting.note_everybody()
    house.clock.move(20 * SECOND)
    await noting.note_everybody()

    assert START == (await kept(house)).seen_at


async def test_an_answer_is_heard_of_somebody_whose_stream_is_another_processs(porch: Porch) -> None:
    anna, house = await porch.hire(), porch.house
    noting = attendance(house)
    noting.hear(porch.community_id, anna)
    await noting.note_everybody()

    assert START == (await kept(house)).seen_at


@pytest.mark.parametrize("is_use", [True, False])
async def test_an_answered_heartbeat_is_no_use_of_the_session(porch: Porch, is_use: bool) -> None:  # noqa: FBT001
    """A page that nobody touches is signed out in the end."""
    anna, house = await porch.hire(), porch.house
    begin = BeginSession(
        community_id=porch.community_id, user_id=anna, secret_hash=hash_of("secret"), sessions_from=None
    )
    begun = await porch.do(begin)
    house.clock.move(NOTED_EVERY)
    await house.backend.sessions.admit("secret", is_use=is_use)
    found = await house.parts.reader.visitor(begun.secret_hash)

    assert found is not None
    assert is_use == (found.session.seen_at > begun.seen_at)


def test_of_the_agents_calls_only_an_answered_heartbeat_is_no_use() -> None:
    assert ["answerHeartbeat"] == [route.name for route in AGENT_ROUTES if not route.is_use]


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells when a caller acknowledged anything")
async def test_a_connection_tells_how_long_its_caller_has_been_silent(porch: Porch) -> None:
    await porch.open()
    (connection,) = porch.connections
    await until(lambda: connection.silent_s >= 0.1)
    await porch.beat()
    await until(lambda: connection.silent_s < 0.1)
