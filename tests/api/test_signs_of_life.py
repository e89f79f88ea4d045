"""A teammate's open stream shows that they are there, for as long as what it is sent is taken."""

import sys
from datetime import timedelta
from typing import Any, cast

import pytest

from parley.api.attending import Attendance
from parley.api.stream import Stream, Topic
from parley.core.events import TeammatePresenceChanged
from parley.core.people import Role, Teammate
from tests.api.desks import Desk, hire
from tests.api.following import Follower, Frame, follow
from tests.api.inside import House, until
from tests.api.integrators import Integrator
from tests.api.porches import Porch

SECOND = timedelta(seconds=1)


class OpenStream:
    """A stream as far as signs of life go: whose it is, and how long its caller has been silent."""

    def __init__(self, community_id: int, user_id: str | None, *, silent_s: float = 0.0) -> None:
        self.topic = Topic(community_id=community_id, conversation_id=None, token="t", after=0, user_id=user_id)
        self.silent_s = silent_s


def listen(desk: Desk) -> Follower:
    """Open a teammate's stream."""
    address = ("127.0.0.1", desk.server.port)
    return Follower(address, "/agents/events", "", cookie=f"parley_session={desk.cookie}")


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


async def kept(house: House) -> Teammate:
    """The only teammate, as they are kept."""
    ((_, teammate),) = await house.parts.reader.teammates(house.tenant.id)
    return teammate


def attendance(house: House, *streams: OpenStream) -> tuple[Attendance, list[Stream]]:
    """One who notes the signs of life of these streams."""
    noting = Attendance(house.parts.ledger, now=house.clock)
    opened = [cast("Stream", each) for each in streams]
    for stream in opened:
        noting.join(stream)
    return noting, opened


async def test_the_latest_sign_of_several_streams_counts(porch: Porch) -> None:
    anna, house = await porch.hire(), porch.house
    of_anna: Any = {"community_id": porch.community_id, "user_id": anna}
    asleep, awake = OpenStream(**of_anna, silent_s=50.0), OpenStream(**of_anna, silent_s=7.0)
    noting, streams = attendance(house, awake, asleep, OpenStream(porch.community_id, None))
    await noting.note(streams)

    assert house.clock() - 7 * SECOND == (await kept(house)).seen_at


async def test_a_stream_that_is_not_taken_shows_nothing(porch: Porch) -> None:
    """A closed laptop does not hang up."""
    anna, house = await porch.hire(), porch.house
    noting, streams = attendance(house, OpenStream(porch.community_id, anna, silent_s=60.0))
    await noting.note(streams)

    assert None is (await kept(house)).seen_at


async def test_what_is_still_there_is_no_event(porch: Porch) -> None:
    anna, house = await porch.hire(), porch.house
    noting, streams = attendance(house, OpenStream(porch.community_id, anna))
    for _ in range(3):
        await noting.note(streams)
        house.clock.move(20 * SECOND)
    events = await house.parts.reader.events(after=0, take=1000)

    assert [] == [event for event in events if isinstance(event.what, TeammatePresenceChanged)]
    assert Role.AGENT is (await kept(house)).role


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells when a caller acknowledged anything")
async def test_a_connection_tells_how_long_its_caller_has_been_silent(porch: Porch) -> None:
    await porch.open()
    (connection,) = porch.connections
    await until(lambda: connection.silent_s >= 0.1)
    await porch.beat()
    await until(lambda: connection.silent_s < 0.1)
