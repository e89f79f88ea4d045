"""The bot: how it is set and taken away, what it owes, what it answers, and how it loses a conversation."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from parley.actions.bots import AnswerTurn, FailTurn, GiveUpTurn, RemoveBot, SetBot, Wish
from parley.actions.conversations import ChangeTakeover, CloseConversation
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.actions.teammates import AddTeammate
from parley.core.bots import (
    PENDING_LIMIT,
    REASON_LIMIT,
    RETRY_FIRST,
    SUMMARY_LIMIT,
    BotKind,
    Manners,
    Pending,
    Turn,
)
from parley.core.conversations import Conversation, Handover, HandoverReason, Holder, Message, custody_of
from parley.core.errors import ConflictError, InvalidError, NotFoundError
from parley.core.events import BotRemoved, BotSet, ConversationCreated, MessageAdded, TakeoverChanged
from parley.core.people import Author, Role
from tests.actions.refusals import refused
from tests.builders import MINUTE, RIVAL, SHOP, author, create, manners, shops_bot, turn
from tests.clock import START
from tests.ledger.books import Books

BY = "token:1"
SECOND = timedelta(seconds=1)
LIMIT = 30 * SECOND  # as tests/builders.py has it
WISH = "I want to talk to a human"
CLIENT, THE_BOT = author(), Author(is_bot=True)
SILENT_ONE = manners(kind=BotKind.NONE)  # the integrator speaks for it, within the limit
MUTE = manners(kind=BotKind.NONE, silence=None)  # the integrator speaks for it, when it likes
OURS: dict[str, Any] = {"community_id": SHOP, "conversation_id": 1}


def set_bot(kept: Manners | None = None, **changes: Any) -> SetBot:
    """The Shop's bot is reached at an address, unless it is asked by nobody."""
    kept = kept or manners()
    url = "https://bots.example/shop" if kept.is_asked else None
    return SetBot(**{"community_id": SHOP, "manners": kept, "url": url, "by": "operator", **changes})


def say(*texts: str, by: Author = CLIENT, **more: Any) -> AddMessages:
    messages = tuple(NewMessage(author=by, text=text, **more) for text in texts or ("Hi",))
    return AddMessages(**OURS, messages=messages, by=BY)


def bring(*texts: str, by: Author = CLIENT) -> ImportMessages:
    return ImportMessages(**OURS, messages=say(*texts, by=by).messages, by=BY)


def answer(*texts: str, upto: int = 1, epoch: int = 1, wish: Wish | None = None) -> AnswerTurn:
    return AnswerTurn(**OURS, epoch=epoch, upto=upto, texts=texts, wish=wish)


def fail(failure: str = "http_500", *, upto: int = 1, epoch: int = 1, dice: float = 0) -> FailTurn:
    return FailTurn(**OURS, epoch=epoch, upto=upto, failure=failure, dice=dice)


def give_up(*, epoch: int = 1) -> GiveUpTurn:
    return GiveUpTurn(**OURS, epoch=epoch)


def hand(*, to_bot: bool = False, to: str | None = None) -> ChangeTakeover:
    return ChangeTakeover(**OURS, is_assigned_to_bot=to_bot, assignee_id=to, by=BY)


async def owed(books: Books, community_id: int = SHOP) -> list[Turn]:
    return await books.reader.turns(community_id)


async def texts_of(books: Books) -> list[str]:
    """What was said, in order."""
    opened = await books.reader.conversation(SHOP, 1, messages="earliest")
    assert opened is not None
    return [message.text for message, _ in sorted(opened.messages, key=lambda one: one[0].id)]


async def present(books: Books) -> Conversation:
    opened = await books.reader.conversation(SHOP, 1, messages=None)
    assert opened is not None
    return opened.conversation


async def nothing_comes_of(books: Books, action: AnswerTurn | FailTurn | GiveUpTurn) -> None:
    """The action is no error, changes no table, and tells what the bot owes."""
    before = books.lines()

    told = await books.do(action)

    assert before == books.lines()
    assert [told] * (told is not None) == await owed(books)


@pytest.fixture
async def begun(books: Books) -> Books:
    """The Shop has a bot that is asked, and the bot a conversation of Alice's, number 1, without a message."""
    await books.do(set_bot())
    await books.do(create(is_bot_enabled=True))
    await books.recorded()
    return books


