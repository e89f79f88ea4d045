"""Who gives no sign of life is gone, and what they did not answer goes back: on a clock that tests move."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any, cast

import pytest

from parley.actions.attendance import SeeTeammates, TendTeammates
from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.desk import TakeConversation
from parley.actions.draft import Action
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.routing import SetRouting
from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.attendance import Registry
from parley.core.conversations import Conversation, Holder
from parley.core.errors import ParleyError
from parley.core.events import ConversationReleased, TeammatePresenceChanged
from parley.core.people import Presence, Role, Teammate
from parley.core.routing import RoutingMode
from parley.core.waiting import NOT_WAITING
from parley.ports import Reader
from parley.shifts import Shifts
from tests.builders import RIVAL, SHOP, author, create
from tests.ledger.books import Books, opened
from tests.storage.databases import Database
from tests.webhooks.post_office import Desk
from tests.webhooks.virtual_clock import VirtualClock

SECOND = timedelta(seconds=1)
NAMES = ("anna", "bo", "chidi")
AUTOMATIC = SetRouting(community_id=SHOP, mode=RoutingMode.AUTOMATIC, by="operator")


class Team:
    """Teammates of the Shop, and whoever looks after them."""

    def __init__(self, books: Books, clock: VirtualClock) -> None:
        self.books = books
        self.clock = clock
        self.reader = Desk(books.reader)
        self.ids: dict[str, str] = {}

    async def hire(self, *names: str, status: Presence = Presence.ONLINE, seats: int = 3) -> None:
        """Somebody joins, and takes chats."""
        for name in names:
            email = f"{name}@shop.example"
            add = AddTeammate(community_id=SHOP, name=name, email=email, role=Role.AGENT, by="operator")
            user, _ = await self.books.do(add)
            self.ids[name] = user.id
            await self.say(name, status, seats)

    async def say(self, name: str, status: Presence, seats: int = 3) -> None:
        """What a teammate says of themselves."""
        email = f"{name}@shop.example"
        await self.books.do(
            SetTeammateStatus(community_id=SHOP, email=email, status=status, seats=seats, by="operator")
        )

    async def see(self, *names: str, ago: timedelta = timedelta()) -> None:
        """They give a sign of life."""
        signs = tuple((self.ids[name], self.clock() - ago) for name in names)
        await self.books.do(SeeTeammates(community_id=SHOP, seen=signs))

    async def teammate(self, name: str) -> Teammate:
        """One as they are kept."""
        return {user.id: teammate for user, teammate in await self.books.reader.teammates(SHOP)}[self.ids[name]]

    async def take(self, name: str, *numbers: int) -> None:
        """They take conversations."""
        for number in numbers:
            take = TakeConversation(community_id=SHOP, conversation_id=number, user_id=self.ids[name], by="x")
            await self.books.do(take)

    async def write(self, number: int, text: str = "Hi", *, name: str | None = None) -> None:
        """The client writes, or a teammate."""
        who = author(email="alice@example.org") if name is None else author(email=f"{name}@shop.example")
        message = NewMessage(author=who, text=text)
        await self.books.do(AddMessages(community_id=SHOP, conversation_id=number, messages=(message,), by="x"))

    async def holders(self) -> list[str | None]:
        """Who has each conversation, by its number; None: nobody of the team."""
        names = {user_id: name for name, user_id in self.ids.items()}
        found = [await self.conversation(number) for number in range(1, await self.count() + 1)]
        return [names[each.assignee_id or ""] if each.holder is Holder.TEAMMATE else None for each in found]

    async def count(self) -> int:
        """How many conversations there are."""
        return len({event.conversation_id for event in await self.books.events()} - {None})

    async def conversation(self, number: int) -> Conversation:
        """One as it is kept."""
        found = await self.books.reader.conversation(SHOP, number, messages=None)
        assert found is not None
        return found.conversation

    async def begin(self, count: int = 1) -> None:
        """Clients come, each with a message."""
        for _ in range(count):
            await self.books.do(create(author=author(email="alice@example.org"), message="Help"))

    async def presences(self) -> list[tuple[str, bool]]:
        """Who came and went, as the log tells it."""
        names = {user_id: name for name, user_id in self.ids.items()}
        return [
            (names[event.what.user_id], event.what.is_present)
            for event in await self.books.events()
            if isinstance(event.what, TeammatePresenceChanged)
        ]


@asynccontextmanager
async def looked_after(team: Team, name: str = "first") -> AsyncIterator[None]:
    """A process that looks after the teammates until the block ends."""

    def gone(leases: Collection[Any]) -> tuple[str, ...]:
        return ()

    ledger, reader = team.books.ledger, cast("Reader", team.reader)
    registry = Registry(ledger=ledger, reader=reader, clock=team.clock)
    shifts = Shifts(registry, ledger=ledger, reader=reader, clock=team.clock, holder=name, gone=gone)
    task = asyncio.create_task(shifts.run(), name=f"attendance office {name}")
    try:
        await team.clock.settle()
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """A clock on which minutes pass in a moment."""
    return VirtualClock()


@pytest.fixture
async def team(database: Database, virtual_clock: VirtualClock) -> AsyncIterator[Team]:
    """The Shop without anybody yet."""
    async with opened(database, virtual_clock) as books:
        await books.add_communities()
        yield Team(books, virtual_clock)


async def test_a_closed_laptop_is_gone_after_a_minute_and_its_seats_with_it(team: Team) -> None:
    await team.hire("anna", "bo")
    await team.see("anna")
    async with looked_after(team):
        await team.clock.pass_by(59 * SECOND)
        assert [] == await team.presences()
        await team.clock.pass_by(4 * SECOND)
        assert [("anna", False)] == await team.presences()
        assert (False, True) == ((await team.teammate("anna")).is_present, (await team.teammate("bo")).is_present)
        assert [] == await team.books.failing_checks()  # that the seats are those of whoever is present, too
        await team.see("anna")
        assert [("anna", False), ("anna", True)] == await team.presences()
        assert [] == await team.books.failing_checks()


async def test_whoever_goes_on_giving_signs_of_life_stays_and_no_event_tells_it(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    before = len(await team.books.events())
    async with looked_after(team):
        for _ in range(20):
            await team.clock.pass_by(20 * SECOND)
            await team.see("anna", ago=15 * SECOND)

    assert before == len(await team.books.events())


async def test_what_was_not_answered_goes_back_to_its_place_and_the_rest_stays(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    await team.begin(4)
    await team.take("anna", 1, 2, 3)
    await team.write(2, name="anna")
    async with looked_after(team):
        await team.clock.pass_by(175 * SECOND)
        assert ["anna", "anna", "anna", None] == await team.holders()
        await team.clock.pass_by(10 * SECOND)

    assert [None, "anna", None, None] == await team.holders()
    places = await team.books.reader.places(SHOP, (1, 2, 3, 4), at=team.clock())
    assert [1, NOT_WAITING, 2, 3] == [places[number].position for number in (1, 2, 3, 4)]
    released = [event.by for event in await team.books.events() if isinstance(event.what, ConversationReleased)]
    assert ["server"] * 2 == released
    assert [] == await team.books.failing_checks()


async def test_what_the_client_says_later_to_somebody_gone_goes_back_too(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    await team.begin()
    await team.take("anna", 1)
    await team.write(1, name="anna")
    async with looked_after(team):
        await team.clock.pass_by(timedelta(minutes=30))
        assert ["anna"] == await team.holders()
        await team.write(1, "Are you there?")
        await team.clock.pass_by(130 * SECOND)
        assert [None] == await team.holders()
        assert None is (await team.teammate("anna")).due_at


async def test_what_is_given_to_somebody_gone_goes_back_too(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    await team.begin()
    async with looked_after(team):
        await team.clock.pass_by(timedelta(minutes=30))
        assert None is (await team.teammate("anna")).due_at
        await team.take("anna", 1)
        await team.clock.pass_by(115 * SECOND)
        assert ["anna"] == await team.holders()
        await team.clock.pass_by(15 * SECOND)
        assert [None] == await team.holders()


async def test_whoever_comes_back_in_time_keeps_what_they_have(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    await team.begin()
    await team.take("anna", 1)
    async with looked_after(team):
        await team.clock.pass_by(170 * SECOND)
        await team.see("anna")
        await team.clock.pass_by(50 * SECOND)

    assert ["anna"] == await team.holders()


async def test_whose_presence_was_only_ever_said_holds_as_said(team: Team) -> None:
    await team.hire("anna")
    await team.begin()
    await team.take("anna", 1)
    async with looked_after(team):
        await team.clock.pass_by(timedelta(days=1))

    assert ["anna"] == await team.holders()
    assert [] == await team.presences()


async def test_a_shorter_time_counts_at_once(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    await team.begin()
    await team.take("anna", 1)
    async with looked_after(team):
        await team.clock.pass_by(70 * SECOND)
        await team.books.do(SetRouting(community_id=SHOP, mode=RoutingMode.MANUAL, return_after_s=5, by="x"))
        await team.clock.pass_by(3 * SECOND)

    assert [None] == await team.holders()


async def test_what_goes_back_is_given_to_a_colleague_and_nothing_to_who_is_gone(team: Team) -> None:
    await team.hire("anna", "bo", seats=1)
    await team.books.do(AUTOMATIC)
    await team.see("anna", "bo")
    await team.begin(3)
    assert {"anna", "bo", None} == set(await team.holders())
    had = await team.holders()
    async with looked_after(team):
        for _ in range(10):
            await team.clock.pass_by(20 * SECOND)
            await team.see("bo")
        assert [each if each == "bo" else None for each in had] == await team.holders()
        number = had.index("bo") + 1
        await team.books.do(CloseConversation(community_id=SHOP, conversation_id=number, by="x"))
        assert "bo" == (await team.holders())[had.index("anna")]  # it waited longest
        await team.see("anna")
        assert "anna" == (await team.holders())[2]  # given out with the sign of life
    assert [] == await team.books.failing_checks()


async def test_two_processes_and_one_dead_look_after_everybody_once(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    await team.begin()
    await team.take("anna", 1)
    async with looked_after(team, "second"):
        async with looked_after(team, "first"):
            await team.clock.pass_by(30 * SECOND)
        await team.clock.pass_by(200 * SECOND)

    assert [("anna", False)] == await team.presences()
    assert [None] == await team.holders()


async def test_a_database_that_is_away_keeps_nobody_there_for_ever(team: Team) -> None:
    await team.hire("anna")
    await team.see("anna")
    async with looked_after(team):
        team.reader.is_away = True
        await team.clock.pass_by(100 * SECOND)
        assert [] == await team.presences()
        team.reader.is_away = False
        await team.clock.pass_by(5 * SECOND)

    assert [("anna", False)] == await team.presences()


async def test_a_sign_of_life_of_strangers_says_nothing(team: Team) -> None:
    await team.hire("anna", status=Presence.AWAY)
    await team.books.do(SetTeammateActive(community_id=SHOP, email="anna@shop.example", is_active=False, by="x"))
    await team.books.recorded()
    await team.see("anna")
    await team.books.do(SeeTeammates(community_id=RIVAL, seen=((team.ids["anna"], team.clock()),)))
    await team.books.do(TendTeammates(community_id=RIVAL, user_ids=(team.ids["anna"], "nobody")))

    assert [] == await team.books.recorded()
    assert None is (await team.teammate("anna")).seen_at


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_waits_while_somebody_who_is_there_has_a_free_seat(team: Team, seed: int) -> None:
    dice = Random(seed)
    await team.hire(*NAMES, seats=2)
    await team.books.do(AUTOMATIC)
    for _ in range(30):
        count = await team.count()
        number, name = dice.randint(1, count + 1), dice.choice(NAMES)
        group: list[Action[Any]] = []
        for _ in range(dice.randint(1, 4)):
            match dice.choice(("create", "create", "close", "release", "bot", "see", "tend", "say")):
                case "create":
                    group.append(create(author=author(email="alice@example.org"), message="Help"))
                case "close":
                    group.append(CloseConversation(community_id=SHOP, conversation_id=number, by="x"))
                case "release":
                    group.append(ReleaseConversation(community_id=SHOP, conversation_id=number, by="x"))
                case "bot":
                    is_bots = dice.random() < 0.5
                    group.append(
                        ChangeTakeover(community_id=SHOP, conversation_id=number, is_assigned_to_bot=is_bots, by="x")
                    )
                case "see":
                    signs = ((team.ids[name], team.clock() - dice.randint(0, 70) * SECOND),)
                    group.append(SeeTeammates(community_id=SHOP, seen=signs))
                case "tend":
                    group.append(TendTeammates(community_id=SHOP, user_ids=tuple(team.ids.values())))
                case "say":
                    status, seats = dice.choice(list(Presence)), dice.randint(0, 3)
                    email = f"{name}@shop.example"
                    group.append(SetTeammateStatus(community_id=SHOP, email=email, status=status, seats=seats, by="x"))
        done = await team.books.together(group)
        assert all(isinstance(each, ParleyError) for each in done if isinstance(each, Exception))
        team.clock.move(timedelta(seconds=dice.randint(1, 60)))
        await see_that_nobody_waits_in_vain(team)

    assert [] == await team.books.failing_checks()


async def see_that_nobody_waits_in_vain(team: Team) -> None:
    """Somebody waits only when all who are there and take chats have as many as they have seats."""
    has = await team.holders()
    found = [await team.conversation(number) for number in range(1, len(has) + 1)]
    if any(each.is_waiting for each in found):
        for name in NAMES:
            teammate = await team.teammate(name)
            takes = teammate.is_present and teammate.status is Presence.ONLINE
            assert not takes or has.count(name) >= teammate.seats
