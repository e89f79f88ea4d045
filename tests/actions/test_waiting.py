"""What the expected wait is made from, kept by the ledger on a real database while the clock moves."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from parley import running
from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.draft import Action, Draft, Fresh
from parley.actions.housekeeping import CHECKPOINTS_KEPT, ForgetCheckpoints
from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.core import waiting
from parley.core.errors import StorageUnavailableError
from parley.core.people import Presence, Role
from parley.core.waiting import CHATS_AVERAGED, Estimate, Outcome, Pace
from parley.ports import Need, Opened
from parley.storage.storing import FORGOTTEN_AT_ONCE
from tests.builders import HOUR, MINUTE, SHOP, create
from tests.clock import ManualClock
from tests.conftest import NewDatabase
from tests.ledger.books import Books, opened
from tests.storage.databases import Database, SqliteDatabase

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
WHO: dict[str, Any] = {"community_id": SHOP, "by": "token:1"}
CHARLIE, DORA = "charlie@shop.example", "dora@shop.example"
NEAR = pytest.approx


class LookAtPace(msgspec.Struct, frozen=True, kw_only=True):
    """Asks what waits are estimated from now, and changes nothing."""

    community_id: int = SHOP

    def needs(self, need: Need) -> None:
        """The counters and the pace."""
        need.communities.add(self.community_id)
        need.paces.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Pace:
        """Look."""
        return draft.queue.pace(self.community_id)


def take(conversation_id: int, assignee_id: str) -> ChangeTakeover:
    """Somebody takes it."""
    return ChangeTakeover(conversation_id=conversation_id, is_assigned_to_bot=False, assignee_id=assignee_id, **WHO)


def to_bot(conversation_id: int) -> ChangeTakeover:
    """The bot gets it."""
    return ChangeTakeover(conversation_id=conversation_id, is_assigned_to_bot=True, **WHO)


def to_queue(conversation_id: int) -> ChangeTakeover:
    """The bot hands it over."""
    return ChangeTakeover(conversation_id=conversation_id, is_assigned_to_bot=False, **WHO)


def close(conversation_id: int) -> CloseConversation:
    """It ends."""
    return CloseConversation(conversation_id=conversation_id, **WHO)


def release(conversation_id: int) -> ReleaseConversation:
    """Back to the queue."""
    return ReleaseConversation(conversation_id=conversation_id, **WHO)


def status(of: str, presence: Presence, seats: int | None = None) -> SetTeammateStatus:
    """Whether a teammate takes chats."""
    return SetTeammateStatus(community_id=SHOP, email=of, status=presence, seats=seats, by="operator")


async def hire(books: Books, email: str = CHARLIE, presence: Presence = Presence.ONLINE) -> str:
    """A new teammate with the three seats that everybody has at first; the user id."""
    user, _ = await books.do(
        AddTeammate(community_id=SHOP, name=email.partition("@")[0], email=email, role=Role.AGENT, by="operator")
    )
    await books.do(status(email, presence))
    return user.id


async def begin(books: Books, count: int = 1) -> list[int]:
    """Conversations that wait."""
    begun: Sequence[Opened] = await books.together([create()] * count)
    return [one.conversation.id for one in begun]


async def chat(books: Books, assignee_id: str, length: timedelta) -> None:
    """A chat from its beginning to its end, with the clock moved by its length."""
    (conversation_id,) = await begin(books)
    await books.do(take(conversation_id, assignee_id))
    books.clock.move(length)
    await books.do(close(conversation_id))


async def chats(books: Books, assignee_id: str, count: int = waiting.CHATS_NEEDED) -> None:
    """As many chats of ten minutes as an estimate needs."""
    ids = await begin(books, count)
    await books.together(take(one, assignee_id) for one in ids)
    books.clock.move(10 * MINUTE)
    await books.together(map(close, ids))


async def look(books: Books) -> Pace:
    """What waits are estimated from now."""
    return await books.do(LookAtPace())


async def read(books: Books, conversation_id: int) -> Opened:
    """What a reader sees of it now."""
    found = await books.reader.conversation(SHOP, conversation_id, messages=None, at=books.clock())
    assert found is not None
    return found


def stays(database: Database, columns: str = "conversation_id, epoch, outcome") -> list[tuple[Any, ...]]:
    """The stays in the queue, in the order in which they began."""
    return database.execute(f"SELECT {columns} FROM stays ORDER BY conversation_id, epoch")  # noqa: S608


# The length of a chat


async def test_a_chat_counts_from_taken_to_closed(books: Books) -> None:
    charlie = await hire(books)
    (waited,) = await begin(books)
    books.clock.move(40 * MINUTE)
    await books.do(take(waited, charlie))
    books.clock.move(7 * MINUTE)
    await books.do(close(waited))
    await chat(books, charlie, 8 * MINUTE)

    assert (2, 7.5 * 60) == ((await look(books)).chats, (await look(books)).chat_s)


async def test_passing_a_chat_on_does_not_begin_it_anew(books: Books) -> None:
    charlie, dora = await hire(books), await hire(books, DORA)
    (passed,) = await begin(books)
    for teammate in (charlie, dora):
        await books.do(take(passed, teammate))
        books.clock.move(5 * MINUTE)
    await books.do(close(passed))

    assert 10 * 60 == (await look(books)).chat_s


async def test_a_released_chat_counts_from_when_it_was_taken_again(books: Books) -> None:
    charlie = await hire(books)
    (released,) = await begin(books)
    await books.do(take(released, charlie))
    books.clock.move(30 * MINUTE)
    await books.do(release(released))
    books.clock.move(5 * MINUTE)
    await books.do(take(released, charlie))
    books.clock.move(4 * MINUTE)
    await books.do(close(released))

    assert 4 * 60 == (await look(books)).chat_s


async def test_what_no_teammate_had_is_no_chat(books: Books) -> None:
    from_queue, from_bot = await begin(books, 2)
    await books.do(to_bot(from_bot))
    books.clock.move(MINUTE)
    await books.together([close(from_queue), close(from_bot)])

    assert (0, 0.0) == ((await look(books)).chats, (await look(books)).chat_s)


async def test_the_chat_before_the_last_hundred_drops_out(books: Books) -> None:
    charlie = await hire(books)
    await chat(books, charlie, 90 * MINUTE)
    await chats(books, charlie, CHATS_AVERAGED - 1)
    with_it = await look(books)
    await chat(books, charlie, 10 * MINUTE)

    assert NEAR((99 * 10 + 90) / 100 * 60) == with_it.chat_s
    assert 10 * 60 == (await look(books)).chat_s


async def test_in_one_group_the_last_hundred_count_as_well(books: Books) -> None:
    charlie = await hire(books)
    await chat(books, charlie, 90 * MINUTE)
    ids = await begin(books, CHATS_AVERAGED)
    await books.together(take(one, charlie) for one in ids)
    books.clock.move(10 * MINUTE)
    *_, pace = await books.together([*map(close, ids), LookAtPace()])

    assert (100, 10 * 60) == (pace.chats, pace.chat_s)


async def test_a_chat_that_ended_a_day_ago_drops_out(books: Books) -> None:
    charlie = await hire(books)
    await chat(books, charlie, 9 * MINUTE)
    books.clock.move(DAY - SECOND)
    within = await look(books)
    books.clock.move(SECOND)
    behind = await look(books)

    assert (1, 0) == (within.chats, behind.chats)


async def test_the_chats_of_another_community_do_not_count(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)

    assert 0 == (await books.do(LookAtPace(community_id=2))).chats


# The seats


@pytest.mark.parametrize(
    ("presence", "seats"),
    [(Presence.ONLINE, 3), (Presence.BUSY, 3), (Presence.AWAY, 0), (Presence.FINISHING, 0)],
)
async def test_seats_count_while_their_teammate_is_online_or_busy(books: Books, presence: Presence, seats: int) -> None:
    await hire(books, presence=presence)

    assert seats == (await look(books)).seats


async def test_a_new_teammate_is_away(books: Books) -> None:
    _, teammate = await books.do(
        AddTeammate(community_id=SHOP, name="Charlie", email=CHARLIE, role=Role.AGENT, by="operator")
    )

    assert (Presence.AWAY, 0) == (teammate.status, (await look(books)).seats)


async def test_the_seats_of_all_are_added_up(books: Books) -> None:
    await hire(books)
    await hire(books, DORA, Presence.BUSY)
    await books.do(status(DORA, Presence.BUSY, seats=5))

    assert 3 + 5 == (await look(books)).seats


async def test_the_number_of_seats_outlives_a_change_of_status(books: Books) -> None:
    await hire(books)
    await books.do(status(CHARLIE, Presence.ONLINE, seats=7))
    await books.do(status(CHARLIE, Presence.AWAY))
    gone = await look(books)
    await books.do(status(CHARLIE, Presence.ONLINE))

    assert (0, 7) == (gone.seats, (await look(books)).seats)


async def test_no_seats_at_all_can_be_asked_for(books: Books) -> None:
    await hire(books)
    await books.do(status(CHARLIE, Presence.ONLINE, seats=0))

    assert 0 == (await look(books)).seats


async def test_a_disabled_teammate_has_no_seats_until_enabled(books: Books) -> None:
    await hire(books)
    seats = []
    for is_active in (False, True):
        await books.do(SetTeammateActive(community_id=SHOP, email=CHARLIE, is_active=is_active, by="operator"))
        seats.append((await look(books)).seats)

    assert [0, 3] == seats


async def test_the_chats_that_teammates_have_are_counted_wherever_they_went(books: Books) -> None:
    """Four chats and three seats, then none: the chats above the seats have to end first."""
    charlie = await hire(books)
    ids = await begin(books, 5)
    await books.together(take(one, charlie) for one in ids[:4])
    busy = await look(books)
    await books.do(status(CHARLIE, Presence.AWAY))

    assert (4, 3) == (busy.assigned, busy.seats)
    assert (4, 0) == ((await look(books)).assigned, (await look(books)).seats)


# Giving up and waiting in the last hour


async def test_closing_what_waits_is_giving_up_and_nothing_else_is(books: Books) -> None:
    charlie = await hire(books)
    left, taken, given, _ = await begin(books, 4)
    await books.together([close(left), take(taken, charlie), to_bot(given)])
    await books.together([close(taken), close(given)])

    assert 1 == (await look(books)).gave_up


async def test_all_who_wait_wait_together(books: Books) -> None:
    charlie = await hire(books)
    first, second = await begin(books, 2)
    books.clock.move(3 * MINUTE)
    await books.do(take(first, charlie))
    books.clock.move(4 * MINUTE)

    assert (2 * 3 + 4) * 60 == (await look(books)).waited_s
    assert 2 == (await read(books, second)).position + 1


async def test_what_is_more_than_an_hour_ago_does_not_count(books: Books) -> None:
    (gone,) = await begin(books)
    books.clock.move(10 * MINUTE)
    await books.do(close(gone))
    books.clock.move(50 * MINUTE)
    at_the_edge = await look(books)
    books.clock.move(12 * MINUTE)

    assert 1 == at_the_edge.gave_up
    assert NEAR(10 * 60, abs=60) == at_the_edge.waited_s
    assert (0, 0.0) == ((await look(books)).gave_up, (await look(books)).waited_s)


async def test_after_hours_of_silence_one_has_waited_for_the_last_of_them(books: Books) -> None:
    await begin(books)
    books.clock.move(9 * HOUR)

    assert NEAR(3_600) == (await look(books)).waited_s


async def test_a_whole_queue_that_leaves_at_once_does_not_stop_the_estimates(books: Books) -> None:
    """An hour later the last checkpoint takes them to be waiting still, up to a minute longer than they did."""
    charlie = await hire(books)
    await chats(books, charlie)
    books.clock.at = books.clock.at.replace(second=0, microsecond=0)
    crowd = await begin(books, 200)
    books.clock.move(MINUTE)
    await books.together(map(close, crowd))
    for _ in range(130):
        books.clock.move(30 * SECOND)
        pace = await look(books)

        assert pace.waited_s >= 0
        assert waiting.give_up_rate(pace) > 0
        assert waiting.estimate(1, pace) is not None


class History:
    """A plain account of a queue: who waited from when to when, and who gave up when."""

    def __init__(self) -> None:
        self.waiting: dict[int, datetime] = {}
        self.stays: list[tuple[datetime, datetime]] = []
        self.gave_up: list[datetime] = []
        self.changes: list[datetime] = []

    def join(self, conversation_id: int, at: datetime) -> None:
        """Somebody begins to wait."""
        self.waiting[conversation_id] = at
        self.changes.append(at)

    def leave(self, conversation_id: int, at: datetime, *, by_closing: bool) -> None:
        """Somebody leaves."""
        self.stays.append((self.waiting.pop(conversation_id), at))
        self.changes.append(at)
        if by_closing:
            self.gave_up.append(at)

    def waited_s(self, after: datetime, until: datetime) -> float:
        """The waiting of all together between two moments."""
        spans = [*self.stays, *((since, until) for since in self.waiting.values())]
        return sum(max((min(until, end) - max(after, begin)).total_seconds(), 0.0) for begin, end in spans)

    def holds(self, pace: Pace, now: datetime) -> None:
        """Compare, to within what happened in the minute of the checkpoint."""
        hour_ago = now - HOUR
        minute = hour_ago.replace(second=0, microsecond=0)
        changed_s = [(hour_ago - at).total_seconds() for at in self.changes if minute <= at <= hour_ago]
        rounding_s = 0.001 * (len(self.changes) + 1)  # the counters are kept in whole milliseconds
        gave_up = [sum(since <= at for at in self.gave_up) for since in (hour_ago, minute)]

        assert NEAR(self.waited_s(hour_ago, now), abs=60 * len(changed_s) + rounding_s) == pace.waited_s
        assert gave_up[0] <= pace.gave_up <= gave_up[1]


STEPS = (
    SECOND * 0.0005,
    SECOND,
    17 * SECOND,
    50 * SECOND,
    MINUTE,
    9 * MINUTE,
    59 * MINUTE,
    HOUR,
    HOUR + MINUTE,
    7 * HOUR,
)


def moved(clock: ManualClock, random: Random) -> datetime:
    """A later time: by a bit, by much, or to exactly the beginning of a minute."""
    if random.random() < 0.25:
        clock.at = clock.at.replace(second=0, microsecond=0) + MINUTE * random.choice([1, 2, 60, 61])
    else:
        clock.move(random.choice(STEPS))
    return clock()


class Floor:
    """Random doings in a queue, each of them possible when it comes, told to a history."""

    def __init__(self, random: Random, assignee_id: str) -> None:
        self._random = random
        self._assignee_id = assignee_id
        self._next_id = 1
        self._chatting: list[int] = []
        self._with_bot: list[int] = []
        self.history = History()

    def doings(self, count: int, at: datetime) -> list[Action[Any]]:
        """Some of them, all at one time."""
        return [self._random.choice(self._possible())(at) for _ in range(count)]

    def _possible(self) -> list[Callable[[datetime], Action[Any]]]:
        ways = [self._create, self._create]
        ways += [self._take, self._give_up, self._give_up, self._to_bot] if self.history.waiting else []
        ways += [self._end, self._release] if self._chatting else []
        return ways + ([self._from_bot] if self._with_bot else [])

    def _create(self, at: datetime) -> Action[Any]:
        self.history.join(self._next_id, at)
        self._next_id += 1
        return create()

    def _left(self, at: datetime, *, by_closing: bool = False) -> int:
        conversation_id = self._random.choice(list(self.history.waiting))
        self.history.leave(conversation_id, at, by_closing=by_closing)
        return conversation_id

    def _take(self, at: datetime) -> Action[Any]:
        self._chatting.append(self._left(at))
        return take(self._chatting[-1], self._assignee_id)

    def _give_up(self, at: datetime) -> Action[Any]:
        return close(self._left(at, by_closing=True))

    def _to_bot(self, at: datetime) -> Action[Any]:
        self._with_bot.append(self._left(at))
        return to_bot(self._with_bot[-1])

    def _from_bot(self, at: datetime) -> Action[Any]:
        conversation_id = self._with_bot.pop()
        self.history.join(conversation_id, at)
        return to_queue(conversation_id)

    def _end(self, at: datetime) -> Action[Any]:
        return close(self._chatting.pop())

    def _release(self, at: datetime) -> Action[Any]:
        conversation_id = self._chatting.pop()
        self.history.join(conversation_id, at)
        return release(conversation_id)


@pytest.mark.parametrize("seed", range(4))
async def test_the_counters_hold_over_any_history(books: Books, seed: int) -> None:
    random = Random(seed)
    floor = Floor(random, await hire(books))
    for _ in range(120):
        await books.together(floor.doings(random.choice([0, 1, 1, 1, 4]), moved(books.clock, random)))
        floor.history.holds(await look(books), books.clock())

    assert [] == await books.failing_checks()


@pytest.mark.parametrize("seed", range(2))
async def test_a_group_and_its_actions_one_by_one_come_to_the_same(new_database: NewDatabase, seed: int) -> None:
    kept = []
    for is_grouped in (True, False):
        random = Random(seed)
        async with new_database() as database, opened(database) as books:
            await books.add_communities()
            floor = Floor(random, await hire(books))
            told = []
            for _ in range(40):
                actions = floor.doings(random.randint(1, 9), moved(books.clock, random))
                told += await books.together(actions) if is_grouped else [await books.do(one) for one in actions]
            kept.append((estimates(told), books.lines()))

    assert kept[0][0] == kept[1][0]
    assert kept[0][1] == kept[1][1]
    assert any(kept[0][0])


def estimates(told: Iterable[Any]) -> list[Estimate | None]:
    """What the replies say about waits."""
    return [reply.estimate for reply in told if isinstance(reply, Opened)]


# What was told, and what came of it


async def test_readers_and_writers_tell_the_same(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)
    *_, last = await books.together([create()] * 4)
    seen = await read(books, last.conversation.id)

    assert last.estimate is not None
    assert (last.position, last.estimate) == (seen.position, seen.estimate)


async def test_there_is_an_estimate_from_the_fifth_chat_on(books: Books) -> None:
    charlie = await hire(books)
    (waiting_one,) = await begin(books)
    told = []
    for _ in range(5):
        told.append((await read(books, waiting_one)).estimate)
        await chat(books, charlie, 6 * MINUTE)

    assert [None] * 5 == told
    assert (await read(books, waiting_one)).estimate is not None


async def test_nobody_present_is_no_estimate(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)
    (waiting_one,) = await begin(books)
    before = (await read(books, waiting_one)).estimate
    await books.do(status(CHARLIE, Presence.AWAY))

    assert before is not None
    assert None is (await read(books, waiting_one)).estimate


async def test_what_does_not_wait_has_no_estimate(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)
    taken, with_bot, closed = await begin(books, 3)
    await books.together([take(taken, charlie), to_bot(with_bot), close(closed)])

    assert [None] * 3 == [(await read(books, one)).estimate for one in (taken, with_bot, closed)]


async def test_the_estimate_is_stored_as_it_was_told(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)
    told: Sequence[Opened] = await books.together([create(), create()])
    kept = stays(books.database, "conversation_id, position, p10, p50, p90")[-2:]

    assert kept == [
        (one.conversation.id, one.position, one.estimate.p10, one.estimate.p50, one.estimate.p90)
        for one in told
        if one.estimate is not None
    ]


async def test_without_an_estimate_the_stay_is_stored_all_the_same(books: Books) -> None:
    (one,) = await begin(books)

    assert [(one, 1, None, None, None)] == stays(books.database, "conversation_id, position, p10, p50, p90")


async def test_a_stay_that_cannot_be_stored_takes_the_conversation_with_it(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    async with opened(database) as books:
        await books.add_communities()
        database.execute("ALTER TABLE stays RENAME TO elsewhere")
        with pytest.raises(StorageUnavailableError):
            await books.do(create())
        database.execute("ALTER TABLE elsewhere RENAME TO stays")

        assert [] == database.execute("SELECT id FROM conversations")
        assert 1 == (await books.do(create())).position
    await database.close()


async def test_each_way_out_of_the_queue_is_told_apart(books: Books) -> None:
    charlie = await hire(books)
    left, taken, given, _ = await begin(books, 4)
    books.clock.move(MINUTE)
    await books.together([close(left), take(taken, charlie), to_bot(given)])
    kept = stays(books.database, "outcome, ended_at - joined_at")

    assert [
        (Outcome.GAVE_UP, 60_000_000),
        (Outcome.TAKEN, 60_000_000),
        (Outcome.TO_BOT, 60_000_000),
        (None, None),
    ] == kept


async def test_a_stay_that_begins_and_ends_in_one_group_is_whole(books: Books) -> None:
    charlie = await hire(books)
    await books.together([create(), take(1, charlie)])

    assert [(1, 1, Outcome.TAKEN)] == stays(books.database)


async def test_closing_what_was_taken_does_not_change_how_its_stay_ended(books: Books) -> None:
    charlie = await hire(books)
    await chat(books, charlie, 5 * MINUTE)

    assert [(1, 1, Outcome.TAKEN)] == stays(books.database)


async def test_what_begins_with_the_bot_has_no_stay_until_it_is_handed_over(books: Books) -> None:
    await books.do(create(is_bot_enabled=True))
    before = stays(books.database)
    await books.do(to_queue(1))

    assert ([], [(1, 2, None)]) == (before, stays(books.database))


async def test_released_it_stays_anew_at_its_kept_place(books: Books) -> None:
    charlie = await hire(books)
    first, _ = await begin(books, 2)
    await books.do(take(first, charlie))
    books.clock.move(HOUR)
    await books.do(release(first))
    kept = stays(books.database, "conversation_id, epoch, position, outcome")
    (lasted,) = books.database.execute("SELECT joined_at FROM stays WHERE conversation_id = 1 AND epoch = 3")[0]

    assert [(1, 1, 1, Outcome.TAKEN), (1, 3, 1, None), (2, 1, 2, None)] == kept
    assert lasted == books.clock().timestamp() * 1_000_000


async def test_asking_again_and_again_stores_nothing(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)
    (one,) = await begin(books)
    before = books.lines()
    for _ in range(5):
        books.clock.move(MINUTE)
        assert (await read(books, one)).estimate is not None

    assert before == books.lines()


# What is dropped in time


def add_checkpoints(database: Database, community_id: int, times: Iterable[datetime]) -> None:
    """Checkpoints of a queue that was empty."""
    for at in times:
        seconds = int(at.timestamp())
        row = f"{community_id}, {seconds // 60}, {seconds * 1_000_000}, 0, 0, 0"
        database.execute(f"INSERT INTO queue_checkpoints VALUES ({row})")  # noqa: S608


def fill(database: Database, community_id: int, count: int) -> None:
    """Checkpoints of the first minutes of 1970."""
    database.execute(
        f"""INSERT INTO queue_checkpoints
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
            SELECT {community_id}, i, i * 60000000, 0, 0, 0 FROM n"""  # noqa: S608
    )


def ages(books: Books, community_id: int = SHOP) -> list[float]:
    """How old a community's checkpoints are, in days."""
    found = books.database.execute(
        f"SELECT at FROM queue_checkpoints WHERE community_id = {community_id} ORDER BY minute"  # noqa: S608
    )
    return [round((books.clock().timestamp() - at / 1e6) / 86_400, 2) for (at,) in found]


