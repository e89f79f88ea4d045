"""The queue: who is next, who moves up, and how long it takes."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from parley.actions.conversations import ReleaseConversation
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.core.people import Presence, Role
from tests.api.chats import Agent, Chat, begin, hire
from tests.api.inside import House, ask
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator

NOT_WAITING = {"position": -1, "waitTime": None}
UNKNOWN = {"waitTime": None, "p10": None, "p50": None, "p90": None}


def estimate(chat: Chat) -> Any:
    """Its place with the range of the wait."""
    return chat.ask("GET", "/queue/estimate").data


def places(*chats: Chat) -> list[int]:
    """Their places in the queue."""
    return [chat.place for chat in chats]


def finish_chats(shop: Integrator, by: Agent, count: int) -> None:
    """Chats that a teammate has taken and that are closed."""
    for _ in range(count):
        chat = begin(shop)
        chat.to(by.id)
        chat.close()


@pytest.fixture
def charlie(shop: Integrator) -> Agent:
    """A teammate who is present."""
    charlie = hire(shop)
    charlie.be(Presence.ONLINE)
    return charlie


# Places


def test_the_first_one_is_next_and_the_others_follow(shop: Integrator) -> None:
    assert [1, 2, 3] == places(*(begin(shop) for _ in range(3)))


def test_the_place_is_told_in_the_conversation_too(shop: Integrator) -> None:
    begin(shop)
    chat = begin(shop)

    assert {"position": 2, "waitTime": None} == chat.ask("GET", "/queue").data == chat.get()["queuePositionInfo"]


def test_whoever_is_with_the_bot_a_teammate_or_nobody_does_not_wait(shop: Integrator, charlie: Agent) -> None:
    with_bot, taken, closed = begin(shop, isBotEnabled=True), begin(shop), begin(shop)
    taken.to(charlie.id)
    closed.close()

    for chat in (with_bot, taken, closed):
        assert NOT_WAITING == chat.ask("GET", "/queue").data == chat.get()["queuePositionInfo"]
        assert {"position": -1, **UNKNOWN} == estimate(chat)


@pytest.mark.parametrize("how", ["taken", "closed", "given to the bot"])
@pytest.mark.parametrize("who", [0, 1, 3])
def test_those_behind_move_up_when_one_leaves(shop: Integrator, charlie: Agent, how: str, who: int) -> None:
    chats = [begin(shop) for _ in range(4)]
    leaving = chats.pop(who)
    match how:
        case "taken":
            leaving.to(charlie.id)
        case "closed":
            leaving.close()
        case _:
            leaving.to_bot()

    assert [1, 2, 3] == places(*chats)


def test_places_stay_whole_through_many_moves(shop: Integrator, charlie: Agent) -> None:
    chats = [begin(shop, isBotEnabled=number % 3 == 0) for number in range(9)]
    chats[1].to(charlie.id)
    chats[0].to_queue()
    chats[2].to_bot()
    chats[4].close()
    chats[1].release()
    chats[2].to_queue()

    assert [5, 1, 6, -1, -1, 2, -1, 3, 4] == places(*chats)


def test_many_who_come_at_once_are_each_told_a_place_of_their_own(shop: Integrator) -> None:
    with ThreadPoolExecutor(8) as callers:
        told = list(callers.map(lambda _: shop.create()["queuePositionInfo"]["position"], range(64)))

    assert list(range(1, 65)) == sorted(told)


def test_places_stay_whole_when_many_come_and_go_at_once(shop: Integrator, charlie: Agent) -> None:
    def come_and_go(number: int) -> list[Chat]:
        chats = [begin(shop, isBotEnabled=number % 2 == 0) for _ in range(4)]
        chats[0].close()
        chats[1].to(charlie.id)
        chats[2].to_bot().to_queue()
        return chats

    with ThreadPoolExecutor(8) as callers:
        chats = [chat for each in callers.map(come_and_go, range(16)) for chat in each]
    waiting = sorted(place for place in places(*chats) if place != -1)

    assert list(range(1, 25)) == waiting  # all that went to the bot and back, and of each second caller one more
    assert {"waiting": 24, "bot": 8, "assigned": 16, "closed": 16} == {
        state: len(shop.server.request("GET", f"{CONVERSATIONS}?state={state}", token=shop.token).data["items"])
        for state in ("waiting", "bot", "assigned", "closed")
    }


def test_another_communitys_queue_is_not_ours(shop: Integrator, rival: Integrator) -> None:
    begin(rival)
    begin(rival)

    assert 1 == begin(shop).place


# Waits


@pytest.mark.parametrize(("finished", "is_known"), [(0, False), (4, False), (5, True), (6, True)])
def test_five_finished_chats_are_ground_for_an_estimate(
    shop: Integrator,
    charlie: Agent,
    finished: int,
    is_known: bool,  # noqa: FBT001 - an example
) -> None:
    finish_chats(shop, charlie, finished)
    told = begin(shop).get()["queuePositionInfo"]

    assert 1 == told["position"]
    assert is_known == (told["waitTime"] is not None)


def test_a_wait_is_a_whole_number_of_minutes(shop: Integrator, charlie: Agent) -> None:
    finish_chats(shop, charlie, 5)
    wait = begin(shop).ask("GET", "/queue").data["waitTime"]

    assert isinstance(wait, int)
    assert wait >= 1


@pytest.mark.parametrize(
    ("status", "is_known"),
    [(Presence.ONLINE, True), (Presence.BUSY, True), (Presence.AWAY, False), (Presence.FINISHING, False)],
)
def test_somebody_must_be_present(shop: Integrator, charlie: Agent, status: Presence, is_known: bool) -> None:  # noqa: FBT001 - an example
    finish_chats(shop, charlie, 5)
    charlie.be(status)
    chat = begin(shop)

    assert is_known == (chat.ask("GET", "/queue").data["waitTime"] is not None)


def test_a_disabled_teammate_and_one_without_seats_are_not_present(shop: Integrator, charlie: Agent) -> None:
    finish_chats(shop, charlie, 5)
    chat = begin(shop)
    charlie.be(Presence.ONLINE, seats=0)
    without_seats = estimate(chat)
    charlie.be(Presence.ONLINE, seats=1)
    with_seat = estimate(chat)
    charlie.disable()

    assert {"position": 1, **UNKNOWN} == without_seats == estimate(chat)
    assert with_seat["waitTime"] is not None


def test_a_chat_that_nobody_took_is_no_ground(shop: Integrator, charlie: Agent) -> None:
    finish_chats(shop, charlie, 4)
    for with_bot in (True, False):
        begin(shop, isBotEnabled=with_bot).close()

    assert None is begin(shop).get()["queuePositionInfo"]["waitTime"]


def test_another_communitys_chats_and_teammates_are_no_ground(
    shop: Integrator, rival: Integrator, charlie: Agent
) -> None:
    finish_chats(shop, charlie, 5)

    assert None is begin(rival).get()["queuePositionInfo"]["waitTime"]


def test_every_answer_tells_the_wait(shop: Integrator, charlie: Agent) -> None:
    finish_chats(shop, charlie, 5)
    created = shop.create()
    chat = Chat(shop, created["id"])
    (listed,) = shop.server.request("GET", f"{CONVERSATIONS}?state=waiting", token=shop.token).data["items"]
    moved = chat.move({"url": "https://shop.example"}).data
    told = [each["queuePositionInfo"] for each in (created, listed, moved, chat.get())]

    assert [{"position": 1, "waitTime": 1}] * 4 == told


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_the_range_is_in_order_and_its_median_is_the_wait(shop: Integrator, charlie: Agent, ahead: int) -> None:
    finish_chats(shop, charlie, 5)
    for _ in range(ahead):
        begin(shop)
    chat = begin(shop)
    told = estimate(chat)

    assert ["position", "waitTime", "p10", "p50", "p90"] == list(told)
    assert ahead + 1 == told["position"]
    assert 0 <= told["p10"] <= told["p50"] <= told["p90"]
    assert told["waitTime"] == chat.ask("GET", "/queue").data["waitTime"] == max(1, math.ceil(told["p50"]))


# Waits of hours, by a clock that is moved


class Desk:
    """One seat, and chats that take as long as they are told."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.teammate = ""

    async def open(self) -> None:
        """Have a teammate take chats, one at a time."""
        mine: Any = {"community_id": self.house.tenant.id, "email": "charlie@shop.example", "by": "operator"}
        submit = self.house.parts.ledger.submit
        user, _ = await submit(AddTeammate(name="Charlie", role=Role.AGENT, **mine))
        await submit(SetTeammateStatus(status=Presence.ONLINE, seats=1, **mine))
        self.teammate = user.id

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """What is answered."""
        headers = {"Authorization": f"Bearer {await self.house.token()}"}
        reply = await ask(self.house.app, method, CONVERSATIONS + path, json.dumps(body).encode(), headers=headers)
        return reply.data

    async def take(self, number: int) -> None:
        """Have the teammate take a conversation."""
        body = {"isAssignedToBot": False, "assigneeId": self.teammate}
        await self.send("PATCH", f"/{number}/takeover", body)

    async def chat(self, *, minutes: float, released_after: float = 0) -> None:
        """A whole chat; when it was released, it goes on as soon as it was taken again."""
        number = (await self.send("POST", "", {"author": JOHN}))["id"]
        await self.take(number)
        if released_after:
            self.house.clock.move(timedelta(minutes=released_after))
            mine: Any = {"community_id": self.house.tenant.id, "by": "operator"}
            await self.house.parts.ledger.submit(ReleaseConversation(conversation_id=number, **mine))
            await self.take(number)
        self.house.clock.move(timedelta(minutes=minutes))
        await self.send("PATCH", f"/{number}/close")

    async def estimate(self, chat: Any) -> Any:
        """The place of a conversation with the range of the wait."""
        return await self.send("GET", f"/{chat['id']}/queue/estimate")


