"""Adding messages to a conversation, and importing earlier ones (spec §3.2, §3.3)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from parley.actions.conversations import CloseConversation
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.core.conversations import Holder, Message
from parley.core.errors import ConflictError, InvalidError, NotFoundError, StaleEpochError
from parley.core.events import HistoryImported, MessageAdded
from parley.core.people import Author
from tests.actions.refusals import refused, refused_paths
from tests.builders import ALICE, HOUR, MINUTE, RIVAL, SHOP, author, create
from tests.ledger.books import Books

BY = "token:1"
CLIENT, THE_BOT = author(email="alice@example.org"), Author(is_bot=True)


def say(text: str = "Hi", by: Author = CLIENT, **more: Any) -> NewMessage:
    return NewMessage(author=by, text=text, **more)


def add(*messages: NewMessage, community_id: int = SHOP) -> AddMessages:
    return AddMessages(community_id=community_id, conversation_id=1, messages=messages, by=BY)


def bring(*messages: NewMessage, community_id: int = SHOP) -> ImportMessages:
    return ImportMessages(community_id=community_id, conversation_id=1, messages=messages, by=BY)


@pytest.fixture
async def begun(books: Books) -> Books:
    """A conversation of Alice's, number 1, in the queue; a minute passed, and nothing of it is told."""
    await books.do(create(author=CLIENT))
    books.clock.move(MINUTE)
    await books.recorded()
    return books


@pytest.fixture
async def closed(begun: Books) -> Books:
    """The conversation is closed."""
    await begun.do(CloseConversation(community_id=SHOP, conversation_id=1, by=BY))
    await begun.recorded()
    return begun


async def test_messages_are_kept_in_the_order_sent(begun: Books) -> None:
    written = (await begun.do(add(say("one"), say("two", THE_BOT), say("three")))).messages

    assert [(1, "one"), (2, "two"), (3, "three")] == [(message.id, message.text) for message, _ in written]
    assert list(written) == await messages_of(begun)


async def test_a_message_without_a_time_is_said_now(begun: Books) -> None:
    ((message, author),) = (await begun.do(add(say("Hi")))).messages

    expected = Message(
        id=1,
        community_id=SHOP,
        conversation_id=1,
        author_id=author.id,
        is_team=False,
        text="Hi",
        created_at=begun.clock.at,
        stored_at=begun.clock.at,
    )
    assert expected == message


async def test_a_message_may_have_been_said_long_ago(begun: Books) -> None:
    said_at = begun.clock.at - 1_000 * HOUR
    ((message, _),) = (await begun.do(add(say(created_at=said_at)))).messages

    assert (said_at, begun.clock.at) == (message.created_at, message.stored_at)


async def test_a_message_may_be_thirty_seconds_ahead_and_no_more(begun: Books) -> None:
    edge = begun.clock.at + timedelta(seconds=30)
    await begun.do(add(say(created_at=edge)))
    wish = add(say(), say(created_at=edge + timedelta.resolution))

    assert ["[1].creationTime"] == await refused_paths(begun, wish, InvalidError)


@pytest.mark.parametrize(("by", "is_team"), [(CLIENT, False), (THE_BOT, True)])
async def test_the_author_decides_the_side(begun: Books, by: Author, is_team: bool) -> None:  # noqa: FBT001
    ((message, _),) = (await begun.do(add(say(by=by)))).messages

    assert is_team == message.is_team


@pytest.mark.parametrize("by", [CLIENT, THE_BOT])
@pytest.mark.parametrize("is_by_team", [False, True])
async def test_a_side_that_is_given_decides(begun: Books, by: Author, is_by_team: bool) -> None:  # noqa: FBT001
    ((message, _),) = (await begun.do(add(say(by=by, is_by_team=is_by_team)))).messages

    assert is_by_team == message.is_team


async def test_each_message_is_recorded_with_the_count_behind_it(begun: Books) -> None:
    written = (await begun.do(add(say("one"), say("two")))).messages

    expected = [MessageAdded(message, author, count) for count, (message, author) in enumerate(written, 1)]
    assert expected == await begun.recorded()


async def test_a_message_never_changes_the_holder(begun: Books) -> None:
    await begun.do(add(say(by=THE_BOT)))
    opened = await begun.reader.conversation(SHOP, 1, messages=None)

    assert opened is not None
    assert (Holder.QUEUE, 1, 1, begun.clock.at) == (
        opened.conversation.holder,
        opened.position,
        opened.conversation.message_count,
        opened.conversation.changed_at,
    )


async def test_a_new_author_is_made_once_for_all_messages(begun: Books) -> None:
    written = (await begun.do(add(say(by=author(email="new@b")), say(by=author(email="NEW@b"))))).messages

    assert 1 == len({author.id for _, author in written})


async def test_one_bad_message_refuses_all(begun: Books) -> None:
    wish = add(say(), say(by=author(id=ALICE)))

    assert ["[1].author.id"] == await refused_paths(begun, wish, InvalidError)


async def test_a_client_writes_no_more_when_it_is_closed(closed: Books) -> None:
    await refused(closed, add(say(by=THE_BOT), say()), ConflictError)


async def test_a_team_message_on_a_closed_one_is_to_be_mailed(closed: Books) -> None:
    ((message, author),) = (await closed.do(add(say(by=THE_BOT)))).messages

    assert [MessageAdded(message, author, 1, is_to_be_mailed=True)] == await closed.recorded()


async def test_history_is_one_event_of_our_own(begun: Books) -> None:
    written = (await begun.do(bring(say("one"), say("two", THE_BOT), say("three")))).messages

    messages = tuple(message for message, _ in written)
    assert all(message.is_imported for message in messages)
    assert [HistoryImported(messages, 3, (written[0][1], written[1][1]))] == await begun.recorded()


async def test_history_counts_as_messages(begun: Books) -> None:
    await begun.do(bring(say(), say()))
    await begun.do(add(say()))
    opened = await begun.reader.conversation(SHOP, 1, messages=None)

    assert opened is not None
    assert 3 == opened.conversation.message_count


async def test_history_may_be_brought_when_it_is_closed(closed: Books) -> None:
    written = (await closed.do(bring(say()))).messages

    assert 1 == len(written)


@pytest.mark.parametrize("make", [add, bring])
async def test_what_was_decided_under_another_epoch_is_refused(closed: Books, make: Any) -> None:
    wish = replace(make(say(by=THE_BOT)), epoch=1)

    told = await refused(closed, wish, StaleEpochError)

    assert (4002, 2) == (told.code, told.epoch)


@pytest.mark.parametrize("make", [add, bring])
async def test_what_was_decided_under_the_present_epoch_is_done(closed: Books, make: Any) -> None:
    told = await closed.do(replace(make(say(by=THE_BOT)), epoch=2))

    assert (2, 1) == (told.conversation.epoch, told.conversation.message_count)


@pytest.mark.parametrize("make", [add, bring])
async def test_another_communitys_conversation_is_not_found(begun: Books, make: Any) -> None:
    told = await refused(begun, make(say(), community_id=RIVAL), NotFoundError)

    assert "There is no conversation 1." == told.text


async def messages_of(books: Books) -> list[Any]:
    opened = await books.reader.conversation(SHOP, 1, messages="earliest")
    assert opened is not None
    return list(opened.messages)