async def test_checkpoints_older_than_a_week_are_dropped_but_for_the_newest_of_them(books: Books) -> None:
    now = books.clock()
    add_checkpoints(books.database, SHOP, [now - age * DAY for age in (30, 9, 8, 6, 1, 0.5)])
    was_work = await books.do(ForgetCheckpoints())

    assert ([8, 6, 1, 0.5], True) == (ages(books), was_work)


async def test_the_last_checkpoint_of_a_queue_that_went_quiet_stays(books: Books) -> None:
    charlie = await hire(books)
    await chats(books, charlie)
    await begin(books, 3)
    books.clock.move(30 * DAY)
    before = await look(books)
    await running.tidy(books.ledger)

    assert 1 == len(ages(books))
    assert NEAR(3 * 3_600) == before.waited_s
    assert before == await look(books)


async def test_each_community_keeps_its_own(books: Books) -> None:
    now = books.clock()
    add_checkpoints(books.database, SHOP, [now - 9 * DAY, now - 8 * DAY])
    add_checkpoints(books.database, 2, [now - 20 * DAY])
    await running.tidy(books.ledger)

    assert ([8], [20]) == (ages(books), ages(books, 2))


async def test_one_round_drops_a_bounded_number(books: Books) -> None:
    fill(books.database, SHOP, FORGOTTEN_AT_ONCE + 500)
    left = []
    for _ in range(3):
        was_work = await books.do(ForgetCheckpoints())
        left.append((was_work, len(ages(books))))

    assert [(True, 500), (True, 1), (False, 1)] == left


async def test_housekeeping_goes_on_until_nothing_old_is_left(books: Books) -> None:
    for community_id in (SHOP, 2):
        fill(books.database, community_id, FORGOTTEN_AT_ONCE + 500)
    await running.tidy(books.ledger)

    assert (1, 1) == (len(ages(books)), len(ages(books, 2)))


async def test_housekeeping_leaves_the_hour_behind_as_it_was(books: Books) -> None:
    random = Random(5)
    floor = Floor(random, await hire(books))
    for _ in range(60):
        await books.together(floor.doings(2, moved(books.clock, random)))
        books.clock.move(3 * HOUR)
    before = await look(books)
    was_kept = len(ages(books))
    await running.tidy(books.ledger)

    assert before == await look(books)
    assert was_kept > len(ages(books))
    assert CHECKPOINTS_KEPT / DAY >= max(ages(books)[1:])


async def test_housekeeping_with_nothing_to_drop_changes_nothing(books: Books) -> None:
    await begin(books)
    before = books.lines()
    await running.tidy(books.ledger)

    assert before == books.lines()
    assert False is await books.do(ForgetCheckpoints())
