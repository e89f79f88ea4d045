"""Creating a conversation (spec §3.1): what is answered, what is recorded, what is refused."""

import pytest

from parley.actions.catalogue import AddCategory, AddField
from parley.core.conversations import Holder, Sentiment
from parley.core.errors import InvalidError, NotFoundError
from parley.core.events import ConversationCreated, MessageAdded
from parley.core.fields import FieldType, FieldValue
from parley.core.people import Author
from parley.ports import Opened
from tests.actions.refusals import refused, refused_paths
from tests.builders import RIVAL, SHOP, author, conversation, create, message
from tests.ledger.books import Books

BY = "operator"


async def test_a_new_conversation_is_all_that_was_asked_for(books: Books) -> None:
    await books.do(AddCategory(community_id=SHOP, name="Orders", id=1505, by=BY))
    await books.do(AddField(community_id=SHOP, name="Order", type=FieldType.TEXT, by=BY))
    opened = await books.do(
        create(title="Help", url="https://h", category_id=1505, fields=((1, "A-7"),), sentiment=Sentiment.PRAISE)
    )

    expected = conversation(
        id=1,
        author_id=opened.author.id,
        title="Help",
        initial_page_url="https://h",
        latest_page_url="https://h",
        category_id=1505,
        fields=(FieldValue(1, "A-7"),),
        sentiment=Sentiment.PRAISE,
    )
    assert expected == opened.conversation


async def test_without_words_it_is_a_question_without_messages(books: Books) -> None:
    opened = await books.do(create())

    assert Sentiment.QUESTION == opened.conversation.sentiment
    assert (0, ()) == (opened.conversation.message_count, opened.messages)


async def test_each_new_one_stands_at_the_end_of_its_communitys_queue(books: Books) -> None:
    wishes = [create(), create(community_id=RIVAL), create(), create()]
    opened = [await books.do(wish) for wish in wishes]

    assert [(1, 1), (1, 1), (2, 2), (3, 3)] == [(one.conversation.queue_number, one.position) for one in opened]


async def test_with_the_bot_it_stands_in_no_queue(books: Books) -> None:
    opened = await books.do(create(is_bot_enabled=True))

    assert (Holder.BOT, True, None) == (
        opened.conversation.holder,
        opened.conversation.is_with_bot,
        opened.conversation.queue_number,
    )
    assert (-1, None) == (opened.position, opened.estimate)


async def test_what_is_with_the_bot_is_not_counted_in_the_queue(books: Books) -> None:
    await books.do(create(is_bot_enabled=True))

    assert 1 == (await books.do(create())).position


async def test_what_was_answered_is_what_is_read(books: Books) -> None:
    opened = await books.do(create(message="Hello?"))

    assert opened == await books.reader.conversation(SHOP, 1, messages="earliest")


async def test_it_is_recorded_with_its_author_and_place(books: Books) -> None:
    opened = await books.do(create())

    assert [ConversationCreated(opened.conversation, opened.author, 1)] == await books.recorded()


async def test_a_first_message_is_stored_and_recorded_behind_it(books: Books) -> None:
    opened = await books.do(create(message="Hello?"))

    said = message(id=1, author_id=opened.author.id, text="Hello?")
    assert ((said, opened.author),) == opened.messages
    assert 1 == opened.conversation.message_count
    assert [
        ConversationCreated(opened.conversation, opened.author, 1),
        MessageAdded(said, opened.author, 1),
    ] == await books.recorded()


async def test_its_events_say_when_who_and_where(books: Books) -> None:
    await books.do(create(message="Hello?", by="token:7"))
    created, added = (await books.events())[-2:]

    assert (SHOP, 3, 1, "token:7", books.clock.at) == (
        created.community_id,
        created.seq,
        created.conversation_id,
        created.by,
        created.at,
    )
    assert (created.number + 1, 4) == (added.number, added.seq)


async def test_the_bots_first_message_is_the_teams(books: Books) -> None:
    opened = await books.do(create(author=Author(is_bot=True), message="Can I help?"))

    assert opened.author.is_bot
    assert opened.messages[0][0].is_team


async def test_numbers_are_the_servers_and_queues_are_a_communitys(books: Books) -> None:
    first = await books.do(create())
    second = await books.do(create(community_id=RIVAL))

    assert (1, 2) == (first.conversation.id, second.conversation.id)
    assert (1, 1) == (first.position, second.position)


async def test_an_unknown_category_is_refused(books: Books) -> None:
    assert ["categoryId"] == await refused_paths(books, create(category_id=1505), InvalidError)


async def test_another_communitys_category_is_unknown(books: Books) -> None:
    await books.do(AddCategory(community_id=RIVAL, name="Orders", id=1505, by=BY))

    assert ["categoryId"] == await refused_paths(books, create(category_id=1505), InvalidError)


async def test_an_unknown_field_is_refused(books: Books) -> None:
    assert ["fields[0].id"] == await refused_paths(books, create(fields=((1, "x"),)), InvalidError)


async def test_another_communitys_field_is_unknown(books: Books) -> None:
    await books.do(AddField(community_id=RIVAL, name="Order", type=FieldType.TEXT, by=BY))

    assert ["fields[0].id"] == await refused_paths(books, create(fields=((1, "x"),)), InvalidError)


async def test_a_value_that_does_not_fit_its_field_is_refused(books: Books) -> None:
    await books.do(AddField(community_id=SHOP, name="Items", type=FieldType.NUMBER, by=BY))

    assert ["fields[0].value"] == await refused_paths(books, create(fields=((1, "two"),)), InvalidError)


async def test_a_missing_required_field_is_refused(books: Books) -> None:
    await books.do(AddField(community_id=SHOP, name="Order", type=FieldType.TEXT, is_required=True, by=BY))

    assert ["fields"] == await refused_paths(books, create(), InvalidError)


async def test_everything_wrong_is_told_at_once(books: Books) -> None:
    paths = await refused_paths(books, create(category_id=1, fields=((1, "x"), (2, "y"))), InvalidError)

    assert ["categoryId", "fields[0].id", "fields[1].id"] == paths


async def test_a_field_of_choices_takes_one_of_them(books: Books) -> None:
    field = AddField(community_id=SHOP, name="Colour", type=FieldType.CHOICE, choices=("red", "blue"), by=BY)
    await books.do(field)
    opened = await books.do(create(fields=((1, "blue"),)))

    assert (FieldValue(1, "blue"),) == opened.conversation.fields


async def test_an_unknown_community_is_refused(books: Books) -> None:
    await refused(books, create(community_id=77), NotFoundError)


@pytest.mark.parametrize("words", ["two\r\nlines\tand a tab", "😀", " "])
async def test_words_come_back_unchanged(books: Books, words: str) -> None:
    await books.do(create(message=words))
    opened = await books.reader.conversation(SHOP, 1, messages="latest")

    assert isinstance(opened, Opened)
    assert words == opened.messages[0][0].text


async def test_whoever_is_found_by_name_only_is_nobody(books: Books) -> None:
    """Two Johns are two clients: a name says nothing about who it is."""
    first = await books.do(create(author=author(email="john@a", name="John")))
    second = await books.do(create(author=author(email="john@b", name="John")))

    assert first.author.id != second.author.id
