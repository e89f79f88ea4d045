"""One bot: when it is asked and what about, how its failures are met, and what is written of it."""

import itertools
from datetime import timedelta

import pytest

from parley.actions.bots import Wish
from parley.actions.conversations import CloseConversation
from parley.bots.attendant import AT_ONCE, HISTORY
from parley.core.bots import PENDING_LIMIT
from parley.core.conversations import Handover, HandoverReason, Holder
from parley.core.people import Author
from tests.bots.offices import Office, added, handed
from tests.bots.scripted import PROMISE, Reply, ScriptedBot
from tests.builders import HOUR, MINUTE, RIVAL, SHOP
from tests.clock import START

SECOND = timedelta(seconds=1)
LIMIT = 30 * SECOND  # that the Shop's bot may be silent for
SLOW = Reply(takes=2 * SECOND)
BOT = Author(is_bot=True)


def waits(bot: ScriptedBot) -> list[float]:
    """The seconds between one question and the next."""
    return [(after - before).total_seconds() for before, after in itertools.pairwise(bot.times())]


# When it is asked


async def test_the_bot_is_asked_at_once_and_its_answer_written_down(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    await office.begin("Where is my order?")
    await office.tell()

    assert ([["Where is my order?"]], [START]) == (bot.texts(), bot.times())
    assert ["Where is my order?", "> Yes."] == await office.said()
    assert [] == await office.turns()


async def test_it_is_asked_for_what_was_written_before_anybody_looked(office: Office, bot: ScriptedBot) -> None:
    await office.begin()
    await office.begin()
    await office.open()

    assert [["Hello?"]] * 2 == bot.texts()


async def test_a_conversation_that_begins_without_a_message_is_no_question(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    talk = await office.begin(None)
    await office.tell()
    assert [] == bot.asked
    await office.write(talk, "Hello?")

    assert [["Hello?"]] == bot.texts()


async def test_imported_history_is_no_question_and_goes_with_the_next(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    talk = await office.begin(None)
    await office.bring(talk, "I ordered a lamp.", "Last week.", created_at=START - HOUR)
    await office.tell()
    assert [] == bot.asked
    await office.write(talk, "Hello?")
    (asked,) = bot.asked

    assert (["I ordered a lamp.", "Last week."], ["Hello?"]) == (asked.history, asked.texts)


async def test_nobody_asks_while_a_person_has_the_conversation(office: Office, bot: ScriptedBot) -> None:
    charlie = await office.hire()
    await office.open()
    waiting = await office.begin(is_bot_enabled=False)
    taken = await office.begin(None)
    await office.hand(taken, to=charlie)
    for talk in (waiting, taken):
        await office.write(talk, "Hello?")
    await office.pass_by(MINUTE)

    assert [] == bot.asked


async def test_a_client_who_asks_for_a_person_gets_one_and_the_bot_is_not_asked(
    office: Office, bot: ScriptedBot
) -> None:
    await office.open()
    talk = await office.begin("Can I talk to a human?")
    await office.pass_by(MINUTE)

    assert [] == bot.asked
    assert await office.card(talk) == Handover(reason=HandoverReason.ASKED, bot_messages=0, at=START)


async def test_another_communitys_clients_are_not_its_own(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    await office.begin(community_id=RIVAL)
    await office.pass_by(MINUTE)

    assert [] == bot.asked


async def test_each_communitys_bot_is_asked_for_its_own_clients(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(community_id=RIVAL)
    await office.open()
    for community_id in (SHOP, RIVAL):
        await office.begin(community_id=community_id)
    await office.tell()

    assert [(SHOP, "Shop"), (RIVAL, "Rival")] == sorted(
        (asked.bot.community_id, asked.question.community_name) for asked in bot.asked
    )


# What it is asked


async def test_the_question_says_where_and_under_which_epoch(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    talk = await office.begin()
    await office.tell()
    question = bot.asked[0].question

    assert (SHOP, "Shop", talk, (await office.conversation(talk)).epoch) == (
        question.community_id,
        question.community_name,
        question.conversation_id,
        question.epoch,
    )


async def test_what_was_said_before_goes_with_a_question(office: Office, bot: ScriptedBot) -> None:
    charlie = await office.hire()
    await office.open()
    talk = await office.begin("Hello?")
    await office.tell()
    await office.write(talk, "Let me help.", by=Author(id=charlie))
    await office.write(talk, "Please do.")

    assert ["Hello?", "Yes.", "Let me help."] == bot.asked[-1].history
    assert ["Please do."] == bot.asked[-1].texts


async def test_of_a_long_talk_the_last_fifty_messages_go_with_a_question(office: Office, bot: ScriptedBot) -> None:
    talk = await office.begin(None)
    await office.bring(talk, *(f"Line {number}" for number in range(100)), created_at=START - HOUR)
    await office.begin()
    await office.open()
    await office.write(talk, "Hello?")

    assert [f"Line {number}" for number in range(100 - HISTORY, 100)] == bot.asked[-1].history


async def test_what_comes_while_the_bot_thinks_is_asked_next_all_together(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(SLOW)
    talk = await office.begin("Hello?")
    await office.tell()
    for text in ("Are you there?", "I am Alice."):
        await office.write(talk, text)
    assert [["Hello?"]] == bot.texts()
    await office.pass_by(5 * SECOND)

    assert [["Hello?"], ["Are you there?", "I am Alice."]] == bot.texts()
    assert ["Hello?", "Yes."] == bot.asked[-1].history
    assert [2.0] == waits(bot)
    assert ["Hello?", "Are you there?", "I am Alice.", "> Yes.", "> Yes."] == await office.said()


async def test_what_comes_between_two_readings_is_asked_next_and_not_before(office: Office, bot: ScriptedBot) -> None:
    """It stands in the conversation when the messages are read, but not in the turn as it was read."""
    await office.open()
    bot.reply(SLOW)
    talk = await office.begin("One.")
    office.reader.beforehand["messages"] = office.books.do(added(talk, "Two."))
    await office.tell()
    await office.pass_by(5 * SECOND)

    assert [(["One."], []), (["Two."], ["One.", "Yes."])] == [(asked.texts, asked.history) for asked in bot.asked]


async def test_each_conversation_has_one_question_on_its_way_and_in_order(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.replies = lambda question: Reply(
        texts=(f"Re: {question.messages[-1][0].text}",), takes=(question.conversation_id % 3 + 1) * SECOND
    )
    talks = await office.begin_many(5)
    for number in range(20):
        for talk in talks:
            await office.write(talk, f"{number}")
        await office.pass_by(SECOND)
    await office.pass_by(MINUTE)
    asked = [
        [text for each in bot.asked if each.question.conversation_id == talk for text in each.texts] for talk in talks
    ]

    assert [["Hello?", *map(str, range(20))]] * 5 == asked
    assert 1 == bot.most_in_one
    assert [] == await office.turns()


@pytest.mark.parametrize("count", [PENDING_LIMIT, PENDING_LIMIT + 1, 3 * PENDING_LIMIT])
async def test_a_client_who_writes_a_great_deal_is_asked_about_in_order(
    office: Office, bot: ScriptedBot, count: int
) -> None:
    """The last of it is the question, what does not fit is what was said before."""
    texts = [f"Line {number}" for number in range(count)]
    talk = await office.begin(None)
    for first in range(0, count, 50):
        await office.books.do(added(talk, *texts[first : first + 50]))
    await office.open()
    (asked,) = bot.asked

    assert texts[-PENDING_LIMIT:] == asked.texts
    assert texts[:-PENDING_LIMIT][-HISTORY:] == asked.history
    assert [] == await office.turns()


async def test_a_message_with_an_old_time_is_asked_about_though_much_was_said_since(
    office: Office, bot: ScriptedBot
) -> None:
    """A page of messages by time would not have it."""
    talk = await office.begin(None)
    await office.bring(talk, *(f"Line {number}" for number in range(100)), created_at=START - HOUR)
    await office.bring(talk, *(f"Page {number}" for number in range(100)), created_at=START - HOUR)
    await office.open()
    await office.write(talk, "Hello?", created_at=START - 2 * HOUR)
    (asked,) = bot.asked

    assert ["Hello?"] == asked.texts
    assert [f"Page {number}" for number in range(100 - HISTORY, 100)] == asked.history


async def test_history_that_is_imported_behind_a_question_does_not_hide_it(office: Office, bot: ScriptedBot) -> None:
    talk = await office.begin("Hello?")
    for _ in range(2):
        await office.bring(talk, *(f"Line {number}" for number in range(100)), created_at=START + SECOND)
    await office.open()
    (asked,) = bot.asked

    assert ["Hello?"] == asked.texts
    assert HISTORY == len(asked.history)


# What it answers


async def test_several_texts_are_several_messages(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(Reply(texts=("It left.", " ", "Yesterday.")))
    await office.begin()
    await office.tell()

    assert ["Hello?", "> It left.", "> Yesterday."] == await office.said()


async def test_a_bot_may_say_something_and_hand_over(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(Reply(texts=("Wait.",), wish=Wish("wants a refund", "It is late.")))
    talk = await office.begin()
    await office.tell()
    conversation = await office.conversation(talk)

    assert ["Hello?", "> Wait."] == await office.said()
    assert (Holder.QUEUE, 1) == (conversation.holder, conversation.queue_number)
    assert conversation.handover == Handover(
        reason=HandoverReason.BOT, bot_messages=1, at=START, detail="wants a refund", summary="It is late."
    )


async def test_a_bot_that_promised_is_asked_again_when_the_client_writes(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(PROMISE)
    talk = await office.begin("Hello?")
    await office.pass_by(20 * SECOND)
    assert [["Hello?"]] == bot.texts()
    await office.write(talk, "Are you there?")

    assert [["Hello?"], ["Hello?", "Are you there?"]] == bot.texts()


async def test_while_a_bot_keeps_its_promise_by_the_api_it_is_not_asked(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(PROMISE)
    talk = await office.begin()
    await office.pass_by(20 * SECOND)
    await office.write(talk, "It left.", by=BOT)
    await office.pass_by(MINUTE)

    assert (1, ["Hello?", "> It left."]) == (len(bot.asked), await office.said())


async def test_a_promise_does_not_make_the_limit_longer(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(PROMISE)
    await office.begin()
    await office.pass_by(LIMIT)

    assert ["Hello?", "> I give up."] == await office.said()


# Never over a person


@pytest.mark.parametrize("to", ["a teammate", "the queue"])
async def test_what_was_thought_out_before_a_takeover_is_never_said(office: Office, bot: ScriptedBot, to: str) -> None:
    charlie = await office.hire()
    await office.open()
    bot.reply(SLOW)
    talk = await office.begin()
    await office.tell()
    await office.pass_by(SECOND)
    await office.hand(talk, to=charlie if to == "a teammate" else None)
    await office.pass_by(MINUTE)

    assert (1, 1) == (len(bot.asked), len(bot.cancelled))
    assert ["Hello?"] == await office.said()


async def test_a_takeover_that_nobody_has_heard_of_yet_counts(office: Office, bot: ScriptedBot) -> None:
    """The answer comes before the event does: it is the write that decides."""
    await office.open()
    bot.reply(SLOW)
    talk = await office.begin()
    await office.tell()
    await office.books.do(handed(talk))
    await office.clock.pass_by(2 * SECOND)

    assert ([], ["Hello?"]) == (bot.cancelled, await office.said())


async def test_an_answer_by_the_api_meanwhile_is_the_answer(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(SLOW)
    talk = await office.begin()
    await office.tell()
    await office.write(talk, "It left.", by=BOT)
    await office.pass_by(MINUTE)

    assert (1, 1) == (len(bot.asked), len(bot.cancelled))
    assert ["Hello?", "> It left."] == await office.said()


async def test_a_closed_conversation_is_not_answered(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(SLOW)
    talk = await office.begin()
    await office.tell()
    await office.books.do(CloseConversation(community_id=SHOP, conversation_id=talk, by="token:1"))
    await office.tell()
    await office.pass_by(MINUTE)

    assert (1, ["Hello?"]) == (len(bot.cancelled), await office.said())


async def test_given_back_the_bot_is_asked_with_what_was_said_meanwhile(office: Office, bot: ScriptedBot) -> None:
    charlie = await office.hire()
    await office.open()
    talk = await office.begin("Hello?")
    await office.tell()
    await office.hand(talk, to=charlie)
    await office.write(talk, "Who are you?")
    await office.write(talk, "Charlie.", by=Author(id=charlie))
    await office.hand(talk, to_bot=True)
    assert 1 == len(bot.asked)
    await office.write(talk, "And now?")

    assert ["And now?"] == bot.asked[-1].texts
    assert ["Hello?", "Yes.", "Who are you?", "Charlie."] == bot.asked[-1].history
    assert (await office.conversation(talk)).epoch == bot.asked[-1].question.epoch


# Much at once


async def test_a_bounded_number_of_questions_is_on_its_way(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(Reply(takes=5 * SECOND))
    talks = await office.begin_many(300)
    await office.tell()
    assert AT_ONCE == len(bot.asked)
    await office.pass_by(15 * SECOND)

    assert (300, AT_ONCE, 1) == (len(bot.asked), bot.most_at_once, bot.most_in_one)
    assert set(talks) == {asked.question.conversation_id for asked in bot.asked}
    assert [] == await office.turns()


async def test_who_has_waited_longest_is_asked_for_first(office: Office, bot: ScriptedBot) -> None:
    """All hands but one are full for a minute."""
    await office.open()
    bot.reply(Reply(takes=MINUTE))
    await office.begin_many(AT_ONCE - 1)
    await office.tell()
    bot.reply(SLOW)
    talks = []
    for _ in range(4):
        talks.append(await office.begin())
        await office.tell()
    await office.pass_by(10 * SECOND)

    assert talks == [asked.question.conversation_id for asked in bot.asked[AT_ONCE - 1 :]]
    assert AT_ONCE == bot.most_at_once
