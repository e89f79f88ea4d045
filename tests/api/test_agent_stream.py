"""The teammates' stream: everything that integrators hear, notes as well, and an end with the session."""

from collections.abc import Callable
from datetime import datetime

import pytest

from parley.actions.teammates import ChangeTeammate, SetTeammateActive
from parley.api.asyncapi import FOR_TEAM
from parley.api.stream import Topic
from parley.core.events import Event, Happening, PasswordChanged, TeammateEnabled, is_for_teammates
from parley.core.people import Role
from parley.core.webhooks import EVENT_TYPES
from tests.api.desks import Desk, give_password, hire, sit_down
from tests.api.following import Follower, Frame, follow, listen
from tests.api.integrators import Integrator
from tests.builders import ALICE, CHARLIE, MINUTE, SHOP
from tests.clock import START
from tests.core.test_events import EVERY


@pytest.fixture
def desk(shop: Integrator) -> Desk:
    """Charlie, signed in at the Shop."""
    return hire(shop)


def event_of(stream: Follower) -> Frame:
    """The next frame of an event."""
    return stream.wait_for(lambda frame: "id" in frame.members and frame.type != "teammate_presence_changed")


def test_a_teammate_hears_the_note_that_an_integrator_does_not(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    with listen(desk) as team, follow(shop) as integrator, follow(shop, number) as one:
        desk.do(f"/conversations/{number}/notes", {"message": "a secret among us"})
        desk.do(f"/conversations/{number}/take")
        heard = [event_of(team), event_of(team)]
        others = [event_of(integrator), event_of(one)]

    assert ["conversation_note_added", "conversation_assigned"] == [frame.type for frame in heard]
    assert "a secret among us" == heard[0].data["note"]["message"]
    assert ["conversation_assigned"] * 2 == [frame.type for frame in others]
    assert ["taken"] * 2 == [frame.data["reason"] for frame in others]


def test_who_comes_back_gets_what_was_missed_once(shop: Integrator, desk: Desk) -> None:
    number = shop.create(message="Hi")["id"]
    seq = desk.get(f"/conversations/{number}")["seq"]
    desk.do(f"/conversations/{number}/notes", {"message": "One"})
    desk.do(f"/conversations/{number}/take")
    with listen(desk, f"?after={seq}") as stream:
        first = event_of(stream)
    with listen(desk, last=first.members["id"]) as stream:
        second = event_of(stream)
    with follow(shop, query=f"?after={seq}") as integrator:
        only = event_of(integrator)

    assert ("conversation_note_added", "conversation_assigned") == (first.type, second.type)
    assert (second.type, second.members["id"]) == (only.type, only.members["id"])


def sign_out(shop: Integrator, desk: Desk) -> None:
    desk.ask("DELETE", "/session")


def change_password(shop: Integrator, desk: Desk) -> None:
    give_password(shop, desk.email)


def disable(shop: Integrator, desk: Desk) -> None:
    shop.do(SetTeammateActive(community_id=shop.tenant.id, email=desk.email, is_active=False, by="x"))


def change_role(shop: Integrator, desk: Desk) -> None:
    shop.do(ChangeTeammate(community_id=shop.tenant.id, user_id=desk.id, admins=(), role=Role.READ_ONLY, by="x"))


@pytest.mark.parametrize("ending", [sign_out, change_password, change_role, disable])
def test_a_stream_ends_with_its_session_and_no_other(
    shop: Integrator, desk: Desk, ending: Callable[[Integrator, Desk], None]
) -> None:
    other = hire(shop, name="Dana")
    with listen(desk) as stream, listen(other) as theirs:
        ending(shop, desk)
        told = stream.rest()
        shop.create()
        frame = event_of(theirs)
        while frame.type != "conversation_created":
            frame = event_of(theirs)

    assert stream.has_ended
    assert ["session ended"] == [comment for frame in told for comment in frame.comments if comment]


def test_another_session_of_the_same_teammate_goes_on_when_one_signs_out(shop: Integrator, desk: Desk) -> None:
    second = sit_down(shop.server, desk.id, desk.email, community=shop.tenant.name)
    with listen(second) as stream:
        desk.ask("DELETE", "/session")
        shop.create()

        assert "conversation_created" == event_of(stream).type


def test_nothing_is_streamed_without_a_session(shop: Integrator) -> None:
    with Follower(("127.0.0.1", shop.server.port), "/agents/events", shop.token) as stream:
        assert 401 == stream.status


def test_what_happened_before_a_session_began_does_not_end_its_stream() -> None:
    """It may be heard late, when the stream is open already."""
    topic = Topic(community_id=SHOP, conversation_id=None, token="s", after=0, user_id=CHARLIE, begun_at=START)

    def told(at: datetime, what: Happening) -> bool:
        return topic.ends_with(
            Event(number=1, community_id=SHOP, seq=1, conversation_id=None, by="x", at=at, what=what)
        )

    assert not told(START, PasswordChanged(CHARLIE))
    assert told(START + MINUTE, PasswordChanged(CHARLIE))
    assert not told(START + MINUTE, PasswordChanged(ALICE))
    assert not told(START + MINUTE, TeammateEnabled(CHARLIE))


def test_only_what_is_for_teammates_alone_is_left_out_for_integrators() -> None:
    """A new event that integrators must not hear has to be named in both places."""
    for_team = {name for name, what in EVERY.items() if is_for_teammates(what)}

    assert for_team == FOR_TEAM
    assert not for_team & set(EVENT_TYPES)


def test_that_a_teammate_is_writing_is_shown_to_the_others_and_to_who_follows_the_conversation(
    shop: Integrator, rival: Integrator, desk: Desk
) -> None:
    dana, spy = hire(shop, name="Dana"), hire(rival, name="Spy")
    number, other = (shop.create(message="Hi")["id"] for _ in range(2))
    with listen(dana) as team, listen(desk) as own, follow(shop, number) as client, follow(shop, other) as another:
        for each in (number, other):
            desk.do(f"/conversations/{each}/replies", {"message": "Hello"})
        for stream in (team, own, client, another):
            stream.wait_for(lambda frame: frame.type == "conversation_message_added")  # it is under way
        assert {} == desk.do(f"/conversations/{number}/typing")
        assert 404 == spy.ask("POST", f"/conversations/{number}/typing").status
        seen = [stream.wait_for(lambda frame: frame.type == "typing") for stream in (team, client)]
        shop.create(message="Later")
        desk.do(f"/conversations/{other}/close")
        rest = [stream.wait_for(shows_close) for stream in (own, another)]

    told = {"conversationId": number, "userId": desk.id, "name": "Charlie", "isByTeam": True, "expiresInSeconds": 5}
    assert [told, told] == [frame.data for frame in seen]
    assert all("id" not in frame.members for frame in seen)
    assert ["conversation_closed"] * 2 == [frame.type for frame in rest]
    assert [] == [frame for stream in (own, another) for frame in stream.frames if frame.type == "typing"]


def shows_close(frame: Frame) -> bool:
    """Whether a conversation was closed."""
    return frame.type == "conversation_closed"