@pytest.fixture
async def waiting(begun: Books) -> Books:
    """Alice has written, a second ago."""
    await begun.do(say("Where is my order?"))
    begun.clock.move(SECOND)
    await begun.recorded()
    return begun


@pytest.fixture
async def charlie(books: Books) -> str:
    """A teammate's id."""
    teammate = AddTeammate(community_id=SHOP, name="Charlie", email="charlie@x", role=Role.AGENT, by=BY)
    return (await books.do(teammate))[0].id


# Setting it and taking it away


async def test_a_bot_is_kept_as_it_was_set(books: Books) -> None:
    more: dict[str, Any] = {"allowed_hosts": ("10.0.0.7",), "model": "small", "prompt": "Be kind.", "key": b"plain:k"}
    kept = manners(kind=BotKind.OPENAI, languages=("sv", "en"), phrases=("beam me up",))
    told = await books.do(set_bot(kept, **more))

    assert shops_bot(manners=kept, **more) == told == await books.reader.bot(SHOP)


async def test_setting_it_is_recorded_with_its_host_and_no_more_of_its_address(books: Books) -> None:
    await books.do(set_bot(url="https://user:word@bots.example:8443/secret?k=v"))
    await books.do(set_bot(SILENT_ONE))
    await books.do(set_bot(MUTE))

    assert [
        BotSet("webhook", "bots.example", 30),
        BotSet("none", None, 30),
        BotSet("none", None, None),
    ] == await books.recorded()
    assert "operator" == (await books.events())[-1].by


async def test_a_bot_takes_the_place_of_the_former(books: Books) -> None:
    await books.do(set_bot(key=b"plain:k", model="small", allowed_hosts=("10.0.0.7",)))
    books.clock.move(MINUTE)
    told = await books.do(set_bot(SILENT_ONE))

    assert shops_bot(manners=SILENT_ONE, url=None, key=None, set_at=START + MINUTE) == told
    assert [told] == await books.reader.all_bots()


async def test_a_bot_is_its_communitys_alone(books: Books) -> None:
    await books.do(set_bot())
    opened = await books.do(create(community_id=RIVAL, is_bot_enabled=True, message=WISH))

    assert None is await books.reader.bot(RIVAL)
    assert Holder.BOT is opened.conversation.holder
    assert [] == await owed(books, RIVAL)


async def test_a_removed_bot_is_gone_and_nothing_of_it_is_kept(books: Books) -> None:
    await books.do(set_bot(key=b"plain:k", model="small", prompt="Be kind.", allowed_hosts=("10.0.0.7",)))
    await books.recorded()
    await books.do(RemoveBot(community_id=SHOP, by="operator"))

    assert None is await books.reader.bot(SHOP)
    assert [] == await books.reader.all_bots()
    assert [BotRemoved("webhook")] == await books.recorded()
    (row,) = books.database.dump()["bots"]
    words = ("plain:k", "Be kind.", "small", "bots.example", "10.0.0.7", "I give up.")
    assert [] == [word for word in words if word in repr(row)]


async def test_after_a_removed_bot_a_client_waits_for_nobody_in_particular(begun: Books) -> None:
    await begun.do(RemoveBot(community_id=SHOP, by="operator"))
    await begun.do(say(WISH))

    assert [] == await owed(begun)
    assert Holder.BOT is (await present(begun)).holder


async def test_a_removed_bot_can_be_set_again(begun: Books) -> None:
    await begun.do(RemoveBot(community_id=SHOP, by="operator"))
    await begun.do(set_bot())
    await begun.do(say())

    assert [turn()] == await owed(begun)


async def test_what_is_not_there_cannot_be_removed(books: Books) -> None:
    await refused(books, RemoveBot(community_id=SHOP, by="operator"), NotFoundError)
    await books.do(set_bot())
    await books.do(RemoveBot(community_id=SHOP, by="operator"))
    told = await refused(books, RemoveBot(community_id=SHOP, by="operator"), NotFoundError)

    assert "This community has no bot." == told.text


@pytest.mark.parametrize("action", [set_bot(community_id=77), RemoveBot(community_id=77, by="operator")])
async def test_an_unknown_community_has_no_bot(books: Books, action: Any) -> None:
    await refused(books, action, NotFoundError)


# What opens a turn, and what joins it


