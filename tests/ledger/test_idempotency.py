"""An idempotency key has its effect once, and its first answer comes back (spec §1a)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from parley.actions.catalogue import AddCategory
from parley.actions.draft import Action
from parley.actions.housekeeping import ForgetAnswers
from parley.core.errors import InvalidError, KeyReusedError
from parley.ledger import Answer, Once
from tests.builders import HOUR, RIVAL, SHOP, author, create
from tests.ledger.books import Books
from tests.ledger.histories import BY, once

MOMENT = timedelta.resolution


async def do(books: Books, action: Action[Any] | None = None, key: str = "k", **changes: Any) -> Answer:
    """Do it once for the key; without an action, create a conversation."""
    action = action or create()
    return await books.do_once(action, replace(once(key, action), **changes))


async def conversations(books: Books) -> int:
    """How many conversations there are."""
    return sum(event.type == "conversation_created" for event in await books.events())


async def test_the_first_answer_is_given_as_it_was_rendered(books: Books) -> None:
    answer = await do(books, render=lambda reply: (201, b"number %d" % reply.conversation.id))

    assert Answer(201, b"number 1", is_replay=False) == answer


async def test_a_repeat_gets_the_first_answer_and_does_nothing(books: Books) -> None:
    first = await do(books)
    before = books.lines()
    repeat = await do(books)

    assert replace(first, is_replay=True) == repeat
    assert before == books.lines()


async def test_a_repeat_tells_the_epoch_of_the_first_answer(books: Books) -> None:
    first = await do(books, epoch_of=lambda reply: reply.conversation.epoch + 6)
    repeat = await do(books, epoch_of=lambda reply: 0)

    assert (7, 7) == (first.epoch, repeat.epoch)


async def test_a_repeat_in_the_same_group_gets_the_first_ones_answer(books: Books) -> None:
    first, second, third = await books.in_one_group(do(books) for _ in range(3))

    assert (False, True, True) == (first.is_replay, second.is_replay, third.is_replay)
    assert first.body == second.body == third.body
    assert 1 == await conversations(books)


@pytest.mark.parametrize("other", [{"method": "PATCH"}, {"path": "/other"}, {"body_hash": b"other"}])
async def test_the_key_with_another_request_is_refused(books: Books, other: dict[str, Any]) -> None:
    await do(books)

    with pytest.raises(KeyReusedError, match="came before with another method, path or body"):
        await do(books, **other)
    assert 1 == await conversations(books)


async def test_the_key_with_another_request_is_refused_in_the_same_group_too(books: Books) -> None:
    first, second = await books.in_one_group([do(books), do(books, body_hash=b"other")])

    assert not first.is_replay
    assert isinstance(second, KeyReusedError)


async def test_another_communitys_key_is_another_key(books: Books) -> None:
    await do(books)
    answer = await do(books, create(community_id=RIVAL), body_hash=b"other")

    assert not answer.is_replay


async def test_two_keys_are_two_conversations(books: Books) -> None:
    await do(books, key="k")
    await do(books, key="l")

    assert 2 == await conversations(books)


async def test_a_refused_action_leaves_its_key_unused(books: Books) -> None:
    wish = create(category_id=1505)
    with pytest.raises(InvalidError):
        await do(books, wish)
    await books.do(AddCategory(community_id=SHOP, name="Orders", id=1505, by=BY))
    answer = await do(books, wish)

    assert not answer.is_replay


async def test_an_answer_that_cannot_be_rendered_undoes_its_action(books: Books) -> None:
    before = books.lines()

    with pytest.raises(ZeroDivisionError):
        await do(books, render=lambda reply: (200 // 0, b""))
    assert before == books.lines()


async def test_an_answer_is_given_back_for_48_hours_and_not_a_moment_longer(books: Books) -> None:
    await do(books)
    books.clock.move(48 * HOUR - MOMENT)
    assert (await do(books)).is_replay
    books.clock.move(MOMENT)

    assert not (await do(books)).is_replay


async def test_what_took_the_place_of_an_old_answer_is_kept_for_48_hours_again(books: Books) -> None:
    await do(books)
    books.clock.move(48 * HOUR)
    await do(books, body_hash=b"other")
    books.clock.move(47 * HOUR)

    assert (await do(books, body_hash=b"other")).is_replay


async def test_forgetting_keeps_answers_of_the_last_24_hours(books: Books) -> None:
    await do(books)
    books.clock.move(24 * HOUR)
    await books.do(ForgetAnswers())

    assert (await do(books)).is_replay


async def test_forgetting_drops_older_ones_and_no_other(books: Books) -> None:
    await do(books, key="old")
    books.clock.move(MOMENT)
    await do(books, key="young")
    books.clock.move(24 * HOUR)

    assert await books.do(ForgetAnswers())
    assert [("young",)] == books.database.execute("SELECT idempotency_key FROM answers")
    assert not (await do(books, key="old")).is_replay


async def test_forgetting_is_no_event(books: Books) -> None:
    await books.recorded()
    await books.do(ForgetAnswers())

    assert [] == await books.recorded()


async def test_an_answer_of_any_bytes_comes_back_as_it_is(books: Books) -> None:
    body = bytes(range(256))
    key = Once(key="k", method="POST", path="/", body_hash=b"h", render=lambda _: (200, body))
    await books.do_once(create(author=author(identifier="x")), key)
    repeat = await books.do_once(create(), key)

    assert (body, True) == (repeat.body, repeat.is_replay)
