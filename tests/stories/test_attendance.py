"""Who was gone when the server started is known to be, and what they had is given to who is there: real processes."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from parley import wiring
from parley.actions.attendance import SeeTeammates
from parley.actions.desk import TakeNext
from parley.actions.routing import SetRouting
from parley.actions.teammates import SetTeammateStatus
from parley.core.people import Presence
from parley.core.routing import RoutingMode
from tests.api.chats import begin
from tests.api.desks import Desk, hire
from tests.api.following import Frame, follow, listen
from tests.api.integrators import Integrator, join
from tests.postgres import cluster
from tests.servers import Server, run_parley, sqlite_url

AGO = timedelta(minutes=10)
PRESENCE = "teammate_presence_changed"


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """One process on a file, or two on PostgreSQL."""
    if request.param == "sqlite":
        server = Server(sqlite_url(tmp_path / "gone.db"))
    else:
        server = Server(cluster().new_database(), flags=("--workers", "2"))
    with server:
        yield server


def test_a_conversation_of_somebody_gone_is_given_to_whoever_comes(server: Server) -> None:
    shop = join(server)
    anna, bo = hire(shop, name="Anna"), hire(shop, name="Bo")
    chat = begin(shop, message="Where is my refund?")
    with follow(shop) as told:
        asyncio.run(work_before(shop, anna, bo))
        gone = [told.wait_for(is_(PRESENCE)).data["teammateId"] for _ in range(2)]
        assert {anna.id, bo.id} == set(gone)
        with listen(bo):
            came = told.wait_for(is_(PRESENCE)).data
            given = told.wait_for(is_("conversation_assigned")).data

    assert (bo.id, True) == (came["teammateId"], came["isPresent"])
    assert (bo.id, "automatic") == (given["assigneeId"], given["reason"])
    assert [chat.id] == [row["id"] for row in bo.get("/conversations?view=mine")["items"]]
    why = bo.get(f"/conversations/{chat.id}")["assignment"]["details"]
    assert (1, {"gone": 1, "away": 0, "busy": 0, "finishing": 0, "full": 0}) == (why["candidates"], why["passedOver"])
    assert "FAIL" not in run_parley("verify", database=server.database)


def is_(type_: str) -> Callable[[Frame], bool]:
    """Whether this happens."""
    return lambda frame: frame.type == type_


async def work_before(shop: Integrator, anna: Desk, bo: Desk) -> None:
    """Ten minutes ago both were there and Anna took the conversation; what is not answered goes back at once."""
    of_shop: dict[str, Any] = {"community_id": shop.tenant.id, "by": "x"}
    async with wiring.opened(shop.server.database, migrates=False, clock=lambda: wiring.now() - AGO) as parts:
        do = parts.ledger.submit
        for each in (anna, bo):
            await do(SetTeammateStatus(email=each.email, status=Presence.ONLINE, **of_shop))
        await do(TakeNext(user_id=anna.id, **of_shop))
        await do(SetRouting(mode=RoutingMode.AUTOMATIC, return_after_s=0, **of_shop))
        seen = tuple((each.id, wiring.now() - AGO) for each in (anna, bo))
        await do(SeeTeammates(community_id=shop.tenant.id, seen=seen))