async def test_a_clients_message_opens_a_turn(begun: Books) -> None:
    begun.clock.move(MINUTE)
    await begun.do(say())

    assert [turn(Pending(1, START + MINUTE), due_at=START + MINUTE)] == await owed(begun)


async def test_a_first_message_opens_a_turn_and_a_conversation_without_one_does_not(books: Books) -> None:
    await books.do(set_bot())
    await books.do(create(is_bot_enabled=True, message="Hi"))
    await books.do(create(is_bot_enabled=True))

    assert [turn()] == await owed(books)


async def test_a_conversation_that_the_bot_begins_owes_nothing(books: Books) -> None:
    await books.do(set_bot())
    opened = await books.do(create(author=THE_BOT, is_bot_enabled=True, message="Can I help?"))

    assert [] == await owed(books)
    assert 1 == opened.conversation.bot_messages


async def test_history_opens_no_turn_and_answers_none(begun: Books) -> None:
    await begun.do(bring("Hi", WISH))
    assert [] == await owed(begun)
    await begun.do(say())
    await begun.do(bring("Hello", by=THE_BOT))

    assert [turn(Pending(3, START))] == await owed(begun)
    assert (Holder.BOT, 0) == ((await present(begun)).holder, (await present(begun)).bot_messages)


async def test_what_is_in_the_queue_owes_nothing(books: Books) -> None:
    await books.do(set_bot())
    await books.do(create(message="Hi"))
    await books.do(say())

    assert [] == await owed(books)


async def test_messages_that_come_quickly_join(waiting: Books) -> None:
    """In one call, in one group, and one after the other."""
    await waiting.together([say("one", "two"), say("three")])
    waiting.clock.move(SECOND)
    await waiting.do(say("four"))

    at = [START, *[START + SECOND] * 3, START + 2 * SECOND]
    pending = [Pending(number, when) for number, when in enumerate(at, 1)]
    assert [turn(*pending, due_at=START + 2 * SECOND)] == await owed(waiting)


async def test_very_many_messages_are_one_turn(begun: Books) -> None:
    await begun.do(say(*["Hi"] * (PENDING_LIMIT + 9)))
    (found,) = await owed(begun)

    assert (1, PENDING_LIMIT + 9) == (found.pending[0].message_id, found.upto)


async def test_a_client_is_whoever_writes_on_the_clients_side(begun: Books) -> None:
    await begun.do(say(by=THE_BOT, is_by_team=False))

    assert [turn()] == await owed(begun)


async def test_each_conversation_has_a_turn_of_its_own(waiting: Books) -> None:
    second = await waiting.do(create(is_bot_enabled=True, message="Hi"))
    number = second.conversation.id

    assert [1, number] == [found.conversation_id for found in await owed(waiting)]
    assert [number] == [found.conversation_id for found in await waiting.reader.turns(SHOP, [number, 99])]


async def test_a_bot_that_nobody_asks_owes_answers_within_its_limit(begun: Books) -> None:
    await begun.do(set_bot(SILENT_ONE))
    await begun.do(say())

    assert [turn()] == await owed(begun)


async def test_a_bot_that_may_be_silent_for_ever_and_is_not_asked_owes_nothing(begun: Books) -> None:
    await begun.do(set_bot(MUTE))
    await begun.do(say())

    assert [] == await owed(begun)


async def test_without_a_bot_nothing_is_owed(books: Books) -> None:
    await books.do(create(is_bot_enabled=True, message="Hi"))
    await books.do(say(WISH))

    assert [] == await owed(books)
    assert Holder.BOT is (await present(books)).holder


# What the bot answers


async def test_an_answer_is_said_by_the_bot_and_ends_the_turn(waiting: Books) -> None:
    assert None is await waiting.do(answer("On its way.", "Anything else?"))

    opened = await waiting.reader.conversation(SHOP, 1, messages="earliest")
    assert opened is not None
    _, (first, speaker), (second, _) = opened.messages
    assert speaker.is_bot
    expected = Message(
        id=2,
        community_id=SHOP,
        conversation_id=1,
        author_id=speaker.id,
        is_team=True,
        text="On its way.",
        created_at=waiting.clock.at,
        stored_at=waiting.clock.at,
    )
    assert (expected, "Anything else?") == (first, second.text)
    assert (3, 2, waiting.clock.at) == (
        opened.conversation.message_count,
        opened.conversation.bot_messages,
        opened.conversation.changed_at,
    )
    assert [MessageAdded(first, speaker, 2), MessageAdded(second, speaker, 3)] == await waiting.recorded()
    assert "bot" == (await waiting.events())[-1].by
    assert [] == await owed(waiting)


