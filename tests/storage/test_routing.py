"""What is given out is the same on both databases."""

from parley.actions.routing import SetRouting
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.core.conversations import Grounds
from parley.core.events import ConversationAssigned
from parley.core.people import Presence, Role
from parley.core.routing import RoutingMode
from tests.builders import SHOP, create
from tests.ledger.books import Books


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
    chats = [(0, 2), (0, 2), (1, 2), (1, 1)]  # what they had, and how many could have been given it
    assert [Grounds(waited_s=0, open_chats=has, seats=2, candidates=candidates) for has, candidates in chats] == grounds
    community = await books.reader.community("Shop")
    assert community is not None
    assert RoutingMode.AUTOMATIC is community.routing
    assert [] == await books.failing_checks()
