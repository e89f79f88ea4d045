"""Who has the conversation: the published table row by row, with the events that are raised and those that are not."""

from dataclasses import dataclass
from typing import Any

import pytest

from parley.core.events import ConversationAssigned, TakeoverChanged
from tests.api.chats import UNKNOWN, Agent, Chat, begin, hire
from tests.api.envelopes import paths, refusal
from tests.api.integrators import CONVERSATIONS, Integrator

TAKEOVER, ASSIGNED = "conversation_takeover_state_changed", "conversation_assigned"
STATES = ("bot", "waiting", "assigned", "closed")


@dataclass
class Desk:
    """A community with two teammates, and a conversation between two others that wait."""

    shop: Integrator
    chat: Chat
    anna: Agent
    ben: Agent

    def body(self, asked: str) -> dict[str, Any]:
        """What is asked for, with the teammates' real ids."""
        bodies: dict[str, dict[str, Any]] = {
            "queue": {"isAssignedToBot": False},
            "queue by null": {"isAssignedToBot": False, "assigneeId": None},
            "queue by blank": {"isAssignedToBot": False, "assigneeId": " "},
            "anna": {"isAssignedToBot": False, "assigneeId": self.anna.id},
            "ben": {"isAssignedToBot": False, "assigneeId": self.ben.id},
            "bot": {"isAssignedToBot": True},
            "bot and anna": {"isAssignedToBot": True, "assigneeId": self.anna.id},
            "bot and nobody": {"isAssignedToBot": True, "assigneeId": UNKNOWN},
        }
        return bodies[asked]

    def state(self) -> str:
        """In which list the conversation stands: in exactly one."""
        (found,) = [state for state in STATES if self.chat.id in self._listed(state)]
        return found

    def _listed(self, state: str) -> list[int]:
        reply = self.shop.server.request("GET", f"{CONVERSATIONS}?state={state}", token=self.shop.token)
        return [item["id"] for item in reply.data["items"]]


@pytest.fixture
def desk(shop: Integrator, request: pytest.FixtureRequest) -> Desk:
    """A desk whose conversation the named one has: `bot`, `queue`, `anna`, and `closed` from each of these."""
    holder = getattr(request, "param", "queue")
    begin(shop)
    chat = begin(shop, isBotEnabled="bot" in holder)
    begin(shop)
    desk = Desk(shop, chat, hire(shop, "Anna"), hire(shop, "Ben"))
    if "anna" in holder:
        chat.to(desk.anna.id)
    if "closed" in holder:
        chat.close()
    return desk


def rows(holder: str, *cells: tuple[str, str, int, list[str]]) -> list[Any]:
    """Rows of the table for one holder: what is asked, then the state, the place and the events that follow."""
    return [pytest.param(holder, *cell, id=f"{holder}, asked for {cell[0]}") for cell in cells]


@pytest.mark.parametrize(
    ("desk", "asked", "state", "place", "raised"),
    [
        # The bot's is third in line once it waits: a new number, at the end.
        *rows(
            "bot",
            ("queue", "waiting", 3, [TAKEOVER]),
            ("queue by null", "waiting", 3, [TAKEOVER]),
            ("queue by blank", "waiting", 3, [TAKEOVER]),
            ("anna", "assigned", -1, [TAKEOVER]),
            ("bot", "bot", -1, []),
            ("bot and anna", "bot", -1, []),
            ("bot and nobody", "bot", -1, []),
        ),
        *rows(
            "queue",
            ("queue", "waiting", 2, []),
            ("queue by null", "waiting", 2, []),
            ("anna", "assigned", -1, [ASSIGNED]),
            ("bot", "bot", -1, [TAKEOVER]),
            ("bot and anna", "bot", -1, [TAKEOVER]),
            ("bot and nobody", "bot", -1, [TAKEOVER]),
        ),
        *rows(
            "anna",
            ("queue", "assigned", -1, []),
            ("queue by null", "assigned", -1, []),
            ("anna", "assigned", -1, []),
            ("ben", "assigned", -1, [ASSIGNED]),
            ("bot", "bot", -1, [TAKEOVER]),
            ("bot and anna", "bot", -1, [TAKEOVER]),
        ),
    ],
    indirect=["desk"],
)
def test_the_table_of_holders(desk: Desk, asked: str, state: str, place: int, raised: list[str]) -> None:
    before = len(desk.chat.happened())
    answered = desk.chat.hand(desk.body(asked)).data

    assert {"isAssignedToBot": state == "bot"} == answered == desk.chat.ask("GET", "/takeover").data
    assert (state, place) == (desk.state(), desk.chat.place)
    assert (state != "bot") is desk.chat.get()["isTakeoverEnabled"]
    assert raised == desk.chat.happened()[before:]