async def test_what_came_after_the_question_stays_to_be_answered_and_is_asked_at_once(waiting: Books) -> None:
    await waiting.do(say("And when?"))
    waiting.clock.move(SECOND)
    told = await waiting.do(answer("On its way.", upto=1))

    assert turn(Pending(2, START + SECOND), due_at=START + 2 * SECOND) == told
    assert [told] == await owed(waiting)


async def test_an_answer_to_several_messages_ends_the_turn(waiting: Books) -> None:
    await waiting.do(say("And when?"))

    assert None is await waiting.do(answer("On its way.", upto=2))
    assert [] == await owed(waiting)


async def test_an_answer_forgives_the_failures_before_it(waiting: Books) -> None:
    await waiting.do(fail())
    await waiting.do(say("Hello?"))
    left = await waiting.do(answer("On its way.", upto=1))

    assert left is not None
    assert (0, None) == (left.tries, left.failure)


async def test_a_second_answer_to_the_same_is_not_heard(waiting: Books) -> None:
    await waiting.do(answer("On its way."))

    await nothing_comes_of(waiting, answer("It is on its way!"))


async def test_an_answer_that_comes_after_a_later_one_is_not_heard(waiting: Books) -> None:
    await waiting.do(say("And when?"))
    await waiting.do(answer("Tomorrow.", upto=2))
    await waiting.do(say("Thanks"))

    await nothing_comes_of(waiting, answer("On its way.", upto=1))
    await nothing_comes_of(waiting, answer("On its way.", upto=2))


async def test_of_two_answers_in_one_group_one_is_heard(waiting: Books) -> None:
    await waiting.together([answer("one"), answer("two")])

    assert ["Where is my order?", "one"] == await texts_of(waiting)


@pytest.mark.parametrize("wish", [None, Wish()])
async def test_under_another_epoch_nobody_is_heard(waiting: Books, wish: Wish | None) -> None:
    for epoch in (0, 2):
        await nothing_comes_of(waiting, answer("Hi", epoch=epoch, wish=wish))
        await nothing_comes_of(waiting, fail(epoch=epoch))
        waiting.clock.move(MINUTE)
        await nothing_comes_of(waiting, give_up(epoch=epoch))


async def test_what_is_not_there_owes_nothing(books: Books) -> None:
    for action in (answer("Hi"), fail(), give_up()):
        await nothing_comes_of(books, action)


async def test_another_communitys_turn_is_not_touched(waiting: Books) -> None:
    before = waiting.lines()
    waiting.clock.move(MINUTE)
    rivals: dict[str, Any] = {"community_id": RIVAL, "conversation_id": 1, "epoch": 1}
    for action in (
        AnswerTurn(**rivals, upto=1, texts=("Hi",)),
        FailTurn(**rivals, upto=1, failure="x", dice=0),
        GiveUpTurn(**rivals),
    ):
        assert None is await waiting.do(action)

    assert before == waiting.lines()


async def test_a_promise_says_nothing_and_keeps_the_turn_without_asking_again(waiting: Books) -> None:
    await waiting.do(fail())
    told = await waiting.do(answer())

    assert turn(due_at=None) == told
    assert [told] == await owed(waiting)
    assert ["Where is my order?"] == await texts_of(waiting)
    assert [] == await waiting.recorded()


async def test_a_promise_is_kept_with_an_answer(waiting: Books) -> None:
    await waiting.do(answer())
    await waiting.do(answer("On its way."))

    assert [] == await owed(waiting)


async def test_after_a_promise_a_further_message_is_asked(waiting: Books) -> None:
    await waiting.do(answer())
    await waiting.do(say("Hello?"))
    (found,) = await owed(waiting)

    assert waiting.clock.at == found.due_at


async def test_a_promise_for_less_than_was_written_changes_nothing(waiting: Books) -> None:
    await waiting.do(say("Hello?"))

    await nothing_comes_of(waiting, answer(upto=1))


# How the bot hands over


