"""What reports are made of is kept by every action, on both databases, and read back from bounded rows."""

from datetime import timedelta
from typing import Any

from parley.actions.conversations import ChangeTakeover, CloseConversation, GiveFeedback, ReleaseConversation
from parley.actions.housekeeping import ForgetTraffic
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.core import reports
from parley.core.conversations import Feedback
from parley.core.people import Presence, Role
from parley.core.reports import Past, Traffic
from parley.core.waiting import CHATS_NEEDED
from tests.builders import HOUR, MINUTE, RIVAL, SHOP, author, create
from tests.ledger.books import Books

DAY = 24 * HOUR
WHO: dict[str, Any] = {"community_id": SHOP, "by": "x"}


async def hire(books: Books) -> str:
    """Charlie, who takes chats."""
    user, _ = await books.do(AddTeammate(name="Charlie", email="charlie@x", role=Role.AGENT, **WHO))
    await books.do(SetTeammateStatus(email="charlie@x", status=Presence.ONLINE, **WHO))
    return user.id


def take(number: int, assignee_id: str) -> ChangeTakeover:
    """A teammate takes it."""
    return ChangeTakeover(conversation_id=number, is_assigned_to_bot=False, assignee_id=assignee_id, **WHO)


def write(number: int, writer: str, *, team: bool = True) -> AddMessages:
    """Somebody writes in it."""
    messages = (NewMessage(author=author(id=writer), text="Hm", is_by_team=team),)
    return AddMessages(conversation_id=number, messages=messages, **WHO)


def close(number: int) -> CloseConversation:
    """It ends."""
    return CloseConversation(conversation_id=number, **WHO)


def feedback(number: int, *, is_positive: bool) -> GiveFeedback:
    """What the client thinks."""
    return GiveFeedback(conversation_id=number, feedback=Feedback(is_positive=is_positive, text=None), **WHO)


async def past(books: Books, *, days: int = 1, community_id: int = SHOP) -> Past:
    """What a report is made of now."""
    return await books.reader.past(community_id, reports.days_until(books.clock(), days))


async def total(books: Books) -> Traffic:
    """What was counted in the last day."""
    found = Traffic()
    for traffic in (await past(books)).traffic.values():
        found = found.plus(traffic)
    return found


async def test_whatever_way_it_comes_and_goes_it_is_counted(books: Books) -> None:
    charlie = await hire(books)
    await books.together([create()] * 4)
    books.clock.move(MINUTE)
    await books.do(take(1, charlie))
    await books.do(close(2))
    await books.do(ChangeTakeover(conversation_id=3, is_assigned_to_bot=True, **WHO))
    await books.do(ReleaseConversation(conversation_id=1, **WHO))
    await books.do(feedback(2, is_positive=True))
    await books.do(feedback(2, is_positive=False))

    assert Traffic(arrived=5, taken=1, gave_up=1, to_bot=1, closed=1, negative=1) == await total(books)
    assert 2 == (await past(books)).waiting
    assert [] == await books.failing_checks()


async def test_what_comes_and_goes_in_one_group_is_counted_as_well(books: Books) -> None:
    await books.together([create(), create(), close(1), feedback(1, is_positive=True)])

    assert Traffic(arrived=2, gave_up=1, closed=1, positive=1) == await total(books)
    assert [] == await books.failing_checks()


async def test_a_refused_action_is_not_counted(books: Books) -> None:
    await books.together([create(category_id=77), close(9), create()])

    assert Traffic(arrived=1) == await total(books)


async def test_each_minute_has_its_own_counters(books: Books) -> None:
    await books.do(create())
    books.clock.move(MINUTE)
    await books.together([create(), create()])
    window = reports.minutes_until(books.clock())
    buckets = reports.buckets_of(await books.reader.traffic(SHOP, window), window)

    assert [(0, 0), (1, 1), (2, 3)] == [(bucket.traffic.arrived, bucket.waiting) for bucket in buckets[-3:]]


async def test_another_community_has_its_own_counters(books: Books) -> None:
    await books.do(create(community_id=RIVAL))

    assert Traffic() == await total(books)
    assert 0 == (await past(books)).waiting