@pytest.mark.parametrize("desk", ["closed queue", "closed bot", "closed anna"], indirect=True)
@pytest.mark.parametrize("asked", ["queue", "queue by null", "anna", "ben", "bot", "bot and nobody"])
def test_a_closed_one_changes_hands_no_more(desk: Desk, asked: str) -> None:
    happened, takeover = desk.chat.happened(), desk.chat.ask("GET", "/takeover").data
    body = refusal(desk.chat.hand(desk.body(asked)), 409, 4001)

    assert f"Conversation {desk.chat.id} is closed." == body["errorText"]
    assert happened == desk.chat.happened()
    assert takeover == desk.chat.ask("GET", "/takeover").data


@pytest.mark.parametrize(
    ("desk", "is_with_bot"),
    [("closed queue", False), ("closed bot", True), ("closed anna", False)],
    indirect=["desk"],
)
def test_a_closed_one_says_whether_the_bot_had_it_last(desk: Desk, is_with_bot: bool) -> None:  # noqa: FBT001 - an example
    assert {"isAssignedToBot": is_with_bot} == desk.chat.ask("GET", "/takeover").data
    assert is_with_bot is not desk.chat.get()["isTakeoverEnabled"]


# What the events carry


@pytest.mark.parametrize("desk", ["queue", "bot", "anna"], indirect=True)
def test_the_published_event_says_who_has_it_now(desk: Desk) -> None:
    desk.chat.to_bot()
    desk.chat.to_queue()
    events = [event.what for event in desk.chat.events() if isinstance(event.what, TakeoverChanged)]

    assert events[-1].is_assigned_to_bot is events[-1].custody.is_with_bot is False
    assert "queue" == events[-1].custody.holder


def test_an_assignment_says_to_whom(desk: Desk) -> None:
    desk.chat.to(desk.anna.id)
    desk.chat.to(desk.ben.id)
    events = [event.what for event in desk.chat.events() if isinstance(event.what, ConversationAssigned)]

    assert [desk.anna.id, desk.ben.id] == [event.custody.assignee_id for event in events]


@pytest.mark.parametrize("desk", ["bot"], indirect=True)
def test_taking_it_from_the_bot_says_to_whom_too(desk: Desk) -> None:
    desk.chat.to(desk.anna.id)
    (event,) = desk.chat.events()

    assert isinstance(event.what, TakeoverChanged)
    assert (False, desk.anna.id) == (event.what.is_assigned_to_bot, event.what.custody.assignee_id)


def test_every_change_of_holder_raises_the_epoch_by_one(desk: Desk) -> None:
    desk.chat.to(desk.anna.id)
    desk.chat.to(desk.ben.id)
    desk.chat.to_bot()
    desk.chat.to_queue()
    epochs = [
        event.what.custody.epoch
        for event in desk.chat.events()
        if isinstance(event.what, TakeoverChanged | ConversationAssigned)
    ]

    assert [2, 3, 4, 5] == epochs


def test_a_move_changes_the_conversations_time_and_staying_does_not(desk: Desk) -> None:
    first = desk.chat.get()["lastModifiedTime"]
    desk.chat.to_queue()
    second = desk.chat.get()["lastModifiedTime"]
    desk.chat.to_bot()

    assert first == second < desk.chat.get()["lastModifiedTime"]


# The queue number


def test_the_queue_number_is_kept_while_a_teammate_has_it(desk: Desk) -> None:
    desk.chat.to(desk.anna.id)
    desk.chat.to(desk.ben.id)
    desk.chat.release()

    assert ("waiting", 2) == (desk.state(), desk.chat.place)
    assert [ASSIGNED, ASSIGNED, "conversation_released"] == desk.chat.happened()


def test_the_queue_number_is_lost_with_the_bot(desk: Desk) -> None:
    desk.chat.to_bot()
    desk.chat.to_queue()

    assert 3 == desk.chat.place


def test_a_teammate_who_got_it_from_the_bot_releases_it_to_the_end(desk: Desk) -> None:
    """It never waited, or lost its number: nothing was kept."""
    desk.chat.to_bot()
    desk.chat.to(desk.anna.id)
    desk.chat.release()

    assert 3 == desk.chat.place


def test_a_teammates_taken_one_lets_those_behind_move_up(desk: Desk) -> None:
    behind = begin(desk.shop)
    desk.chat.to(desk.anna.id)

    assert 3 == behind.place


