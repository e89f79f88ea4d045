"""What is given out is the same on both databases, and what is read for it is what the rules say."""

from collections import Counter
from itertools import product

import pytest

from parley.actions.routing import SetRouting
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.core import routing
from parley.core.communities import Tally
from parley.core.conversations import Grounds, PassedOver
from parley.core.events import ConversationAssigned
from parley.core.people import Presence, Role
from parley.core.routing import Candidate, RoutingMode
from parley.ports import Need
from tests.builders import (
    CHARLIE,
    MINUTE,
    RIVAL,
    SHOP,
    community,
    conversation,
    create,
    guids,
    membership,
    teammate,
)
from tests.clock import START
from tests.ledger.books import Books
from tests.storage.databases import Database
from tests.storage.groups import RIVALS_BOT, load, settle, write


async def test_the_team_is_read_with_its_chats_and_the_queue_from_its_head(books: Books) -> None:
    for name in ("anna", "bo"):
        email = f"{name}@shop.example"
        await books.do(AddTeammate(community_id=SHOP, name=name, email=email, role=Role.AGENT, by="operator"))
        await books.do(
            SetTeammateStatus(community_id=SHOP, email=email, status=Presence.ONLINE, seats=2, by="operator")
        )
    for _ in range(3):
        await books.do(create())
    await books.do(SetRouting(community_id=SHOP, mode=RoutingMode.AUTOMATIC, by="operator"))
    await books.do(create())
    await books.do(create())

    given = [event for event in await books.events() if isinstance(event.what, ConversationAssigned)]
    assert [1, 2, 3, 4] == [event.conversation_id for event in given]
    grounds = [event.what.assignment and event.what.assignment.grounds for event in given]  # type: ignore[union-attr]
    chats = [(0, 2, 0), (0, 2, 0), (1, 2, 0), (1, 1, 1)]  # what they had, how many could have got it, and were full
    assert [
        Grounds(waited_s=0, open_chats=has, seats=2, candidates=candidates, passed_over=PassedOver(full=full))
        for has, candidates, full in chats
    ] == grounds
    community = await books.reader.community("Shop")
    assert community is not None
    assert RoutingMode.AUTOMATIC is community.routing
    assert [] == await books.failing_checks()


async def test_how_a_team_stands_and_who_is_first_is_as_the_rules_have_it(database: Database) -> None:
    """Every kind of teammate there is, in two communities; of each the ten first are asked for."""
    storage, team = database.storage(), []
    await settle(storage)
    kinds = product(
        (SHOP, RIVAL), Role, Presence, (True, False), (None, START), (None, START, START + MINUTE), (0, 1, 2)
    )
    for user_id, (whose, role, status, is_active, left_at, given_at, chats) in zip(
        iter(guids(), ""), kinds, strict=False
    ):
        changes = {"community_id": whose, "role": role, "status": status, "is_active": is_active, "left_at": left_at}
        team.append(Candidate(membership(user_id=user_id, seats=2, given_at=given_at, **changes), chats))
    await write(
        storage,
        communities=[
            community(routing=RoutingMode.AUTOMATIC),
            community(id=RIVAL, name="Rival", bot_id=RIVALS_BOT, routing=RoutingMode.AUTOMATIC),
        ],
        users=[
            teammate(id=each.teammate.user_id, community_id=each.teammate.community_id, email=None) for each in team
        ],
        teammates=[each.teammate for each in team],
        open_chats={(each.teammate.community_id, each.teammate.user_id): each.open_chats for each in team},
    )
    need = Need(START)
    need.communities |= {SHOP, RIVAL}
    need.actions = 10
    facts = await load(storage, need)

    for whose in (SHOP, RIVAL):
        theirs = [each for each in team if each.teammate.community_id == whose]
        ranks = sorted(rank for each in theirs if (rank := routing.rank_of(each)) is not None)
        charlie_too = Counter(each.standing for each in theirs) + Counter([Candidate(membership(), 0).standing])
        assert charlie_too == facts.standings[whose]
        assert {rank[-1] for rank in ranks[:10]} == {user_id for of, user_id in facts.teammates if of == whose}
        assert [chats for chats, *_ in ranks[:10]] == [facts.open_chats[whose, rank[-1]] for rank in ranks[:10]]


@pytest.mark.parametrize(("seats", "gives", "heads"), [(2, 0, 0), (5, 0, 3), (2, 3, 3)])
async def test_no_more_of_the_queue_is_read_than_seats_may_come_free(
    database: Database, seats: int, gives: int, heads: int
) -> None:
    """Charlie is named and has two chats; he is away, so no seat is free before he comes."""
    storage = database.storage()
    await settle(storage)
    await write(
        storage,
        communities=[community(routing=RoutingMode.AUTOMATIC)],
        teammates=[membership(seats=seats)],
        open_chats={(SHOP, CHARLIE): 2},
        tallies={SHOP: Tally(waiting=4)},
        conversations=[conversation(id=number, queue_number=number) for number in range(1, 5)],
    )
    need = Need(START)
    need.communities.add(SHOP)
    need.assignees.add((SHOP, CHARLIE))
    need.seats = gives

    assert heads == len((await load(storage, need)).conversations)