async def test_a_bot_that_wants_a_person_hands_over_behind_its_words(waiting: Books) -> None:
    assert None is await waiting.do(answer("I will get somebody.", wish=Wish("refund", "Wants money back.")))

    conversation = await present(waiting)
    card = Handover(
        reason=HandoverReason.BOT,
        bot_messages=1,
        at=waiting.clock.at,
        detail="refund",
        summary="Wants money back.",
    )
    assert (Holder.QUEUE, 1, card) == (conversation.holder, conversation.queue_number, conversation.handover)
    said, lost = await waiting.recorded()
    assert isinstance(said, MessageAdded)
    assert "I will get somebody." == said.message.text
    assert TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(conversation), handover=card) == lost
    assert [] == await owed(waiting)


async def test_a_bot_may_hand_over_without_a_word_and_without_a_reason(waiting: Books) -> None:
    await waiting.do(answer(wish=Wish(" ", "\x00")))
    conversation = await present(waiting)

    assert Handover(reason=HandoverReason.BOT, bot_messages=0, at=waiting.clock.at) == conversation.handover
    assert ["Where is my order?"] == await texts_of(waiting)


async def test_a_bots_reason_and_summary_are_cut_to_what_is_kept(waiting: Books) -> None:
    await waiting.do(answer(wish=Wish("r" * 9_999, "s" * 9_999)))
    card = (await present(waiting)).handover

    assert card is not None
    assert (REASON_LIMIT, SUMMARY_LIMIT) == (len(card.detail or ""), len(card.summary or ""))


async def test_a_bot_that_hands_over_leaves_what_came_later_to_the_team(waiting: Books) -> None:
    await waiting.do(say("And when?"))
    await waiting.do(answer("I will get somebody.", upto=1, wish=Wish()))

    assert [] == await owed(waiting)


async def test_a_bot_that_hands_over_goes_to_the_end_of_the_queue(waiting: Books) -> None:
    await waiting.together([create(), create()])
    await waiting.do(answer(wish=Wish()))
    opened = await waiting.reader.conversation(SHOP, 1, messages=None)

    assert opened is not None
    assert 3 == opened.position


# Failing, and giving up


async def test_a_failure_puts_the_next_try_off(waiting: Books) -> None:
    told = await waiting.do(fail("http_500"))
    again = await waiting.do(fail("timeout", dice=0.5))

    first = turn(due_at=waiting.clock.at + RETRY_FIRST, tries=1, failure="http_500")
    second = turn(due_at=waiting.clock.at + RETRY_FIRST * 2 * 1.1, tries=2, failure="timeout")
    assert (first, second) == (told, again)
    assert [second] == await owed(waiting)
    assert [] == await waiting.recorded()


async def test_a_failure_to_ask_for_what_has_an_answer_is_not_counted(waiting: Books) -> None:
    await waiting.do(say(by=THE_BOT))
    await waiting.do(say("Thanks"))

    await nothing_comes_of(waiting, fail(upto=1))


async def test_before_its_time_a_bot_does_not_give_up(waiting: Books) -> None:
    waiting.clock.at = START + LIMIT - timedelta.resolution

    await nothing_comes_of(waiting, give_up())


async def test_a_silent_bot_says_farewell_and_hands_over_in_one(waiting: Books) -> None:
    waiting.clock.at = START + LIMIT
    assert None is await waiting.do(give_up())

    conversation = await present(waiting)
    card = Handover(reason=HandoverReason.SILENT, bot_messages=1, at=START + LIMIT)
    assert ["Where is my order?", "I give up."] == await texts_of(waiting)
    assert (Holder.QUEUE, card, 1) == (conversation.holder, conversation.handover, conversation.bot_messages)
    said, lost = await waiting.recorded()
    assert isinstance(said, MessageAdded)
    assert ("I give up.", True) == (said.message.text, said.author.is_bot)
    assert TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(conversation), handover=card) == lost
    assert [] == await owed(waiting)


async def test_a_bot_that_failed_gives_up_with_the_name_of_its_last_failure(waiting: Books) -> None:
    for failure in ("timeout", "http_500"):
        await waiting.do(fail(failure))
    waiting.clock.at = START + LIMIT
    await waiting.do(give_up())
    card = (await present(waiting)).handover

    assert Handover(reason=HandoverReason.FAILED, bot_messages=1, at=START + LIMIT, detail="http_500") == card


