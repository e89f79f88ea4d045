"""The server gives out what waits, in the transaction that makes it possible."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.draft import Action
from parley.actions.routing import SetRouting
from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.core.conversations import AssignmentReason, Conversation, Holder
from parley.core.errors import ConflictError, NotFoundError, ParleyError
from parley.core.events import ConversationAssigned, ConversationCreated, RoutingChanged, apply
from parley.core.people import Presence, Role
from parley.core.routing import RoutingMode
from tests.builders import RIVAL, SHOP, create
from tests.ledger.books import Books

AUTOMATIC = SetRouting(community_id=SHOP, mode=RoutingMode.AUTOMATIC, by="operator")
NAMES = ("anna", "bo", "chidi")


def status(name: str, status: Presence = Presence.ONLINE, seats: int = 1) -> SetTeammateStatus:
    """A teammate says whether they take chats."""
    return SetTeammateStatus(community_id=SHOP, email=f"{name}@shop.example", status=status, seats=seats, by="operator")


def close(number: int) -> CloseConversation:
    """A conversation ends."""
    return CloseConversation(community_id=SHOP, conversation_id=number, by="x")


@pytest.fixture
async def team(books: Books) -> list[str]:
    """Three teammates of the Shop, all away."""
    added = [
        await books.do(
            AddTeammate(community_id=SHOP, name=name, email=f"{name}@shop.example", role=Role.AGENT, by="operator")
        )
        for name in NAMES
    ]
    await books.recorded()
    return [user.id for user, _ in added]


async def told(books: Books, community_id: int = SHOP) -> list[Conversation]:
    """Each conversation, by id, as the log tells it."""
    found: dict[int, Conversation | None] = {}
    for event in await books.events():
        if event.community_id == community_id and event.conversation_id is not None:
            found[event.conversation_id] = apply(found.get(event.conversation_id), event)
    return [each for _, each in sorted(found.items()) if each is not None]


async def holders(books: Books, community_id: int = SHOP) -> list[str | None]:
    """Who has each conversation, by id; None: no teammate."""
    return [each.assignee_id if each.holder is Holder.TEAMMATE else None for each in await told(books, community_id)]


async def test_by_default_teammates_take_them_themselves(books: Books, team: list[str]) -> None:
    await books.do(status("anna"))
    await books.do(create())

    assert [None] == await holders(books)


async def test_whoever_comes_is_given_out_at_once_with_the_reason(books: Books, team: list[str]) -> None:
    await books.do(AUTOMATIC)
    await books.do(status("anna", seats=2))
    await books.recorded()
    await books.do(create())
    created, assigned = (await books.recorded())[-2:]

    assert isinstance(created, ConversationCreated)
    assert isinstance(assigned, ConversationAssigned)
    why = assigned.assignment
    assert why is not None
    assert why.grounds is not None
    assert (team[0], AssignmentReason.AUTOMATIC, "server") == (why.assignee_id, why.reason, why.by)
    assert (0, 0, 2, 1) == (why.grounds.waited_s, why.grounds.open_chats, why.grounds.seats, why.grounds.candidates)
    assert [] == await books.failing_checks()


async def test_the_mode_gives_out_those_who_wait_already_the_oldest_first(books: Books, team: list[str]) -> None:
    for _ in range(4):
        await books.do(create())
    await books.do(status("anna", seats=2))
    await books.do(status("bo"))
    await books.do(AUTOMATIC)

    found = await holders(books)
    assert None is found[3]
    assert [team[0], team[0], team[1]] == sorted(found[:3], key=lambda each: team.index(each or ""))
    assert [] == await books.failing_checks()


async def test_a_seat_that_comes_free_is_filled(books: Books, team: list[str]) -> None:
    await books.do(AUTOMATIC)
    await books.do(status("anna"))
    for _ in range(3):
        await books.do(create())
    assert [team[0], None, None] == await holders(books)
    await books.do(close(1))
    assert [None, team[0], None] == await holders(books)
    await books.do(ChangeTakeover(community_id=SHOP, conversation_id=2, is_assigned_to_bot=True, by="x"))
    assert [None, None, team[0]] == await holders(books)
    assert [] == await books.failing_checks()


@pytest.mark.parametrize("presence", [Presence.BUSY, Presence.AWAY, Presence.FINISHING])
async def test_who_is_not_online_is_given_none_until_they_are(
    books: Books, team: list[str], presence: Presence
) -> None:
    await books.do(AUTOMATIC)
    await books.do(status("anna", presence, seats=3))
    await books.together([create(), create()])
    assert [None, None] == await holders(books)
    await books.do(status("anna", seats=3))
    assert [team[0], team[0]] == await holders(books)


async def test_equals_are_given_one_in_turn(books: Books, team: list[str]) -> None:
    await books.do(AUTOMATIC)
    for name in NAMES:
        await books.do(status(name))
    order = []
    for number in range(1, 7):
        books.clock.move(timedelta(seconds=1))
        await books.do(create())
        order.append((await holders(books))[-1])
        await books.do(close(number))

    assert order[:3] == order[3:]
    assert sorted(order[:3], key=str) == sorted(team)


async def test_a_refused_action_gives_nothing_out(books: Books, team: list[str]) -> None:
    await books.do(AUTOMATIC)
    await books.do(create())
    await books.recorded()
    with pytest.raises(ConflictError):
        await books.do(ReleaseConversation(community_id=SHOP, conversation_id=1, by="x"))
    assert [] == await books.recorded()


async def test_another_communitys_people_are_never_given_out(books: Books, team: list[str]) -> None:
    await books.do(AUTOMATIC)
    await books.do(status("anna"))
    await books.do(create(community_id=RIVAL))

    assert [None] == await holders(books, RIVAL)


async def test_the_same_mode_again_is_no_event(books: Books) -> None:
    await books.recorded()
    await books.do(AUTOMATIC)
    await books.do(AUTOMATIC)
    assert [RoutingChanged(RoutingMode.AUTOMATIC)] == await books.recorded()
    with pytest.raises(NotFoundError):
        await books.do(SetRouting(community_id=99, mode=RoutingMode.AUTOMATIC, by="x"))


@pytest.mark.parametrize("seed", range(6))
async def test_nobody_waits_while_a_seat_is_free_and_nobody_is_given_more_than_their_seats(
    books: Books, team: list[str], seed: int
) -> None:
    dice = Random(seed)
    made = 0
    await books.do(AUTOMATIC)
    for _ in range(25):
        group: list[Action[Any]] = []
        for _ in range(dice.randint(1, 6)):
            match dice.choice(("create", "create", "close", "release", "bot", "status", "enable")):
                case "create":
                    made += 1
                    group.append(create())
                case "status":
                    who = dice.randrange(3)
                    group.append(status(NAMES[who], dice.choice(list(Presence)), dice.randint(0, 3)))
                case "enable":
                    group.append(
                        SetTeammateActive(
                            community_id=SHOP,
                            email=f"{dice.choice(NAMES)}@shop.example",
                            is_active=dice.random() < 0.8,
                            by="operator",
                        )
                    )
                case "close":
                    group.append(close(dice.randint(1, made + 1)))
                case "release":
                    group.append(
                        ReleaseConversation(community_id=SHOP, conversation_id=dice.randint(1, made + 1), by="x")
                    )
                case "bot":
                    group.append(
                        ChangeTakeover(
                            community_id=SHOP,
                            conversation_id=dice.randint(1, made + 1),
                            is_assigned_to_bot=dice.random() < 0.5,
                            by="x",
                        )
                    )
        done = await books.together(group)
        assert all(isinstance(each, ParleyError) for each in done if isinstance(each, Exception))
        books.clock.move(timedelta(seconds=1))
        online = {
            user.id: teammate.seats
            for user, teammate in await books.reader.teammates(SHOP)
            if teammate.is_active and teammate.status is Presence.ONLINE
        }
        has = await holders(books)
        is_waiting = any(each.is_waiting for each in await told(books))
        assert not (is_waiting and any(has.count(who) < seats for who, seats in online.items()))

    await see_that_each_was_the_first_and_had_a_seat(books)
    assert [] == await books.failing_checks()


async def see_that_each_was_the_first_and_had_a_seat(books: Books) -> None:
    """Go through the log: whoever was given out had waited longest just before, and the grounds are true."""
    found: dict[int, Conversation] = {}
    for event in await books.events():
        if event.community_id != SHOP or event.conversation_id is None:
            continue
        if isinstance(event.what, ConversationAssigned):
            assert event.what.assignment is not None
            grounds = event.what.assignment.grounds
            first = min((each for each in found.values() if each.is_waiting), key=lambda each: each.queue_number or 0)
            has = sum(
                each.holder is Holder.TEAMMATE and each.assignee_id == event.what.assignment.assignee_id
                for each in found.values()
            )
            assert grounds is not None
            assert grounds.seats is not None
            assert (first.id, has) == (event.conversation_id, grounds.open_chats)
            assert has < grounds.seats
        after = apply(found.get(event.conversation_id), event)
        assert after is not None
        found[event.conversation_id] = after
