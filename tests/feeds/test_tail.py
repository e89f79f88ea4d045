"""The tail of the log: whoever follows hears what concerns them, in order, once, from then on."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import UnavailableError
from parley.core.events import Event
from parley.feeds import tail as tails
from parley.feeds.tail import LogTail
from tests.builders import RIVAL, SHOP, create
from tests.feeds.listening import DeafEar, Ear, running
from tests.ledger.books import Books


@pytest.fixture
async def tail(books: Books) -> AsyncIterator[LogTail]:
    """A tail that nobody wakes but the test."""
    async with running(books.reader) as tail:
        yield tail


async def test_a_follower_hears_every_event_from_then_on_once_and_in_order(books: Books, tail: LogTail) -> None:
    await books.do(create(message="before"))
    before = await books.reader.last_number()
    ear = Ear()
    await tail.follow(ear)
    for _ in range(3):
        await books.together([create(message="Hi") for _ in range(5)])
        tail.wake()
    last = await books.reader.last_number()
    tail.wake()
    await ear.until_number(last)

    assert list(range(before + 1, last + 1)) == ear.numbers
    assert await books.reader.events(after=before, take=1_000) == ear.heard


async def test_each_hears_only_what_concerns_it(books: Books, tail: LogTail) -> None:
    first = (await books.do(create())).conversation.id
    everything, shop, rival, one = Ear(), Ear(), Ear(), Ear()
    await tail.follow(everything)
    await tail.follow(shop, community_id=SHOP)
    await tail.follow(rival, community_id=RIVAL)
    await tail.follow(one, community_id=SHOP, conversation_id=first + 1)
    await books.do(create(message="Hi"))
    await books.do(create(community_id=RIVAL))
    tail.wake()
    await everything.until_number(await books.reader.last_number())

    assert {SHOP} == {event.community_id for event in shop.heard}
    assert {RIVAL} == {event.community_id for event in rival.heard}
    assert ["conversation_created", "conversation_message_added"] == [event.type for event in one.heard]
    assert len(everything.heard) == len(shop.heard) + len(rival.heard)


async def test_a_conversations_number_alone_opens_nothing(books: Books, tail: LogTail) -> None:
    """It is the community's that was named: another's conversation is not heard."""
    everything, stranger = Ear(), Ear()
    await tail.follow(everything)
    await tail.follow(stranger, community_id=RIVAL, conversation_id=1)
    await books.do(create(message="Hi"))
    tail.wake()
    await everything.until_number(await books.reader.last_number())

    assert [] == stranger.heard


async def test_who_has_left_hears_no_more(books: Books, tail: LogTail) -> None:
    stays, leaves = Ear(), Ear()
    await tail.follow(stays)
    await tail.follow(leaves)
    await books.do(create())
    tail.wake()
    await leaves.until_number(await books.reader.last_number())
    heard = list(leaves.heard)
    tail.leave(leaves)
    tail.leave(leaves)
    await books.do(create())
    tail.wake()
    await stays.until_number(await books.reader.last_number())

    assert heard == leaves.heard


async def test_who_comes_after_all_have_left_hears_nothing_old(books: Books, tail: LogTail) -> None:
    first, second = Ear(), Ear()
    await tail.follow(first)
    tail.leave(first)
    await books.do(create())
    before = await books.reader.last_number()
    await tail.follow(second)
    await books.do(create())
    tail.wake()
    await second.until_number(await books.reader.last_number())

    assert before + 1 == second.numbers[0]
    assert [] == first.heard


async def test_a_fault_in_one_follower_harms_no_other(
    books: Books, tail: LogTail, caplog: pytest.LogCaptureFixture
) -> None:
    deaf, sound = DeafEar(), Ear()
    await tail.follow(deaf)
    await tail.follow(sound)
    await books.do(create(message="a secret"))
    tail.wake()
    await sound.until_number(await books.reader.last_number())

    assert 1 == len(deaf.heard)
    assert ["listener_dropped"] == [record.message for record in caplog.records]
    assert "a secret" not in caplog.text


async def test_a_follower_that_leaves_while_it_hears(books: Books, tail: LogTail) -> None:
    class Once(Ear):
        def hear(self, event: Event) -> None:
            super().hear(event)
            tail.leave(self)

    once = Once()
    await tail.follow(once)
    await books.do(create(message="Hi"))
    tail.wake()
    await once.until(lambda heard: len(heard) > 0)
    later = Ear()
    await tail.follow(later)
    await books.do(create())
    tail.wake()
    await later.until_number(await books.reader.last_number())

    assert 1 == len(once.heard)


async def test_more_than_a_page_is_told_whole(books: Books, tail: LogTail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "PAGE", 4)
    ear = Ear()
    await tail.follow(ear)
    before = await books.reader.last_number()
    await books.together([create() for _ in range(9)])
    last = await books.reader.last_number()
    tail.wake()
    await ear.until_number(last)

    assert list(range(before + 1, last + 1)) == ear.numbers


async def test_following_is_refused_while_the_database_is_away(books: Books) -> None:
    class Away:
        async def last_number(self) -> int:
            msg = "The database cannot be reached."
            raise UnavailableError(msg)

    tail = LogTail(Away())  # type: ignore[arg-type]  # all that following asks of a reader
    ear = Ear()
    with pytest.raises(UnavailableError):
        await tail.follow(ear)
    tail.leave(ear)


async def test_a_database_that_was_away_for_a_moment_loses_nothing(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    class Shaky:
        async def last_number(self) -> int:
            return await books.reader.last_number()

        async def events(self, *, after: int, take: int) -> list[Event]:
            if not failed.is_set():
                failed.set()
                msg = "The database cannot be reached."
                raise UnavailableError(msg)
            return await books.reader.events(after=after, take=take)

    monkeypatch.setattr(tails, "PAUSE_S", 0)
    async with running(Shaky()) as tail:  # type: ignore[arg-type]  # all that a tail asks of a reader
        ear = Ear()
        await tail.follow(ear)
        before = await books.reader.last_number()
        await failed.wait()
        await books.do(create())
        tail.wake()
        await ear.until_number(before + 1)

        assert [before + 1] == ear.numbers


@given(steps=st.lists(st.sampled_from(["write", "wake", "follow", "leave", "breathe"]), min_size=5, max_size=40))
async def test_whoever_follows_hears_all_between_coming_and_leaving(books: Books, steps: list[str]) -> None:
    """In whatever order things happen: all that was committed between the two, without a gap.

    What was committed shortly before may be heard as well, for the tail may be behind when somebody comes.
    """
    following: list[tuple[Ear, int]] = []
    left: list[tuple[Ear, int]] = []
    async with running(books.reader) as tail:
        for step in steps:
            match step:
                case "write":
                    await books.do(create())
                case "wake":
                    tail.wake()
                case "follow":
                    ear = Ear()
                    await tail.follow(ear)
                    following.append((ear, await books.reader.last_number()))
                case "leave" if following:
                    ear, since = following.pop(0)
                    tail.leave(ear)
                    left.append((ear, since))
                case _:
                    await asyncio.sleep(0)
        await books.do(create())
        last = await books.reader.last_number()
        tail.wake()
        for ear, since in following:
            await ear.until_number(last)
            assert list(range(ear.numbers[0], last + 1)) == ear.numbers
            assert ear.numbers[0] <= since + 1
        for ear, since in left:
            first = ear.numbers[0] if ear.numbers else since + 1
            assert first <= since + 1
            assert list(range(first, first + len(ear.heard))) == ear.numbers