async def test_waits_first_answers_and_chats_are_in_seconds_newest_first(books: Books) -> None:
    charlie = await hire(books)
    for minutes in (1, 2):
        opened = await books.do(create(message="Hello?"))
        number = opened.conversation.id
        books.clock.move(minutes * MINUTE)
        await books.do(take(number, charlie))
        books.clock.move(10 * MINUTE)
        await books.do(write(number, charlie))
        books.clock.move(5 * MINUTE)
        await books.do(write(number, charlie))
        await books.do(close(number))
    found = await past(books)

    assert ([120.0, 60.0], [720.0, 660.0], [900.0, 900.0]) == (found.waits, found.first_answers, found.chats)
    assert [] == await books.failing_checks()


async def test_only_the_teams_own_words_are_a_first_answer(books: Books) -> None:
    """Not the client's, not the bot's, not what was imported, and not what was said before it first waited."""
    charlie = await hire(books)
    bot_id = (await books.reader.communities())[0].bot_id
    alice = (await books.do(create(is_bot_enabled=True, message="Hi"))).author.id
    await books.do(write(1, charlie))
    books.clock.move(MINUTE)
    await books.do(ChangeTakeover(conversation_id=1, is_assigned_to_bot=False, **WHO))
    books.clock.move(MINUTE)
    imported = (NewMessage(author=author(id=charlie), text="Before"),)
    await books.do(ImportMessages(conversation_id=1, messages=imported, **WHO))
    await books.do(write(1, bot_id))
    await books.do(write(1, alice, team=True))
    assert [] == (await past(books)).first_answers
    books.clock.move(MINUTE)
    await books.do(write(1, charlie))

    assert [120.0] == (await past(books)).first_answers
    assert [] == await books.failing_checks()


async def test_a_first_answer_is_counted_from_the_first_wait_on(books: Books) -> None:
    charlie = await hire(books)
    await books.do(create())
    books.clock.move(MINUTE)
    await books.together([take(1, charlie), ReleaseConversation(conversation_id=1, **WHO)])
    books.clock.move(MINUTE)
    await books.do(take(1, charlie))
    await books.do(write(1, charlie))

    assert [120.0] == (await past(books)).first_answers
    assert [] == await books.failing_checks()


async def test_what_was_told_is_held_against_what_came(books: Books) -> None:
    charlie = await hire(books)
    for number in range(1, CHATS_NEEDED + 1):
        await books.do(create())
        await books.do(take(number, charlie))
        books.clock.move(MINUTE)
        await books.do(close(number))
    estimate = (await books.do(create())).estimate
    assert estimate is not None
    books.clock.move(MINUTE)
    await books.do(take(CHATS_NEEDED + 1, charlie))
    found = await past(books)

    assert [reports.point_of(estimate, MINUTE)] == found.points
    assert CHATS_NEEDED + 1 == len(found.waits)


async def test_what_is_older_than_the_window_is_not_in_it(books: Books) -> None:
    charlie = await hire(books)
    await books.do(create())
    await books.do(take(1, charlie))
    await books.do(write(1, charlie))
    await books.do(close(1))
    books.clock.move(DAY)
    found = await past(books)

    assert ({}, [], [], []) == (found.traffic, found.waits, found.first_answers, found.chats)
    assert 1 == len((await past(books, days=2)).waits)


async def test_minutes_are_forgotten_after_a_day_and_hours_after_a_hundred(books: Books) -> None:
    def kept() -> list[tuple[int, int]]:
        found = books.database.execute("SELECT span, count(*) FROM traffic GROUP BY span ORDER BY span")
        return [(row[0], row[1]) for row in found]

    async def forget() -> list[tuple[int, int]]:
        while await books.do(ForgetTraffic()):
            pass
        return kept()

    await books.do(create())
    await books.do(create(community_id=RIVAL))
    assert [(1, 2), (60, 2)] == await forget()
    books.clock.move(DAY + MINUTE)
    assert [(60, 2)] == await forget()
    await books.do(create())
    books.clock.move(timedelta(days=100))
    assert [(60, 1)] == await forget()
    books.clock.move(HOUR)
    assert [] == await forget()
    assert [] == await books.failing_checks()


async def test_forgetting_what_nothing_is_left_of_writes_nothing(books: Books) -> None:
    before = books.lines()

    assert not await books.do(ForgetTraffic())
    assert before == books.lines()