def test_a_number_that_was_kept_pushes_those_behind_back(desk: Desk) -> None:
    behind = begin(desk.shop)
    desk.chat.to(desk.anna.id)
    desk.chat.release()

    assert (2, 4) == (desk.chat.place, behind.place)


# To whom


def test_an_assignee_is_read_in_either_case_and_trimmed(desk: Desk) -> None:
    assert 200 == desk.chat.hand({"isAssignedToBot": False, "assigneeId": f" {desk.anna.id.upper()} "}).status
    assert "assigned" == desk.state()


@pytest.mark.parametrize("assignee", [UNKNOWN, "charlie", "0", "x" * 5_000, "'; --"])
def test_an_unknown_assignee_is_refused(desk: Desk, assignee: str) -> None:
    body = refusal(desk.chat.hand({"isAssignedToBot": False, "assigneeId": assignee}), 422, 1001)

    assert ["assigneeId"] == paths(body)
    assert len(body["errorText"]) < 200
    assert ("waiting", []) == (desk.state(), desk.chat.happened())


def test_a_disabled_assignee_is_refused_until_they_are_back(desk: Desk) -> None:
    desk.anna.disable()
    refused = desk.chat.hand(desk.body("anna"))
    desk.anna.disable(is_active=True)

    assert ["assigneeId"] == paths(refusal(refused, 422, 1001))
    assert 200 == desk.chat.hand(desk.body("anna")).status


def test_an_assignee_of_another_community_is_refused(desk: Desk, rival: Integrator) -> None:
    body = {"isAssignedToBot": False, "assigneeId": hire(rival).id}

    assert ["assigneeId"] == paths(refusal(desk.chat.hand(body), 422, 1001))


def test_a_client_and_the_bot_are_no_assignees(desk: Desk) -> None:
    client = desk.chat.get()["author"]["id"]
    bot = begin(desk.shop, author={"isBot": True}).get()["author"]["id"]

    for assignee in (client, bot):
        body = {"isAssignedToBot": False, "assigneeId": assignee}
        assert ["assigneeId"] == paths(refusal(desk.chat.hand(body), 422, 1001))


@pytest.mark.parametrize("desk", ["closed queue"], indirect=True)
def test_an_unknown_assignee_is_named_before_the_state_is_looked_at(desk: Desk) -> None:
    refusal(desk.chat.hand({"isAssignedToBot": False, "assigneeId": UNKNOWN}), 422, 1001)


def test_a_teammate_who_was_disabled_keeps_what_they_have(desk: Desk) -> None:
    desk.chat.to(desk.anna.id)
    desk.anna.disable()

    assert "assigned" == desk.state()
    assert {"isAssignedToBot": False} == desk.chat.hand(desk.body("ben")).data


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "isAssignedToBot"),
        ({"assigneeId": UNKNOWN}, "isAssignedToBot"),
        ({"isAssignedToBot": None}, "isAssignedToBot"),
        ({"isAssignedToBot": "true"}, "isAssignedToBot"),
        ({"isAssignedToBot": 1}, "isAssignedToBot"),
        ({"isAssignedToBot": False, "assigneeId": 7}, "assigneeId"),
        ([], "body"),
    ],
)
def test_a_body_of_another_shape_is_refused(desk: Desk, body: Any, path: str) -> None:
    assert [path] == paths(refusal(desk.chat.hand(body), 422, 1001))
    assert [] == desk.chat.happened()


# Once


def test_a_repeat_with_the_same_key_does_not_hand_it_over_again(desk: Desk) -> None:
    """It was taken back meanwhile: the repeat is answered as the first was, and moves nothing."""
    key = {"Idempotency-Key": "k-1"}
    first = desk.chat.hand(desk.body("bot"), key)
    desk.chat.to(desk.anna.id)
    again = desk.chat.hand(desk.body("bot"), key)

    assert ({"isAssignedToBot": True}, first.body) == (again.data, again.body)
    assert "true" == again.headers["Idempotent-Replayed"]
    assert "assigned" == desk.state()


def test_a_repeat_with_the_same_key_and_another_body_is_refused(desk: Desk) -> None:
    key = {"Idempotency-Key": "k-1"}
    desk.chat.hand(desk.body("bot"), key)

    refusal(desk.chat.hand(desk.body("queue"), key), 422, 1002)
    assert "bot" == desk.state()


def test_a_refused_change_leaves_its_key_free(desk: Desk) -> None:
    key = {"Idempotency-Key": "k-1"}
    refusal(desk.chat.hand({"isAssignedToBot": False, "assigneeId": UNKNOWN}, key), 422, 1001)

    assert {"isAssignedToBot": True} == desk.chat.hand(desk.body("bot"), key).data