async def test_a_bot_that_could_not_be_asked_gives_up_with_the_reason_for_that(waiting: Books) -> None:
    waiting.clock.at = START + LIMIT
    await waiting.do(msgspec.structs.replace(give_up(), failure="resting"))
    card = (await present(waiting)).handover

    assert Handover(reason=HandoverReason.FAILED, bot_messages=1, at=START + LIMIT, detail="resting") == card


async def test_a_bot_that_failed_names_its_own_failure_rather_than_that_it_is_not_asked(waiting: Books) -> None:
    await waiting.do(fail("timeout"))
    waiting.clock.at = START + LIMIT
    await waiting.do(msgspec.structs.replace(give_up(), failure="resting"))
    card = (await present(waiting)).handover

    assert card is not None
    assert "timeout" == card.detail


async def test_a_bot_without_last_words_gives_up_in_silence(waiting: Books) -> None:
    await waiting.do(set_bot(manners(farewell="")))
    waiting.clock.at = START + LIMIT
    await waiting.do(give_up())

    assert ["Where is my order?"] == await texts_of(waiting)
    assert Holder.QUEUE is (await present(waiting)).holder


async def test_the_oldest_message_that_waits_sets_the_time(waiting: Books) -> None:
    """Neither a further message nor a promise nor a failure gives the bot longer; an answer does."""
    await waiting.do(say("Hello?"))
    await waiting.do(fail())
    await waiting.do(answer(upto=1))
    await waiting.do(answer("Wait.", upto=1))
    waiting.clock.at = START + LIMIT
    await nothing_comes_of(waiting, give_up())
    waiting.clock.move(SECOND)
    await waiting.do(give_up())

    assert Holder.QUEUE is (await present(waiting)).holder


async def test_a_promise_that_is_not_kept_is_silence(waiting: Books) -> None:
    await waiting.do(answer())
    waiting.clock.at = START + LIMIT
    await waiting.do(give_up())
    card = (await present(waiting)).handover

    assert card is not None
    assert HandoverReason.SILENT is card.reason


async def test_a_bot_that_may_be_silent_for_ever_never_gives_up(waiting: Books) -> None:
    await waiting.do(set_bot(manners(silence=None)))
    waiting.clock.move(1_000 * MINUTE)

    await nothing_comes_of(waiting, give_up())


async def test_a_bot_that_was_taken_away_does_not_give_up(waiting: Books) -> None:
    await waiting.do(RemoveBot(community_id=SHOP, by="operator"))
    waiting.clock.move(MINUTE)

    await nothing_comes_of(waiting, give_up())


async def test_a_bot_that_nobody_asks_gives_up_too(begun: Books) -> None:
    await begun.do(set_bot(SILENT_ONE))
    await begun.do(say())
    begun.clock.move(LIMIT)
    await begun.do(give_up())
    conversation = await present(begun)

    assert conversation.handover is not None
    assert (Holder.QUEUE, HandoverReason.SILENT) == (conversation.holder, conversation.handover.reason)


async def test_who_gives_up_twice_does_so_once(waiting: Books) -> None:
    waiting.clock.at = START + LIMIT
    await waiting.together([give_up(), give_up()])
    await nothing_comes_of(waiting, give_up())

    assert 2 == len(await waiting.recorded())


# Who asks for a person


async def test_who_asks_for_a_person_is_handed_over_in_the_same_breath(begun: Books) -> None:
    """The answer tells it, the card goes with it, and the bot owes nothing."""
    told = await begun.do(say("Hello", WISH))

    card = Handover(reason=HandoverReason.ASKED, bot_messages=0, at=START)
    assert (Holder.QUEUE, 2, card) == (told.conversation.holder, told.conversation.epoch, told.conversation.handover)
    assert told.conversation == await present(begun)
    *said, lost = await begun.recorded()
    assert [MessageAdded(message, who, n) for n, (message, who) in enumerate(told.messages, 1)] == said
    assert TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(told.conversation), handover=card) == lost
    assert [BY, 1, 2] == [(await begun.events())[-1].by, *[event.epoch for event in (await begun.events())[-2:]]]
    assert [] == await owed(begun)


