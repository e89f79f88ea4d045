"""The server gives out what waits, in the transaction that makes it possible."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.create_conversation import CreateConversation
from parley.actions.draft import Action
from parley.actions.routing import SetRouting
from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.core import routing, teams
from parley.core.conversations import Assignment, AssignmentReason, Conversation, Holder, PassedOver
from parley.core.errors import ConflictError, NotFoundError, ParleyError
from parley.core.events import ConversationAssigned, ConversationCreated, Event, RoutingChanged, apply
from parley.core.people import Presence, Role, Teammate
from parley.core.routing import Candidate, RoutingMode, Standing
from parley.core.teams import Member
from tests.builders import RIVAL, SHOP, create
from tests.ledger.books import Books

AUTOMATIC = SetRouting(community_id=SHOP, mode=RoutingMode.AUTOMATIC, by="operator")
NAMES = ("anna", "bo", "chidi")
MOODS = (*Presence, Presence.ONLINE, Presence.ONLINE, Presence.ONLINE)  # mostly there


def status(name: str, status: Presence = Presence.ONLINE, seats: int = 1) -> SetTeammateStatus:
    """A teammate says whether they take chats."""
    return SetTeammateStatus(community_id=SHOP, email=f"{name}@shop.example", status=status, seats=seats, by="operator")


def joins(name: str) -> AddTeammate:
    """Somebody joins the team."""
    return AddTeammate(community_id=SHOP, name=name, email=f"{name}@shop.example", role=Role.AGENT, by="operator")


def close(number: int) -> CloseConversation:
    """A conversation ends."""
    return CloseConversation(community_id=SHOP, conversation_id=number, by="x")


@pytest.fixture
async def team(books: Books) -> list[str]:
    """Three teammates of the Shop, all away."""
    added = [await books.do(joins(name)) for name in NAMES]
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
    assert PassedOver(away=2) == why.grounds.passed_over
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


async def test_who_joins_another_communitys_team_in_the_same_group_is_no_matter(books: Books, team: list[str]) -> None:
    await books.do(AUTOMATIC)
    await books.do(status("anna"))
    joins_rival = AddTeammate(community_id=RIVAL, name="Rita", email="rita@rival.example", role=Role.AGENT, by="x")
    _, opened = await books.together([joins_rival, create()])

    assert 1 == opened.conversation.id
    assert [team[0]] == await holders(books)


async def test_the_same_mode_again_is_no_event(books: Books) -> None:
    await books.recorded()
    await books.do(AUTOMATIC)
    await books.do(AUTOMATIC)
    assert [RoutingChanged(RoutingMode.AUTOMATIC)] == await books.recorded()
    with pytest.raises(NotFoundError):
        await books.do(SetRouting(community_id=99, mode=RoutingMode.AUTOMATIC, by="x"))


@pytest.mark.parametrize("size", [3, 30])
@pytest.mark.parametrize("seed", range(4))
async def test_nobody_waits_while_a_seat_is_free_and_the_first_of_the_team_gets_the_first(
    books: Books, seed: int, size: int
) -> None:
    dice, names = Random(seed), [f"mate{number}" for number in range(size)]
    await books.together([joins(name) for name in names])
    await books.together([status(name, dice.choice(MOODS), dice.randint(0, 3)) for name in names])
    await books.do(AUTOMATIC)
    made = 0
    for _ in range(25):
        group = [an_action(dice, names, made) for _ in range(dice.randint(1, 6))]
        made += sum(isinstance(each, CreateConversation) for each in group)
        done = await books.together(group)
        assert all(isinstance(each, ParleyError) for each in done if isinstance(each, Exception))
        books.clock.move(timedelta(seconds=1))
        assert [] == await books.failing_checks()

    await see_that_the_first_went_to_the_first(books)


def an_action(dice: Random, names: list[str], made: int) -> Action[Any]:
    """Something that may move the queue or the team, sometimes about a conversation that this group makes."""
    about: dict[str, Any] = {"community_id": SHOP, "by": "x"}
    number, name = dice.randint(1, made + 1), dice.choice(names)
    match dice.choice(("create", "create", "rival", "close", "release", "bot", "status", "status", "enable")):
        case "create":
            return create()
        case "rival":
            rita: dict[str, Any] = {"name": "Rita", "email": f"rita{dice.random()}@rival.example", "role": Role.AGENT}
            return dice.choice((create(community_id=RIVAL), AddTeammate(community_id=RIVAL, by="x", **rita)))
        case "close":
            return close(number)
        case "release":
            return ReleaseConversation(conversation_id=number, **about)
        case "bot":
            return ChangeTakeover(conversation_id=number, is_assigned_to_bot=dice.random() < 0.5, **about)
        case "status":
            return status(name, dice.choice(MOODS), dice.randint(0, 3))
        case _:
            return SetTeammateActive(email=f"{name}@shop.example", is_active=dice.random() < 0.9, **about)


async def see_that_the_first_went_to_the_first(books: Books) -> None:
    """Go through the log: whoever was given out had waited longest, went to the first of the whole team, and the
    grounds are true.
    """
    log, assigned = Retold(), 0
    for event in await books.events():
        if event.community_id == SHOP:
            if isinstance(event.what, ConversationAssigned):
                log.look_at(event.what.assignment, event.conversation_id)
                assigned += 1
            log.apply(event)

    assert assigned > 5


class Retold:
    """The queue and the team as the log tells them, up to some event."""

    def __init__(self) -> None:
        self.conversations: dict[int, Conversation | None] = {}
        self.team: dict[str, Member | None] = {}
        self.given_at: dict[str, datetime] = {}

    def apply(self, event: Event) -> None:
        """Go on by one event."""
        if event.conversation_id is not None:
            self.conversations[event.conversation_id] = apply(self.conversations.get(event.conversation_id), event)
        elif isinstance(event.what, teams.TOLD_BY):
            who = teams.whom(event.what)
            self.team[who] = teams.apply(self.team.get(who), event.what)

    def look_at(self, assignment: Assignment | None, conversation_id: int | None) -> None:
        """See that an assignment is what the rules say at this point."""
        assert assignment is not None
        assert assignment.grounds is not None
        there = [each for each in self.conversations.values() if each is not None]
        first = min((each for each in there if each.is_waiting), key=lambda each: each.queue_number or 0)
        team = [self.candidate(who, member, there) for who, member in self.team.items() if member is not None]
        chosen = min(rank for each in team if (rank := routing.rank_of(each)) is not None)
        standings = Counter(each.standing for each in team)

        assert (first.id, chosen[-1]) == (conversation_id, assignment.assignee_id)
        assert chosen[0] == assignment.grounds.open_chats
        assert standings[Standing.FREE] == assignment.grounds.candidates
        assert routing.passed_over(standings) == assignment.grounds.passed_over
        self.given_at[assignment.assignee_id] = assignment.at

    def candidate(self, who: str, member: Member, there: list[Conversation]) -> Candidate:
        """A teammate with what they have of these."""
        teammate = Teammate(
            user_id=who,
            community_id=SHOP,
            role=member.role,
            status=member.status,
            seats=member.seats,
            is_active=member.is_active,
            given_at=self.given_at.get(who),
        )
        return Candidate(teammate, sum(each.is_assigned and each.assignee_id == who for each in there))
