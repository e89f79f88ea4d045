"""A process hears of what others write, and goes on hearing when its connection was lost."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from parley import databases, wiring
from parley.actions.catalogue import AddCategory
from parley.actions.communities import AddCommunity
from parley.storage.postgres import PostgresServer, PostgresWatch
from parley.storage.postgres.watch import UNTOLD_LIMIT
from parley.wiring import Parts
from tests.faults.proxy import Proxy
from tests.faults.stage import fragile_cluster
from tests.feeds.listening import NEVER, WITHIN_S, Ear, running, serving
from tests.postgres import Cluster, cluster
from tests.servers import run_parley
from tests.storage.databases import Database


@pytest.fixture
def url(database: Database) -> str:
    """The database of a kind, by its URL."""
    return database.url


async def add(parts: Parts, name: str) -> None:
    """Something happens."""
    await parts.ledger.submit(AddCategory(community_id=1, name=name, by="test"))


async def test_what_a_command_writes_is_heard(url: str) -> None:
    """Nobody wakes the tail but the watch, and nobody polls."""
    await asyncio.to_thread(run_parley, "community", "add", "Shop", database=url)
    _, reader, watch = databases.sides(url)
    async with running(reader, watch=watch) as tail:
        ear = Ear()
        await tail.follow(ear)
        await asyncio.to_thread(run_parley, "category", "add", "Shop", "Orders", database=url)
        await ear.until(lambda heard: [event.type for event in heard] == ["category_added"])
    await reader.close()


async def test_everyone_hears_everything_once_while_many_write(url: str) -> None:
    """Four programs write at once and two follow: both hear the whole log in its order."""
    async with wiring.opened(url) as first, wiring.opened(url) as second:
        await first.ledger.submit(AddCommunity(name="Shop", secret_hash=b"s", by="test"))
        before = await first.reader.last_number()
        async with (
            running(first.reader, watch=first.watch) as one,
            running(second.reader, watch=second.watch) as other,
            wiring.opened(url) as third,
            wiring.opened(url) as fourth,
        ):
            ears = [Ear(), Ear()]
            await one.follow(ears[0])
            await other.follow(ears[1])
            writers = [first, second, third, fourth]
            await asyncio.gather(*(add(parts, f"{n}") for n in range(25) for parts in writers))
            for ear in ears:
                await ear.until_number(before + 100)
                assert list(range(before + 1, before + 101)) == ear.numbers


# PostgreSQL: a connection that only listens is lost in several ways.


@pytest.fixture
def shop() -> str:
    """A database on the server."""
    return cluster().new_database()


@pytest.fixture
async def parts(shop: str) -> AsyncIterator[Parts]:
    """One who writes, straight to the server."""
    async with wiring.opened(shop) as parts:
        await parts.ledger.submit(AddCommunity(name="Shop", secret_hash=b"s", by="test"))
        yield parts


async def listening(url: str, *, but: str = "0") -> str:
    """The backend on which somebody listens, other than that one; waited for."""
    text = f"""
        SELECT max(pid)::text FROM pg_stat_activity
        WHERE application_name = 'parley watch' AND datname = current_database() AND state = 'idle' AND pid <> {but}
    """  # noqa: S608 - a number of our own
    async with asyncio.timeout(WITHIN_S):
        while (found := await asyncio.to_thread(cluster().execute, text, database=url)) is None:
            pass  # each look is a connection of its own, which takes its time
    return str(found)


async def test_a_listener_that_the_server_ends_listens_again(shop: str, parts: Parts) -> None:
    async with running(parts.reader, watch=parts.watch) as tail:
        ear = Ear()
        await tail.follow(ear)
        backend = await listening(shop)
        await asyncio.to_thread(cluster().execute, f"SELECT pg_terminate_backend({backend})")
        await add(parts, "while nobody listens, perhaps")
        await ear.until(lambda heard: len(heard) == 1)
        await listening(shop, but=backend)
        await add(parts, "when somebody listens again")
        await ear.until(lambda heard: len(heard) == 2)


async def test_a_listener_finds_the_server_again_after_a_restart() -> None:
    fragile: Cluster = await asyncio.to_thread(fragile_cluster)
    url = await asyncio.to_thread(fragile.new_database)
    async with wiring.opened(url) as parts:
        await parts.ledger.submit(AddCommunity(name="Shop", secret_hash=b"s", by="test"))
        async with running(parts.reader, watch=parts.watch) as tail:
            ear = Ear()
            await tail.follow(ear)
            await asyncio.to_thread(fragile.stop)
            await asyncio.to_thread(fragile.start)
            await asyncio.to_thread(fragile.await_up)
            await add(parts, "after the restart")
            await ear.until(lambda heard: len(heard) == 1)


async def test_a_listener_notices_a_line_that_is_dead_without_a_word(shop: str, parts: Parts) -> None:
    """The line stands for both ends, and nothing comes through any more: only asking tells."""
    with Proxy(cluster()) as proxy:
        through = PostgresServer(proxy.url(shop))
        watch = PostgresWatch(through, asked_every=NEVER / 36_000, answered_within_s=0.2)
        async with running(parts.reader, watch=watch) as tail:
            ear = Ear()
            await tail.follow(ear)
            backend = await listening(shop)
            proxy.deaden()
            await listening(shop, but=backend)
            await add(parts, "on the new line")
            await ear.until(lambda heard: len(heard) == 1)


# PostgreSQL: the same connection carries what processes tell each other.


async def test_neighbours_hear_each_word_once_and_whoever_tells_it_does_not(shop: str) -> None:
    """The answer comes last, so whatever its hearer had told before would have come back by then."""
    async with serving(watch_of(shop)) as one, serving(watch_of(shop)) as other, serving(watch_of(shop)) as third:
        told = [f"{number}" for number in range(100)]
        for word in told:
            one.tell(word)
        await other.until(lambda: len(other.words) == len(told))
        other.tell("an answer")
        await one.until(lambda: bool(one.words))
        await third.until(lambda: len(third.words) > len(told))

    assert ["an answer"] == one.words
    assert told == other.words
    assert [*told, "an answer"] == third.words


async def test_a_word_that_is_told_again_at_once_is_heard_again(shop: str) -> None:
    """PostgreSQL sends equal notices of one transaction once."""
    told = ["wrong", "wrong", "right", "wrong", "wrong"]
    async with serving(watch_of(shop)) as one, serving(watch_of(shop)) as other:
        for word in told:
            one.tell(word)
        await other.until(lambda: len(other.words) == len(told))

    assert told == other.words


async def test_who_has_another_database_is_no_neighbour(shop: str) -> None:
    elsewhere = await asyncio.to_thread(cluster().new_database)
    async with serving(watch_of(shop)) as one, serving(watch_of(shop)) as other, serving(watch_of(elsewhere)) as far:
        one.tell("among us")
        far.tell("among others")
        await other.until(lambda: bool(other.words))
        other.tell("an answer")
        await one.until(lambda: bool(one.words))

    assert (["an answer"], ["among us"], []) == (one.words, other.words, far.words)


async def test_what_is_told_without_a_line_is_lost_and_what_is_told_later_is_heard(shop: str) -> None:
    """It is no longer true when the line is there."""
    with Proxy(cluster()) as proxy:
        watch = watch_of(proxy.url(shop))
        watch.tell("before there is a line")
        async with serving(watch_of(shop)) as far, serving(watch) as near:
            proxy.refuse()
            near.tell("while the line is away")
            proxy.admit()
            await near.until(lambda: near.begun == 2)
            near.tell("afterwards")
            await far.until(lambda: bool(far.words))
            far.tell("an answer")
            await near.until(lambda: bool(near.words))

    assert (["afterwards"], ["an answer"]) == (far.words, near.words)


async def test_of_more_than_the_line_can_take_the_oldest_are_dropped(shop: str) -> None:
    async with serving(watch_of(shop)) as one, serving(watch_of(shop)) as other:
        for number in range(UNTOLD_LIMIT + 2):
            one.tell(f"{number}")
        await other.until(lambda: len(other.words) == UNTOLD_LIMIT)

    assert [f"{number}" for number in range(2, UNTOLD_LIMIT + 2)] == other.words


def watch_of(url: str) -> PostgresWatch:
    """One process's."""
    return PostgresWatch(PostgresServer(url))
