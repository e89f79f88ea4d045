"""What keeps the tables small. What of it idempotency keys notice stands in tests/ledger."""

from typing import Any

import pytest

from parley.actions.conversations import CloseConversation
from parley.actions.housekeeping import ForgetAnswers, ForgetCheckpoints
from tests.builders import HOUR, MINUTE, RIVAL, SHOP, create
from tests.ledger.books import Books

DAY = 24 * HOUR


def minutes(books: Books, community_id: int = SHOP) -> int:
    """How many checkpoints the community has."""
    ((count,),) = books.database.execute(
        f"SELECT count(*) FROM queue_checkpoints WHERE community_id = {community_id}"  # noqa: S608 - our own number
    )
    return int(count)


@pytest.mark.parametrize("action", [ForgetAnswers(), ForgetCheckpoints()])
async def test_with_nothing_to_forget_nothing_is_written(books: Books, action: Any) -> None:
    before = books.lines()

    assert not await books.do(action)
    assert before == books.lines()


async def test_checkpoints_of_the_last_week_are_kept(books: Books) -> None:
    for _ in range(3):
        await books.do(create())
        books.clock.move(MINUTE)
    books.clock.move(6 * DAY)

    assert not await books.do(ForgetCheckpoints())
    assert 3 == minutes(books)


async def test_of_older_ones_the_newest_of_each_community_is_kept(books: Books) -> None:
    """It says how the queue stood until the next one."""
    for community_id in (SHOP, RIVAL, SHOP, SHOP):
        await books.do(create(community_id=community_id))
        books.clock.move(MINUTE)
    books.clock.move(8 * DAY)
    for _ in range(2):
        await books.do(create())
        books.clock.move(MINUTE)

    assert await books.do(ForgetCheckpoints())
    assert (1 + 2, 1) == (minutes(books, SHOP), minutes(books, RIVAL))


async def test_forgetting_is_no_event(books: Books) -> None:
    await books.do(create())
    books.clock.move(MINUTE)
    await books.do(CloseConversation(community_id=SHOP, conversation_id=1, by="x"))
    books.clock.move(8 * DAY)
    await books.recorded()
    await books.do(ForgetCheckpoints())

    assert [] == await books.recorded()
