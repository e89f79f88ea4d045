"""Bots and the answers they owe are read back as they were written, each community's alone."""

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.bots import Bot, BotKind, Pending, Turn
from parley.core.conversations import Conversation, Holder
from parley.ports import Need, Reader, Storage
from tests.builders import RIVAL, SHOP, conversation, manners, shops_bot, turn
from tests.clock import START
from tests.storage import values
from tests.storage.databases import Database
from tests.storage.groups import RIVALS_CLIENT, load, settle, write

OURS, RIVALS = (1, 2, 3), (4, 5)  # conversations that the bot of each has


def with_bot(number: int, **changes: Any) -> Conversation:
    return conversation(id=number, holder=Holder.BOT, is_with_bot=True, queue_number=None, **changes)


@pytest.fixture
async def storage(database: Database) -> Storage:
    """A storage with two communities and what their bots have."""
    storage = database.storage()
    await settle(storage)
    theirs: dict[str, Any] = {"community_id": RIVAL, "author_id": RIVALS_CLIENT}
    await write(storage, conversations=[*map(with_bot, OURS), *(with_bot(number, **theirs) for number in RIVALS)])
    return storage


@pytest.fixture
def reader(storage: Storage, database: Database) -> Reader:
    """A reader beside it."""
    return database.reader()


async def found_by_a_group(storage: Storage, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], Turn | None]:
    need = Need(START)
    need.conversations |= set(keys)
    return (await load(storage, need)).turns


async def manners_in_a_group(storage: Storage) -> dict[int, Any]:
    need = Need(START)
    need.communities |= {SHOP, RIVAL}
    return (await load(storage, need)).manners


@given(before=values.bots, after=values.bots)
async def test_a_bot_takes_the_place_of_the_one_before(
    storage: Storage, reader: Reader, before: Bot, after: Bot
) -> None:
    await write(storage, bots=[before])
    await write(storage, bots=[after])

    assert after == await reader.bot(SHOP)
    assert [after] == await reader.all_bots()
    assert {SHOP: after.manners, RIVAL: None} == await manners_in_a_group(storage)


@given(before=values.bots, removed_at=values.moments)
async def test_a_removed_bot_is_found_no_more(storage: Storage, reader: Reader, before: Bot, removed_at: Any) -> None:
    gone = shops_bot(manners=manners(kind=BotKind.NONE), url=None, removed_at=removed_at)
    await write(storage, bots=[before])
    await write(storage, bots=[gone])

    assert None is await reader.bot(SHOP)
    assert [] == await reader.all_bots()
    assert {SHOP: None, RIVAL: None} == await manners_in_a_group(storage)
    await write(storage, bots=[before])
    assert before == await reader.bot(SHOP)


async def test_each_community_has_its_own_bot(storage: Storage, reader: Reader) -> None:
    ours, theirs = shops_bot(), shops_bot(community_id=RIVAL, manners=manners(kind=BotKind.RASA, silence=None))
    await write(storage, bots=[theirs, ours])

    assert [ours, theirs] == await reader.all_bots() == [await reader.bot(SHOP), await reader.bot(RIVAL)]
    assert {SHOP: ours.manners, RIVAL: theirs.manners} == await manners_in_a_group(storage)
    assert None is await reader.bot(77)


@given(before=values.turns, after=values.turns)
async def test_a_turn_takes_the_place_of_the_one_before(
    storage: Storage, reader: Reader, before: Turn, after: Turn
) -> None:
    await write(storage, turns=[before])
    await write(storage, turns=[after])

    assert [after] == await reader.turns(SHOP) == await reader.turns(SHOP, [1])
    assert {(SHOP, 1): after} == await found_by_a_group(storage, {(SHOP, 1), (SHOP, 2)})


async def test_a_turn_of_fifty_messages(storage: Storage, reader: Reader) -> None:
    after = turn(*(Pending(number, START) for number in range(1, 51)))
    await write(storage, turns=[after])

    assert [after] == await reader.turns(SHOP)


async def test_turns_are_a_communitys(storage: Storage, reader: Reader) -> None:
    ours = [turn(conversation_id=number) for number in OURS]
    theirs = [turn(conversation_id=number, community_id=RIVAL) for number in RIVALS]
    await write(storage, turns=[*theirs, *reversed(ours)])

    assert (ours, theirs) == (await reader.turns(SHOP), await reader.turns(RIVAL))
    assert [] == await reader.turns(77) == await reader.turns(SHOP, []) == await reader.turns(SHOP, RIVALS)
    assert {1, 3} == {found.conversation_id for found in await reader.turns(SHOP, [3, 1, 99, *RIVALS])}
    asked = [(SHOP, 1), (SHOP, 4), (RIVAL, 1), (RIVAL, 4)]
    assert {(SHOP, 1): ours[0], (RIVAL, 4): theirs[0]} == await found_by_a_group(storage, asked)


@given(ended=st.sets(st.sampled_from(OURS)))
async def test_an_ended_turn_is_gone_and_no_other(storage: Storage, reader: Reader, ended: set[int]) -> None:
    ours = [turn(conversation_id=number) for number in OURS]
    await write(storage, turns=ours)
    await write(storage, ended_turns=sorted(ended))

    assert [found for found in ours if found.conversation_id not in ended] == await reader.turns(SHOP)


async def test_one_ends_while_another_begins(storage: Storage, reader: Reader) -> None:
    await write(storage, turns=[turn()])
    await write(storage, turns=[turn(conversation_id=2)], ended_turns=[1])

    assert [turn(conversation_id=2)] == await reader.turns(SHOP)


async def test_hundreds_of_turns_at_once(storage: Storage, reader: Reader) -> None:
    """More than any chunk that rows are written in, and not a whole number of them."""
    numbers = range(2_000, 2_000 + 64 * 3 + 16 + 4 * 2 + 3)
    written = [turn(conversation_id=number) for number in numbers]
    await write(storage, conversations=list(map(with_bot, numbers)), turns=written)

    assert written == await reader.turns(SHOP)
    assert len(written) == len(await reader.turns(SHOP, numbers))
    await write(storage, ended_turns=list(numbers))
    assert [] == await reader.turns(SHOP)
