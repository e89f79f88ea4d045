"""The team's views, and who gets the next one, on both databases: the lists and the counts say what the log made."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from parley.actions.catalogue import AddCategory
from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.desk import AddNote, AsRow, TakeConversation, TakeNext
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.teammates import AddTeammate
from parley.core.conversations import Conversation, Holder
from parley.core.errors import ParleyError
from parley.core.people import Author, Role
from parley.core.views import View, midnight
from parley.ports import Listed, ViewPage
from tests.builders import MINUTE, SHOP, author, create, guids
from tests.ledger.books import Books, opened

CATEGORY = 1505
BY = "teammate:x"


@pytest.fixture
async def team(books: Books) -> list[str]:
    """Two teammates of the Shop, which has a category."""
    await books.do(AddCategory(community_id=SHOP, name="Orders", id=CATEGORY, by=BY))
    added = [
        await books.do(AddTeammate(community_id=SHOP, name=name, email=f"{name}@shop.example", role=Role.AGENT, by=BY))
        for name in ("anna", "bo")
    ]
    return [user.id for user, _ in added]


@pytest.fixture
async def others(books: Books) -> AsyncIterator[Books]:
    """A second program on the same database."""
    async with opened(books.database, books.clock, fresh=guids(1_000_000)) as others:
        yield others


def take_next(user_id: str) -> TakeNext:
    return TakeNext(community_id=SHOP, user_id=user_id, by=f"teammate:{user_id}")


def about(number: int) -> dict[str, Any]:
    return {"community_id": SHOP, "conversation_id": number, "by": BY}


def steps_of(dice: random.Random, number: int, team: list[str]) -> list[Any]:
    """Something that may be done with a conversation, or may be refused."""
    to_bot = ChangeTakeover(**about(number), is_assigned_to_bot=True)
    given = ChangeTakeover(**about(number), is_assigned_to_bot=False, assignee_id=dice.choice(team))
    said = NewMessage(author=author(), text=f"{number}: {dice.random()}")
    return [
        create(message="Hi", is_bot_enabled=dice.random() < 0.3, category_id=dice.choice([None, CATEGORY])),
        create(category_id=dice.choice([None, CATEGORY])),
        to_bot,
        given,
        TakeConversation(**about(number), user_id=dice.choice(team)),
        take_next(dice.choice(team)),
        ReleaseConversation(**about(number)),
        AddMessages(**about(number), messages=(said,)),
        AddNote(**about(number), user_id=dice.choice(team), text="Hm"),
        CloseConversation(**about(number)),
    ]


async def live(books: Books, team: list[str], *, seed: int) -> list[Conversation]:
    """Some days of a community, several things at a time; every conversation as it is in the end."""
    dice = random.Random(seed)
    for _ in range(30):
        books.clock.move(dice.choice([MINUTE, timedelta(hours=5), -MINUTE]))
        steps = [dice.choice(steps_of(dice, dice.randint(1, 12), team)) for _ in range(4)]
        for told in await books.together(steps):
            assert not isinstance(told, BaseException) or isinstance(told, ParleyError), told
    found = [await books.reader.conversation(SHOP, number, messages=None) for number in range(1, 200)]
    return [each.conversation for each in found if each is not None]


def expected(view: View | None, lives: list[Conversation], asker: str, books: Books) -> list[int]:
    """The ids of a view, in its order."""
    today = midnight(books.clock.at)
    belongs: dict[View | None, Callable[[Conversation], bool]] = {
        None: lambda each: True,
        View.WAITING: lambda each: each.is_waiting,
        View.MINE: lambda each: each.holder is Holder.TEAMMATE and each.assignee_id == asker,
        View.BOT: lambda each: each.holder is Holder.BOT,
        View.OPEN: lambda each: not each.is_closed,
        View.CLOSED_TODAY: lambda each: each.closed_at is not None and each.closed_at >= today,
    }
    found = [each for each in lives if belongs[view](each)]
    if view is View.WAITING:
        return [each.id for each in sorted(found, key=lambda each: each.queue_number or 0)]
    return [each.id for each in sorted(found, key=lambda each: (each.changed_at, each.id), reverse=True)]


async def walk(books: Books, view: View | None, asker: str, *, take: int, category_id: int | None) -> list[Listed]:
    """A whole view, page by page."""
    page = ViewPage(take=take, user_id=asker, today=midnight(books.clock.at), view=view, category_id=category_id)
    found: list[Listed] = []
    while part := await books.reader.view(SHOP, page, at=books.clock.at):
        found += part
        page = replace(page, cursor=part[-1].cursor)
    return found


@pytest.mark.parametrize("seed", range(3))
async def test_views_have_what_belongs_to_them_in_their_order_and_the_counts_say_how_many(
    books: Books, team: list[str], seed: int
) -> None:
    lives = await live(books, team, seed=seed)
    counts = await books.reader.counts(SHOP, team[0], today=midnight(books.clock.at))

    for view in (None, *View):
        for category_id in (None, CATEGORY):
            wanted = expected(view, [each for each in lives if category_id in {None, each.category_id}], team[0], books)
            found = await walk(books, view, team[0], take=3, category_id=category_id)
            assert wanted == [listed.conversation.id for listed in found], view
        if view is not None:
            assert counts.of(view) == len(expected(view, lives, team[0], books)), view
    assert [] == await books.failing_checks()


async def test_a_row_says_where_it_waits_since_when_and_what_was_said_last(books: Books, team: list[str]) -> None:
    lives = await live(books, team, seed=7)
    rows = {listed.conversation.id: listed for listed in await walk(books, None, team[0], take=50, category_id=None)}
    queue = await walk(books, View.WAITING, team[0], take=2, category_id=None)

    assert list(range(1, len(queue) + 1)) == [listed.opened.position for listed in queue]
    for conversation in lives:
        whole = await books.reader.conversation(SHOP, conversation.id, messages="latest")
        assert whole is not None
        row = rows[conversation.id]
        assert (whole.conversation, whole.position) == (row.conversation, row.opened.position)
        assert conversation.is_waiting == (row.waiting_since is not None)
        assert (row.assignee and row.assignee.id) == conversation.assignee_id
        said = whole.messages[0][0] if whole.messages else None
        assert (row.last and row.last.text) == (said and said.text[:200])
    assert [row.waiting_since for row in queue] == [rows[each.conversation.id].waiting_since for each in queue]


@pytest.mark.parametrize("step", range(8))
async def test_what_an_action_answers_is_the_row_that_is_read_then(books: Books, team: list[str], step: int) -> None:
    """Also when others of its group have changed the conversation, the queue and the last message before."""
    charlies = ChangeTakeover(**about(2), is_assigned_to_bot=False, assignee_id=team[0])
    await books.together([create(message="x" * 300), create(message="Two"), create(), charlies])
    said = NewMessage(author=Author(id=team[1]), text="y" * 300)
    before = [AddMessages(**about(number), messages=(said,)) for number in (1, 2)]
    steps: list[Any] = [
        ReleaseConversation(**about(2)),
        TakeConversation(**about(1), user_id=team[1]),
        TakeConversation(**about(2), user_id=team[0]),
        CloseConversation(**about(1)),
        CloseConversation(**about(2)),
        ChangeTakeover(**about(1), is_assigned_to_bot=True),
        ChangeTakeover(**about(2), is_assigned_to_bot=True),
        ChangeTakeover(**about(3), is_assigned_to_bot=False),
    ]
    asked = steps[step]
    books.clock.move(MINUTE)
    *_, told = await books.together([*before, AsRow(asked)])
    rows = await walk(books, None, team[0], take=9, category_id=None)
    (row,) = (each for each in rows if each.conversation.id == asked.conversation_id)
    assert told.last is None or told.last.text[:200] == (row.last and row.last.text)

    assert replace(row, cursor=(0, 0), last=None) == replace(told, last=None)


async def test_takers_at_two_programs_never_get_the_same_one(books: Books, others: Books, team: list[str]) -> None:
    await books.together([create() for _ in range(30)])
    asking = [one.do(take_next(user_id)) for _ in range(10) for one, user_id in zip((books, others), team, strict=True)]
    taken = await asyncio.gather(*asking)

    assert list(range(1, 21)) == sorted(each.id for each in taken if each is not None)
    assert [] == await books.failing_checks()


async def test_the_next_one_is_the_first_that_is_left_whatever_else_a_group_does(books: Books, team: list[str]) -> None:
    await books.together([create() for _ in range(6)])
    group: list[Any] = [
        CloseConversation(**about(1)),
        take_next(team[0]),  # 2
        ReleaseConversation(**about(2)),  # and back to its place
        TakeConversation(**about(3), user_id=team[1]),
        take_next(team[0]),  # 2 again
        take_next(team[1]),  # 4
        take_next(team[1]),  # 5
        CloseConversation(**about(6)),
        take_next(team[0]),  # nobody
        create(),
        take_next(team[0]),  # 7
    ]
    told = await books.together(group)

    assert [2, 2, 4, 5, None, 7] == [
        each and each.id for each, step in zip(told, group, strict=True) if isinstance(step, TakeNext)
    ]
    assert [] == await books.failing_checks()


async def test_how_long_it_had_waited_is_kept_with_who_took_it(books: Books, team: list[str]) -> None:
    await books.do(create())
    books.clock.move(3 * MINUTE)
    taken = await books.do(take_next(team[0]))
    await books.do(ReleaseConversation(**about(1)))
    books.clock.move(MINUTE)
    again = await books.do(TakeConversation(**about(1), user_id=team[1]))

    assert [180, 60] == [each.assignment.grounds.waited_s for each in (taken, again)]  # type: ignore[union-attr]
    assert [] == await books.failing_checks()