async def test_who_asks_for_a_person_with_the_first_words_is_handed_over_at_once(books: Books) -> None:
    await books.do(set_bot())
    await books.do(create())
    await books.recorded()
    opened = await books.do(create(is_bot_enabled=True, message=WISH))

    card = Handover(reason=HandoverReason.ASKED, bot_messages=0, at=START)
    assert (Holder.QUEUE, 2, card) == (opened.conversation.holder, opened.position, opened.conversation.handover)
    stored = await books.reader.conversation(SHOP, 2, messages="earliest")
    assert stored is not None
    assert (opened.conversation, opened.position, opened.messages) == (
        stored.conversation,
        stored.position,
        stored.messages,
    )
    created, added, lost = await books.recorded()
    assert isinstance(created, ConversationCreated)
    assert isinstance(added, MessageAdded)
    assert (Holder.BOT, -1) == (created.conversation.holder, created.position)
    assert TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(opened.conversation), handover=card) == lost
    assert [] == await owed(books)


async def test_the_card_counts_what_the_bot_had_said(waiting: Books) -> None:
    await waiting.do(answer("On its way.", "Anything else?"))
    await waiting.do(say("I don't believe it", by=THE_BOT))
    told = await waiting.do(say(WISH))

    assert told.conversation.handover is not None
    assert 3 == told.conversation.handover.bot_messages == told.conversation.bot_messages


async def test_a_wish_is_heard_though_the_bot_is_failing(waiting: Books) -> None:
    await waiting.do(fail())
    told = await waiting.do(say(WISH))

    assert told.conversation.handover is not None
    assert HandoverReason.ASKED is told.conversation.handover.reason


@pytest.mark.parametrize("kept", [SILENT_ONE, MUTE])
async def test_a_wish_is_heard_though_the_bot_is_not_asked(begun: Books, kept: Manners) -> None:
    await begun.do(set_bot(kept))

    assert Holder.QUEUE is (await begun.do(say(WISH))).conversation.holder


async def test_a_wish_in_the_operators_words_is_heard(begun: Books) -> None:
    await begun.do(set_bot(manners(languages=("fi",), phrases=("beam me up",))))

    assert Holder.BOT is (await begun.do(say(WISH))).conversation.holder
    assert Holder.QUEUE is (await begun.do(say("Please beam me up!"))).conversation.holder


@pytest.mark.parametrize("written", [say(WISH, by=THE_BOT), say(WISH, is_by_team=True), bring(WISH)])
async def test_only_a_client_who_writes_now_is_handed_over(begun: Books, written: AddMessages | ImportMessages) -> None:
    assert Holder.BOT is (await begun.do(written)).conversation.holder


async def test_a_wish_that_somebody_has_heard_already_changes_nothing(begun: Books) -> None:
    first = await begun.do(say(WISH))
    second = await begun.do(say(WISH))

    assert (first.conversation.epoch, Holder.QUEUE) == (second.conversation.epoch, second.conversation.holder)
    assert first.conversation.handover == second.conversation.handover


async def test_a_wish_on_a_closed_one_is_refused_as_any_message(begun: Books) -> None:
    await begun.do(CloseConversation(**OURS, by=BY))

    await refused(begun, say(WISH), ConflictError)


async def test_a_wish_after_the_bot_closed_it_cannot_be_heard(begun: Books) -> None:
    """A team's message on a closed one is fine, and is no wish."""
    await begun.do(CloseConversation(**OURS, by=BY))
    told = await begun.do(say(WISH, by=THE_BOT))

    assert Holder.NOBODY is told.conversation.holder


# Other hands


async def test_a_teammate_who_takes_it_ends_the_turn(waiting: Books, charlie: str) -> None:
    await waiting.recorded()
    told = await waiting.do(hand(to=charlie))

    card = Handover(reason=HandoverReason.API, bot_messages=0, at=waiting.clock.at)
    assert [] == await owed(waiting)
    assert [
        TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(told), handover=card, assignment=told.assignment)
    ] == await waiting.recorded()
    await nothing_comes_of(waiting, answer("Too late."))


@pytest.mark.parametrize("action", [hand(), CloseConversation(**OURS, by=BY)])
async def test_whoever_takes_it_from_the_bot_ends_the_turn(waiting: Books, action: Any) -> None:
    await waiting.do(action)

    assert [] == await owed(waiting)
    waiting.clock.move(MINUTE)
    await nothing_comes_of(waiting, answer("Too late."))
    await nothing_comes_of(waiting, fail())
    await nothing_comes_of(waiting, give_up())