@pytest.fixture
async def desk(house: House) -> Desk:
    """An open desk."""
    desk = Desk(house)
    await desk.open()
    return desk


@pytest.fixture
async def known(desk: Desk) -> Desk:
    """A desk where five chats of ten minutes each were finished."""
    for _ in range(5):
        await desk.chat(minutes=10)
    return desk


async def test_the_next_in_line_waits_for_one_seat_to_become_free(known: Desk) -> None:
    """A chat of ten minutes ends within 10 ln 2 = 6.9 minutes in half of all cases, in 10 ln 10 = 23 in nine of ten."""
    told = await known.estimate(await known.send("POST", "", {"author": JOHN}))

    assert 7 == told["waitTime"]
    assert pytest.approx(10 * math.log(10 / 9), rel=0.1) == told["p10"]
    assert pytest.approx(10 * math.log(2), rel=0.1) == told["p50"]
    assert pytest.approx(10 * math.log(10), rel=0.1) == told["p90"]


async def test_who_stands_further_back_waits_longer(known: Desk) -> None:
    chats = [await known.send("POST", "", {"author": JOHN}) for _ in range(5)]
    waits = [(await known.estimate(chat))["p50"] for chat in chats]

    assert sorted(set(waits)) == waits


async def test_chats_finished_a_day_ago_are_no_ground_any_more(known: Desk) -> None:
    """The first of the five ended forty minutes before the last; without it four are left."""
    chat = await known.send("POST", "", {"author": JOHN})
    known.house.clock.move(timedelta(hours=24) - timedelta(minutes=41))
    before = await known.estimate(chat)
    known.house.clock.move(timedelta(minutes=1))

    assert before["waitTime"] is not None
    assert {"position": 1, **UNKNOWN} == await known.estimate(chat)


async def test_a_released_chat_is_as_long_as_from_when_it_was_taken_last(desk: Desk) -> None:
    for _ in range(5):
        await desk.chat(minutes=10, released_after=60)

    assert 7 == (await desk.estimate(await desk.send("POST", "", {"author": JOHN})))["waitTime"]
