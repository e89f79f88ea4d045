"""The line before the writer: bounded, fair, patient with the database and not for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from parley.actions.tokens import RotateKey
from parley.core.errors import BusyError, LineFullError, StorageUnavailableError, UnavailableError
from parley.ledger import Ledger
from tests.builders import RIVAL, create, guids
from tests.clock import ManualClock
from tests.ledger.books import Books, opened
from tests.storage.databases import Database

LIMIT = 6  # of the line in these tests


@pytest.fixture
async def books(database: Database) -> AsyncIterator[Books]:
    """Books with a short line."""
    async with opened(database, line_limit=LIMIT) as books:
        await books.add_communities()
        yield books


def rotate() -> RotateKey:
    return RotateKey(sealed=b"plain:key", by="operator")


async def in_line(books: Books, *actions: Any) -> list["asyncio.Task[Any]"]:
    """One caller for each action, all of them standing in the line now."""
    callers = [asyncio.create_task(books.do(action)) for action in actions]
    await asyncio.sleep(0)
    return callers


async def being_written(books: Books) -> "asyncio.Task[Any]":
    """The caller of an action that is with the writer until the gate is released."""
    books.gate.hold_written()
    (caller,) = await in_line(books, create())
    await books.gate.written()
    return caller


def hurry(monkeypatch: pytest.MonkeyPatch, *, seconds: float) -> None:
    """Let the event loop believe that so many seconds have passed."""
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + seconds)


async def test_a_full_line_refuses_at_once(books: Books) -> None:
    books.gate.hold()
    callers = await in_line(books, *[rotate()] * LIMIT)

    with pytest.raises(LineFullError, match="6 writes are waiting already"):
        await books.do(rotate())
    books.gate.release()
    await asyncio.gather(*callers)


async def test_what_was_answered_makes_room(books: Books) -> None:
    for _ in range(3):
        await asyncio.gather(*await in_line(books, *[rotate()] * LIMIT))


async def test_what_is_being_written_counts_as_waiting(books: Books) -> None:
    callers = [await being_written(books), *await in_line(books, *[rotate()] * (LIMIT - 1))]

    with pytest.raises(LineFullError):
        await books.do(rotate())
    books.gate.release()
    await asyncio.gather(*callers)


async def test_one_community_has_at_most_half_of_the_line(books: Books) -> None:
    books.gate.hold()
    callers = await in_line(books, *[create()] * (LIMIT // 2))

    with pytest.raises(BusyError, match="3 writes of this community are waiting already"):
        await books.do(create())
    books.gate.release()
    await asyncio.gather(*callers)


async def test_while_one_community_is_refused_another_is_answered(books: Books) -> None:
    callers = [await being_written(books), *await in_line(books, *[create()] * (LIMIT // 2 - 1))]
    with pytest.raises(BusyError):
        await books.do(create())
    (rival,) = await in_line(books, create(community_id=RIVAL))
    books.gate.release()

    assert 1 == (await rival).position
    await asyncio.gather(*callers)


async def test_what_concerns_the_whole_server_may_use_all_of_the_line(books: Books) -> None:
    books.gate.hold()
    callers = await in_line(books, *[create()] * (LIMIT // 2), *[rotate()] * (LIMIT // 2))
    books.gate.release()

    assert LIMIT == len(await asyncio.gather(*callers))


async def test_who_gives_up_in_the_line_is_left_out(books: Books) -> None:
    books.gate.hold()
    first, second, third = await in_line(books, *[create()] * 3)
    second.cancel()
    books.gate.release()

    assert (1, 2) == ((await first).position, (await third).position)
    assert second.cancelled()


async def test_who_gives_up_in_the_line_makes_room_when_the_writer_comes_by(books: Books) -> None:
    books.gate.hold()
    for caller in await in_line(books, *[create()] * (LIMIT // 2)):
        caller.cancel()
    books.gate.release()
    await books.do(create(community_id=RIVAL))

    assert 1 == (await books.do(create())).position


async def test_who_gives_up_while_it_is_written_is_not_waited_for(books: Books) -> None:
    """It has happened all the same: the next one stands behind it."""
    caller = await being_written(books)
    caller.cancel()
    (behind,) = await in_line(books, create())
    books.gate.release()

    assert 2 == (await behind).position


async def test_a_caller_waits_ten_seconds_for_the_database(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.gate.hold()
    (caller,) = await in_line(books, create())
    hurry(monkeypatch, seconds=11)

    with pytest.raises(StorageUnavailableError, match="did not answer in time"):
        await caller
    books.gate.release()
    assert 1 == (await books.do(create())).position


async def test_a_caller_does_not_give_up_before(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.gate.hold()
    (caller,) = await in_line(books, create())
    hurry(monkeypatch, seconds=9)
    for _ in range(5):  # the sweep is due by now
        await asyncio.sleep(0)
    books.gate.release()

    assert 1 == (await caller).position


async def test_what_is_being_written_for_ten_seconds_is_given_up_too(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await being_written(books)
    hurry(monkeypatch, seconds=11)

    with pytest.raises(StorageUnavailableError, match="did not answer in time"):
        await caller
    books.gate.release()
    assert 2 == (await books.do(create())).position


async def test_closing_writes_what_waits(books: Books) -> None:
    books.gate.hold()
    callers = await in_line(books, create(), create())
    closing = asyncio.create_task(books.ledger.close())
    books.gate.release()
    await closing

    assert [1, 2] == [(await caller).position for caller in callers]


async def test_who_comes_after_closing_is_sent_away(books: Books) -> None:
    await books.ledger.close()

    with pytest.raises(UnavailableError, match="shutting down"):
        await books.do(create())


async def test_a_ledger_that_never_began_can_be_closed(database: Database) -> None:
    await Ledger(database.storage(), now=ManualClock(), fresh=guids()).close()


@pytest.mark.parametrize("failure", [StorageUnavailableError("held"), OSError("gone"), RuntimeError("a bug")])
@pytest.mark.parametrize("when_taken", [False, True])
async def test_a_failing_storage_fails_its_group_and_the_ledger_goes_on(
    books: Books,
    failure: Exception,
    when_taken: bool,  # noqa: FBT001
) -> None:
    before = books.lines()
    books.gate.break_once(failure, when_taken=when_taken)

    assert [failure, failure] == await books.together([create(), create()])
    assert before == books.lines()
    assert 1 == (await books.do(create())).position
