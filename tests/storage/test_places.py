"""The place in the queue, kept in blocks, is that of a plain count for any shape of the queue."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.conversations import Holder
from parley.core.waiting import NOT_WAITING
from parley.ports import DataRefusedError, Need, Reader, Storage
from tests.builders import CHARLIE, RIVAL, SHOP, conversation
from tests.clock import START
from tests.storage.databases import Database
from tests.storage.groups import RIVALS_CLIENT, joining, load, settle, write

# Where blocks of 512 and of 65,536 begin and end, and anywhere else.
BORDERS = [1, 2, 510, 511, 512, 513, 1_023, 1_024, 65_535, 65_536, 65_537, 66_047, 66_048, 131_071, 131_072]
numbers = st.sampled_from(BORDERS) | st.integers(1, 200_000)
# The queue numbers of those who join, and whether they leave again.
shapes = st.dictionaries(numbers, st.booleans(), max_size=12)


class Queue:
    """Conversations of the Shop with chosen queue numbers, written and read back."""

    def __init__(self, storage: Storage, reader: Reader) -> None:
        self._storage = storage
        self._reader = reader
        self._ids: Iterator[int] = count(1)
        self.numbers: dict[int, int] = {}  # by conversation id

    async def join(self, numbers: list[int]) -> None:
        """Write new conversations that wait with these numbers."""
        new = {next(self._ids): number for number in numbers}
        waiting = [conversation(id=key, queue_number=number) for key, number in new.items()]
        await write(self._storage, conversations=waiting, blocks=joining(SHOP, numbers))
        self.numbers |= new

    async def leave(self, numbers: list[int]) -> None:
        """Let Charlie take those with these numbers, which they keep."""
        gone = {key: number for key, number in self.numbers.items() if number in numbers}
        taken = [
            conversation(
                id=key, queue_number=number, holder=Holder.TEAMMATE, assignee_id=CHARLIE, taken_at=START, epoch=2
            )
            for key, number in gone.items()
        ]
        await write(self._storage, conversations=taken, blocks=joining(SHOP, numbers, step=-1))
        for key in gone:
            del self.numbers[key]

    async def clear(self) -> None:
        """Let everybody leave."""
        await self.leave(list(self.numbers.values()))

    async def places(self) -> dict[int, int]:
        """The place of each, as a reader sees it: asked for one by one, and for all at once."""
        found = {}
        for key in self.numbers:
            opened = await self._reader.conversation(SHOP, key, messages=None)
            assert opened is not None
            found[key] = opened.position
        together = await self._reader.places(SHOP, list(self.numbers), at=START)
        assert found == {key: place.position for key, place in together.items()}
        return found

    async def ahead(self) -> dict[int, int]:
        """How many are ahead of each, as a group of the ledger sees it."""
        need = Need(START)
        need.conversations |= {(SHOP, key) for key in self.numbers}
        return (await load(self._storage, need)).ahead

    def counted(self) -> dict[int, int]:
        """How many are ahead of each, by a plain count."""
        numbers = self.numbers.values()
        return {key: sum(other < number for other in numbers) for key, number in self.numbers.items()}


@pytest.fixture
async def queue(database: Database) -> Queue:
    """The Shop's empty queue; in the Rival's, one waits at number 1."""
    storage = database.storage()
    await settle(storage)
    rivals = conversation(id=1_000_000, community_id=RIVAL, author_id=RIVALS_CLIENT)
    await write(storage, conversations=[rivals], blocks=joining(RIVAL, [1]))
    return Queue(storage, database.reader())


@given(shape=shapes)
async def test_the_place_is_that_of_a_plain_count_for_any_shape_of_the_queue(
    queue: Queue, shape: dict[int, bool]
) -> None:
    await queue.join(list(shape))
    await queue.leave([number for number, leaves in shape.items() if leaves])
    counted, ahead, places = queue.counted(), await queue.ahead(), await queue.places()
    await queue.clear()

    assert counted == ahead
    assert {key: number + 1 for key, number in counted.items()} == places


async def test_the_place_is_right_behind_more_than_a_whole_block(queue: Queue) -> None:
    await queue.join([*range(1, 1_100), 65_536 + 512])

    assert queue.counted() == await queue.ahead()


async def test_one_who_has_left_is_at_no_place_and_knows_who_would_be_ahead(queue: Queue) -> None:
    """Released, it comes back at its kept number."""
    await queue.join([5, 600, 70_000])
    last = max(queue.numbers)
    await queue.leave([70_000])
    queue.numbers[last] = 70_000

    assert NOT_WAITING == (await queue.places())[last]
    assert 2 == (await queue.ahead())[last]


async def test_an_empty_block_leaves_no_row(queue: Queue, database: Database) -> None:
    await queue.join([1, 2, 600])
    await queue.clear()

    assert [(RIVAL, 1, 0, 1), (RIVAL, 2, 0, 1)] == database.dump()["waiting_blocks"]


async def test_nobody_leaves_a_block_in_which_nobody_is_counted(queue: Queue, database: Database) -> None:
    before = database.dump()

    with pytest.raises(DataRefusedError):
        await queue.leave([77])
    assert before == database.dump()