async def test_a_turn_that_is_taken_and_one_that_begins_in_one_group(waiting: Books) -> None:
    await waiting.together([hand(), hand(to_bot=True), say("Are you back?")])

    at = waiting.clock.at
    assert [turn(Pending(2, at), epoch=3, due_at=at)] == await owed(waiting)


async def test_a_turn_that_begins_and_ends_in_one_group_was_never_there(begun: Books) -> None:
    await begun.together([say(), say(by=THE_BOT), say(), hand()])

    assert [] == await owed(begun)


async def test_back_with_the_bot_what_was_written_before_is_nobodys_turn(waiting: Books, charlie: str) -> None:
    await waiting.do(hand(to=charlie))
    await waiting.do(say("Hello Charlie"))
    await waiting.recorded()
    told = await waiting.do(hand(to_bot=True))

    assert [] == await owed(waiting)
    assert [TakeoverChanged(is_assigned_to_bot=True, custody=custody_of(told))] == await waiting.recorded()


async def test_back_with_the_bot_a_message_opens_a_turn_under_the_new_epoch(waiting: Books, charlie: str) -> None:
    await waiting.do(hand(to=charlie))
    await waiting.do(hand(to_bot=True))
    await waiting.do(say("Are you back?"))

    at = waiting.clock.at
    assert [turn(Pending(2, at), epoch=3, due_at=at)] == await owed(waiting)
    await nothing_comes_of(waiting, answer("Too late.", upto=1, epoch=1))
    await nothing_comes_of(waiting, answer("Too late.", upto=2, epoch=1))
    assert None is await waiting.do(answer("I am.", upto=2, epoch=3))


async def test_giving_it_to_the_bot_that_has_it_changes_nothing(waiting: Books) -> None:
    await waiting.do(hand(to_bot=True))

    assert [turn()] == await owed(waiting)


async def test_the_integrators_bot_answers_the_turn(waiting: Books) -> None:
    told = await waiting.do(say("On its way.", by=THE_BOT))

    assert [] == await owed(waiting)
    assert (1, Holder.BOT) == (told.conversation.bot_messages, told.conversation.holder)
    await nothing_comes_of(waiting, answer("On its way!"))


async def test_a_teammates_message_answers_the_turn_without_a_takeover(waiting: Books, charlie: str) -> None:
    told = await waiting.do(say("On its way.", by=Author(id=charlie)))

    assert [] == await owed(waiting)
    assert (0, Holder.BOT) == (told.conversation.bot_messages, told.conversation.holder)


async def test_only_what_the_client_wrote_after_an_answer_in_the_same_call_is_owed(waiting: Books) -> None:
    messages = (*say("On its way.", by=THE_BOT).messages, *say("When?").messages)
    await waiting.do(AddMessages(**OURS, messages=messages, by=BY))

    at = waiting.clock.at
    assert [turn(Pending(3, at), due_at=at)] == await owed(waiting)


def refused_after(*texts: str, by: Author = CLIENT) -> AddMessages:
    """Messages of which the last is refused, and so all of them."""
    unknown = NewMessage(author=Author(id="00000000-0000-4000-8000-00000000dead"), text="Hi")
    return AddMessages(**OURS, messages=(*say(*texts, by=by).messages, unknown), by=BY)


async def test_a_refused_message_opens_no_turn_beside_others(begun: Books) -> None:
    told, _ = await begun.together([refused_after("Hi"), create()])

    assert isinstance(told, InvalidError)
    assert [] == await owed(begun)


async def test_a_refused_message_answers_no_turn_beside_others(waiting: Books) -> None:
    await waiting.together([refused_after("On its way.", by=THE_BOT), create()])
    assert [turn()] == await owed(waiting)
    await waiting.together([refused_after("On its way.", by=THE_BOT), answer("On its way!")])

    assert ["Where is my order?", "On its way!"] == await texts_of(waiting)


async def test_the_log_and_the_tables_agree_after_all_of_it(waiting: Books, charlie: str) -> None:
    for action in (
        answer("On its way."),
        say("When?"),
        fail(upto=3),
        answer("Soon.", upto=3, wish=Wish("refund")),
        hand(to_bot=True),
        say(WISH),
        hand(to=charlie),
        CloseConversation(**OURS, by=BY),
        say("Goodbye", by=THE_BOT),
    ):
        await waiting.do(action)

    assert [] == await waiting.failing_checks()
    assert 3 == (await present(waiting)).bot_messages
