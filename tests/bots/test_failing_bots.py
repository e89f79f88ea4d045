"""A bot that fails or is silent: when it is asked again, and how it loses the conversation."""

import itertools
from datetime import timedelta

import pytest

from parley.bots.attendant import GIVEN_UP_AT_ONCE, REST_LIMIT
from parley.core.bots import BotKind
from parley.core.conversations import Handover, HandoverReason, Holder
from parley.core.events import MessageAdded, TakeoverChanged
from parley.core.people import Author
from tests.bots.offices import Office
from tests.bots.scripted import DOWN, NEVER, Reply, ScriptedBot
from tests.builders import HOUR, MINUTE
from tests.clock import START

SECOND = timedelta(seconds=1)
LIMIT = 30 * SECOND  # that the Shop's bot may be silent for


def waits(bot: ScriptedBot) -> list[float]:
    """The seconds between one question and the next."""
    return [(after - before).total_seconds() for before, after in itertools.pairwise(bot.times())]


async def test_what_fails_is_asked_again_after_waits_that_double(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(silence=HOUR)
    await office.open()
    bot.reply(DOWN)
    await office.begin()
    await office.pass_by(62 * SECOND)
    (turn,) = await office.turns()

    assert [0.5, 1, 2, 4, 8, 16, 30] == waits(bot)
    assert (8, "connection_failed") == (turn.tries, turn.failure)


async def test_waits_grow_by_chance(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    office.dice = 1.0
    bot.reply(DOWN)
    await office.begin()
    await office.pass_by(4 * SECOND)

    assert [0.6, 1.2] == waits(bot)


async def test_after_an_answer_it_counts_from_the_beginning(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(DOWN)
    talk = await office.begin()
    await office.pass_by(SECOND)
    bot.reply(Reply())
    await office.pass_by(SECOND)
    bot.reply(DOWN)
    await office.write(talk, "And now?")
    await office.pass_by(SECOND)

    assert [0.5, 1, 0.5, 0.5] == waits(bot)


async def test_another_message_does_not_make_a_failing_bot_well(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(DOWN)
    talk = await office.begin("Hello?")
    await office.pass_by(SECOND)
    await office.write(talk, "Are you there?")
    assert [["Hello?"]] * 2 == bot.texts()
    await office.pass_by(SECOND)

    assert (["Hello?", "Are you there?"], [0.5, 1]) == (bot.texts()[-1], waits(bot))


async def test_the_time_for_an_answer_ends_with_the_limit_and_in_any_case(office: Office, bot: ScriptedBot) -> None:
    """A little later, so that a silent bot loses for its silence, and not for one more failure."""
    await office.open()
    bot.reply(DOWN)
    await office.begin()
    await office.pass_by(20 * SECOND)
    await office.set_bot(silence=HOUR)
    await office.pass_by(SECOND)
    await office.begin()
    await office.tell()

    assert [31, 30.5, 29.5, 27.5, 23.5, 15.5, 60] == [asked.within.total_seconds() for asked in bot.asked]


async def test_a_bot_that_hangs_is_asked_again_when_its_time_is_over(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(silence=HOUR)
    await office.open()
    bot.reply(NEVER)
    await office.begin()
    await office.pass_by(2 * MINUTE)
    (turn,) = await office.turns()

    assert ([60.5], "response_timeout") == (waits(bot), turn.failure)


async def test_a_bug_met_in_one_conversation_does_not_stop_the_others(
    office: Office, bot: ScriptedBot, caplog: pytest.LogCaptureFixture
) -> None:
    await office.open()
    bad, good = await office.begin(None), await office.begin(None)
    bot.replies = lambda asked: Reply(broken=ZeroDivisionError("1234") if asked.conversation_id == bad else None)
    await office.write(bad, "Hello?")
    await office.write(good, "Hello?")
    (turn,) = await office.turns()

    assert (bad, 1, "internal_error") == (turn.conversation_id, turn.tries, turn.failure)
    assert ["Hello?", "> Yes."] == await office.said(good)
    assert "bot_broken" in caplog.messages
    assert "1234" not in caplog.text


# A bot that fails for everybody


async def test_after_five_failures_in_a_row_one_at_a_time_is_let_through(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(silence=HOUR)
    await office.open()
    bot.reply(DOWN)
    for _ in range(5):
        await office.begin()
        await office.tell()
    assert 5 == len(bot.asked)
    await office.begin_many(5)
    await office.pass_by(20 * SECOND)

    assert [2, 6, 14] == [round((at - START).total_seconds()) for at in bot.times()[5:]]


async def test_many_failures_at_once_are_no_more_than_five(office: Office, bot: ScriptedBot) -> None:
    """Those who were on their way when the bot was found to be away tell nothing new: it may be back in a moment."""
    await office.open()
    bot.reply(Reply(failure="connection_failed", takes=SECOND))
    talks = await office.begin_many(60)
    await office.tell()
    await office.pass_by(2 * SECOND)
    assert 60 == len(bot.asked)
    bot.reply(Reply())
    await office.pass_by(SECOND)

    assert 120 == len(bot.asked)
    assert [["Hello?", "> Yes."]] * 60 == [await office.said(talk) for talk in talks]


async def test_one_success_lets_everybody_through(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(silence=HOUR)
    await office.open()
    bot.reply(DOWN)
    for _ in range(5):
        await office.begin()
        await office.tell()
    await office.begin_many(5)
    await office.tell()
    bot.reply(Reply())
    await office.pass_by(2 * SECOND)

    assert [5, 10] == [bot.times().count(START), bot.times().count(START + 2 * SECOND)]
    assert [] == await office.turns()


async def test_a_busy_bot_is_left_alone_by_everybody_for_as_long_as_it_wants(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(Reply(failure="status_429", retry_after=10 * SECOND))
    await office.begin()
    await office.tell()
    bot.reply(Reply())
    await office.begin()
    await office.pass_by(10 * SECOND - timedelta(microseconds=1))
    assert 1 == len(bot.asked)
    await office.pass_by(SECOND)

    assert [START, START + 10 * SECOND, START + 10 * SECOND] == bot.times()


async def test_no_bot_is_left_alone_for_longer_than_a_minute(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(silence=HOUR)
    await office.open()
    bot.reply(Reply(failure="status_429", retry_after=24 * HOUR))
    await office.begin()
    await office.pass_by(MINUTE)

    assert [REST_LIMIT.total_seconds()] == waits(bot)


# Never silence


async def test_a_silent_bot_loses_the_conversation_exactly_at_its_limit(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    talk = await office.begin()
    await office.pass_by(LIMIT - timedelta(microseconds=1))
    assert ["Hello?"] == await office.said()
    await office.pass_by(timedelta(microseconds=1))

    assert ["Hello?", "> I give up."] == await office.said()
    assert await office.card(talk) == Handover(reason=HandoverReason.SILENT, bot_messages=1, at=START + LIMIT)
    assert 1 == len(bot.cancelled)
    assert [] == await office.turns()


async def test_last_words_and_takeover_are_one(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    await office.begin()
    await office.tell()
    await office.pass_by(LIMIT)
    farewell, takeover = await office.spoken()

    assert isinstance(farewell.what, MessageAdded)
    assert isinstance(takeover.what, TakeoverChanged)
    assert (farewell.number + 1, farewell.at) == (takeover.number, takeover.at)


async def test_a_bot_that_failed_says_so_on_its_card(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(DOWN)
    talk = await office.begin()
    await office.pass_by(LIMIT)

    assert await office.card(talk) == Handover(
        reason=HandoverReason.FAILED, bot_messages=1, at=START + LIMIT, detail="connection_failed"
    )


async def test_clients_who_came_while_nobody_asked_learn_that_the_bot_failed(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(Reply(failure="status_503", retry_after=MINUTE))
    await office.begin_many(5)
    await office.tell()
    late = await office.begin()
    await office.pass_by(LIMIT)
    card = await office.card(late)

    assert late not in [asked.question.conversation_id for asked in bot.asked]
    assert card is not None
    assert (HandoverReason.FAILED, "status_503") == (card.reason, card.detail)


async def test_who_writes_again_does_not_wait_for_longer(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    talk = await office.begin()
    await office.pass_by(20 * SECOND)
    await office.write(talk, "Are you there?")
    await office.pass_by(10 * SECOND)

    assert ["Hello?", "Are you there?", "> I give up."] == await office.said()


async def test_without_last_words_the_takeover_comes_alone(office: Office, bot: ScriptedBot) -> None:
    await office.set_bot(farewell="")
    await office.open()
    bot.reply(NEVER)
    talk = await office.begin()
    await office.pass_by(LIMIT)
    conversation = await office.conversation(talk)

    assert (["Hello?"], Holder.QUEUE) == (await office.said(), conversation.holder)


async def test_a_bot_that_is_asked_nothing_may_be_silent_for_so_long_all_the_same(
    office: Office, bot: ScriptedBot
) -> None:
    await office.set_bot(kind=BotKind.NONE, silence=LIMIT)
    await office.open()
    kept, broken = await office.begin(), await office.begin()
    await office.pass_by(20 * SECOND)
    await office.write(kept, "It left.", by=Author(is_bot=True))
    await office.pass_by(10 * SECOND)

    assert [] == bot.asked
    assert ["Hello?", "> It left."] == await office.said(kept)
    assert ["Hello?", "> I give up."] == await office.said(broken)


async def test_a_crowd_that_waits_for_a_silent_bot_is_handed_over_in_time(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    talks = await office.begin_many(2 * GIVEN_UP_AT_ONCE + 1)
    await office.pass_by(LIMIT)

    assert [START + LIMIT] * len(talks) == [
        event.at for event in await office.spoken() if isinstance(event.what, TakeoverChanged)
    ]
    assert max(office.books.gate.sizes[-5:]) <= GIVEN_UP_AT_ONCE + 1  # a lease may be renewed with them
