"""Who of several processes attends a bot, what becomes of it when one dies, and what an operator or a fault changes."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from parley.actions.bots import AnswerTurn, FailTurn, SetBot
from parley.actions.communities import AddCommunity
from parley.actions.leases import HoldLeases
from parley.bots.attendant import LONG_PAUSE
from parley.core.bots import BotKind
from parley.core.conversations import Holder
from parley.core.errors import BusyError, LineFullError, NotFoundError, StorageFullError, StorageUnavailableError
from parley.core.leases import LIFE
from parley.ports import DataRefusedError
from tests.bots.offices import Office, added, office_of
from tests.bots.scripted import DOWN, NEVER, PROMISE, YES, Reply, ScriptedBot
from tests.builders import HOUR, MINUTE, SHOP, manners
from tests.clock import START
from tests.storage.databases import Database
from tests.webhooks.virtual_clock import VirtualClock

SECOND = timedelta(seconds=1)
LIMIT = 30 * SECOND  # that the Shop's bot may be silent for
SLOW = Reply(takes=2 * SECOND)
AWAY = StorageUnavailableError("Away.")
MESSAGE = "conversation_message_added"


@pytest.fixture
async def other(
    database: Database, virtual_clock: VirtualClock, bot: ScriptedBot, office: Office
) -> AsyncIterator[Office]:
    """A second process on the database, which does not ask yet."""
    async with office_of(database, virtual_clock, bot, name="second") as other:
        yield other


async def tell_both(office: Office, other: Office) -> None:
    """Let both hear what was written."""
    await office.tell()
    await other.tell()


async def crash_with_a_question(office: Office, bot: ScriptedBot) -> None:
    """Let it ask a bot that is silent, and die."""
    await office.open()
    bot.reply(NEVER)
    await office.begin()
    await office.tell()
    await office.crash()


# Several processes


async def test_of_two_processes_one_asks(office: Office, other: Office, bot: ScriptedBot) -> None:
    await office.open()
    await other.open()
    await office.begin()
    await tell_both(office, other)
    await other.pass_by(MINUTE)

    assert [["Hello?"]] == bot.texts()
    assert ["Hello?", "> Yes."] == await office.said()


async def test_two_that_believe_to_have_the_bot_cost_a_question_and_no_answer(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    """Each takes the other for dead, and so has the lease as it believes."""
    office.gone, other.gone = {"second"}, {"first"}
    await office.open()
    await other.open()
    bot.reply(SLOW)
    for _ in range(20):
        await office.begin()
    await tell_both(office, other)
    assert 40 == len(bot.asked)
    await office.pass_by(2 * SECOND)
    await other.tell()

    assert [["Hello?", "> Yes."]] * 20 == [await office.said(talk) for talk in range(1, 21)]
    assert [] == await office.turns()


async def test_two_that_believe_to_have_a_silent_bot_say_farewell_once(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    office.gone, other.gone = {"second"}, {"first"}
    await office.open()
    await other.open()
    bot.reply(NEVER)
    await office.begin()
    await tell_both(office, other)
    await office.pass_by(LIMIT)
    await other.tell()

    assert ["Hello?", "> I give up."] == await office.said()
    assert 1 == (await office.conversation()).queue_number


async def test_when_one_leaves_the_next_asks_within_a_second(office: Office, other: Office, bot: ScriptedBot) -> None:
    await office.open()
    await other.open()
    bot.reply(NEVER)
    await office.begin()
    await tell_both(office, other)
    await office.close()
    bot.reply(YES)
    await other.pass_by(SECOND)

    assert (2, 1) == (len(bot.asked), len(bot.cancelled))
    assert ["Hello?", "> Yes."] == await other.said()


async def test_who_comes_after_a_crash_asks_again_when_the_lease_has_run_out(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    await crash_with_a_question(office, bot)
    bot.reply(YES)
    await other.open()
    assert 1 == len(bot.asked)
    await other.pass_by(LIFE)

    assert [["Hello?"]] * 2 == bot.texts()
    assert ["Hello?", "> Yes."] == await other.said()


async def test_who_knows_that_the_other_is_dead_does_not_wait_for_its_lease(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    await crash_with_a_question(office, bot)
    bot.reply(YES)
    other.gone = {"first"}
    await other.open()

    assert [START, START] == bot.times()
    assert ["Hello?", "> Yes."] == await other.said()


async def test_an_answer_that_was_not_written_when_its_process_died_is_asked_for_again(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    await office.open()
    bot.reply(SLOW)
    await office.begin()
    await office.tell()
    office.books.gate.break_once(AWAY, when_taken=True)
    await office.clock.pass_by(2 * SECOND)
    await office.crash()
    other.gone = {"first"}
    await other.open()
    await other.pass_by(2 * SECOND)

    assert [["Hello?"]] * 2 == bot.texts()
    assert ["Hello?", "> Yes."] == await other.said()


async def test_an_answer_that_was_written_when_its_process_died_is_not_asked_for_again(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    """The dead one never learnt that it was."""
    await office.open()
    await office.begin()
    office.books.gate.break_written_once(AWAY)
    await office.tell()
    await office.crash()
    other.gone = {"first"}
    await other.open()
    await other.pass_by(MINUTE)

    assert [["Hello?"]] == bot.texts()
    assert ["Hello?", "> Yes."] == await other.said()


async def test_what_is_over_after_a_crash_is_given_up_and_not_asked_any_more(
    office: Office, other: Office, bot: ScriptedBot
) -> None:
    await office.begin()
    office.clock.move(HOUR)
    await other.open()

    assert [] == bot.asked
    assert ["Hello?", "> I give up."] == await other.said()


async def test_failures_are_counted_on_by_whoever_comes_next(office: Office, other: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(DOWN)
    await office.begin()
    await office.pass_by(2 * SECOND)
    await office.crash()
    other.gone = {"first"}
    await other.open()
    await other.pass_by(8 * SECOND)

    assert [0, 0.5, 1.5, 3.5, 7.5] == [(at - START).total_seconds() for at in bot.times()]


async def test_a_process_that_loses_its_lease_asks_no_more(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    await office.begin()
    await office.tell()
    hold = HoldLeases(holder="third", names=(f"bots:{SHOP}",), gone=("first",))
    assert frozenset(hold.names) == await office.books.do(hold)
    await office.pass_by(5 * SECOND)
    await office.begin()
    await office.tell()

    assert (1, 1) == (len(bot.asked), len(bot.cancelled))


# What an operator changes


async def test_a_bot_that_is_set_while_we_run_is_asked_within_a_second(office: Office, bot: ScriptedBot) -> None:
    await office.remove_bot()
    await office.open()
    await office.set_bot()
    await office.begin()
    await office.pass_by(SECOND)

    assert [["Hello?"]] == bot.texts()


async def test_a_bot_that_is_set_anew_is_asked_in_its_new_way(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    await office.begin()
    await office.tell()
    await office.books.do(
        SetBot(
            community_id=SHOP,
            manners=manners(kind=BotKind.OPENAI),
            by="operator",
            url="https://llm.example/v1",
            model="small",
        )
    )
    await office.pass_by(SECOND)
    await office.begin()
    await office.tell()

    assert [(BotKind.WEBHOOK, None), (BotKind.OPENAI, "small")] == [
        (asked.bot.manners.kind, asked.bot.model) for asked in bot.asked
    ]


async def test_a_new_limit_counts_for_those_who_wait_already(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    await office.begin()
    await office.pass_by(10 * SECOND)
    await office.set_bot(silence=5 * SECOND)
    await office.pass_by(SECOND)

    assert ["Hello?", "> I give up."] == await office.said()


async def test_a_bot_that_is_set_anew_is_not_blamed_for_the_former(office: Office, bot: ScriptedBot) -> None:
    """Neither for its failures in a row nor for its wish to be left alone."""
    await office.open()
    bot.reply(Reply(failure="status_503", retry_after=MINUTE))
    for _ in range(5):
        await office.begin()
        await office.tell()
    bot.reply(YES)
    await office.set_bot(farewell="Other words.")
    await office.begin()
    await office.pass_by(SECOND)

    assert [] == await office.turns()


async def test_what_the_former_bot_fails_with_meanwhile_is_not_the_new_ones(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(Reply(failure="status_503", retry_after=MINUTE, takes=2 * SECOND))
    for _ in range(5):
        await office.begin()
    await office.tell()
    bot.reply(YES)
    await office.set_bot(farewell="Other words.")
    await office.pass_by(3 * SECOND)

    assert [] == await office.turns()


async def test_what_the_former_bot_answers_meanwhile_does_not_make_the_new_one_well(
    office: Office, bot: ScriptedBot
) -> None:
    """One at a time is let through still, the former's included."""
    await office.open()
    bot.reply(Reply(takes=10 * SECOND))
    talk = await office.begin()
    await office.tell()
    await office.set_bot(silence=HOUR)
    await office.pass_by(SECOND)
    bot.reply(DOWN)
    for _ in range(5):
        await office.begin()
    await office.pass_by(12 * SECOND)

    assert ["Hello?", "> Yes."] == await office.said(talk)
    assert [0, *[1] * 5, 10] == [(at - START).total_seconds() for at in bot.times()]


async def test_a_bot_that_is_asked_from_now_on_is_asked_for_what_it_owes_already(
    office: Office, bot: ScriptedBot
) -> None:
    await office.set_bot(kind=BotKind.NONE, silence=LIMIT)
    await office.open()
    await office.begin()
    await office.pass_by(5 * SECOND)
    assert [] == bot.asked
    await office.set_bot()
    await office.pass_by(SECOND)

    assert ["Hello?", "> Yes."] == await office.said()


async def test_a_bot_that_is_removed_is_not_asked_any_more(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(NEVER)
    await office.begin()
    await office.tell()
    await office.remove_bot()
    await office.pass_by(SECOND)
    await office.begin()
    await office.pass_by(MINUTE)

    assert (1, 1) == (len(bot.asked), len(bot.cancelled))
    assert ["Hello?"] == await office.said()


async def test_a_bot_that_is_asked_nothing_and_may_be_silent_for_ever_has_no_attendant(
    office: Office, bot: ScriptedBot
) -> None:
    await office.set_bot(kind=BotKind.NONE, silence=None)
    await office.open()
    await office.begin()
    await office.pass_by(MINUTE)

    assert [] == bot.asked
    assert [] == await office.books.reader.leases()


async def test_every_bot_of_many_communities_is_attended(office: Office, bot: ScriptedBot) -> None:
    made = [
        await office.books.do(AddCommunity(name=f"Shop {number}", secret_hash=b"%d" % number, by="operator"))
        for number in range(10)
    ]
    for community in made:
        await office.set_bot(community_id=community.id)
    await office.open()
    for community in made:
        await office.begin(community_id=community.id)
    await office.tell()

    assert [community.name for community in made] == sorted(asked.question.community_name for asked in bot.asked)


# Faults of the database and of ours


@pytest.mark.parametrize(
    "failure", [AWAY, LineFullError("Full."), BusyError("Busy."), StorageFullError("Full.")], ids=repr
)
async def test_an_answer_is_written_without_asking_again_when_the_database_is_back(
    office: Office, bot: ScriptedBot, failure: Exception
) -> None:
    await office.open()
    bot.reply(SLOW)
    await office.begin()
    await office.tell()
    await office.clock.pass_by(SECOND)
    office.books.gate.break_once(failure, when_taken=True)
    await office.pass_by(5 * SECOND)

    assert ([["Hello?"]], ["Hello?", "> Yes."]) == (bot.texts(), await office.said())


async def test_an_answer_that_was_written_and_nobody_knows_is_not_written_twice(
    office: Office, bot: ScriptedBot
) -> None:
    await office.open()
    bot.reply(SLOW)
    await office.begin()
    await office.tell()
    await office.clock.pass_by(SECOND)
    office.books.gate.break_written_once(AWAY)
    await office.pass_by(MINUTE)

    assert ([["Hello?"]], ["Hello?", "> Yes."]) == (bot.texts(), await office.said())


async def test_what_was_written_while_the_database_could_not_be_read_is_asked_when_it_can(
    office: Office, bot: ScriptedBot
) -> None:
    await office.open()
    office.reader.is_away = True
    await office.begin()
    await office.pass_by(10 * SECOND)
    assert [] == bot.asked
    office.reader.is_away = False
    await office.pass_by(SECOND)

    assert (["Hello?", "> Yes."], 1) == (await office.said(), len(bot.asked))


async def test_a_question_that_cannot_be_read_is_asked_when_it_can(office: Office, bot: ScriptedBot) -> None:
    """The turn was read already, its messages not yet."""
    await office.open()
    bot.reply(DOWN)
    await office.begin()
    await office.tell()
    bot.reply(YES)
    office.reader.is_away = True
    await office.clock.pass_by(5 * SECOND)
    office.reader.is_away = False
    await office.pass_by(SECOND)

    assert (["Hello?", "> Yes."], 2) == (await office.said(), len(bot.asked))


async def test_a_silent_bot_gives_up_when_the_database_is_back(office: Office, bot: ScriptedBot) -> None:
    await office.open()
    bot.reply(PROMISE)
    await office.begin()
    await office.pass_by(29 * SECOND)
    office.books.gate.break_once(AWAY, when_taken=True)
    await office.pass_by(5 * SECOND)

    assert ["Hello?", "> I give up."] == await office.said()


@pytest.mark.parametrize(
    "failure", [ZeroDivisionError("1234"), DataRefusedError("1234"), NotFoundError("1234")], ids=repr
)
async def test_an_answer_that_cannot_be_written_is_no_reason_to_ask_at_speed(
    office: Office, bot: ScriptedBot, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    await office.open()
    bot.reply(SLOW)
    await office.begin()
    await office.tell()
    await office.clock.pass_by(SECOND)
    office.books.gate.break_once(failure, when_taken=True)
    await office.pass_by(10 * SECOND)

    assert 2 == len(bot.asked)
    assert bot.times()[1] >= START + 2.5 * SECOND
    assert ["Hello?", "> Yes."] == await office.said()
    assert "1234" not in caplog.text


@pytest.mark.parametrize("taken", [AnswerTurn, AnswerTurn | FailTurn], ids=["answers", "answers and failures"])
async def test_what_can_never_be_written_does_not_make_the_bot_hear_it_at_speed(
    office: Office, bot: ScriptedBot, taken: Any
) -> None:
    await office.open()
    office.pen.refuses = lambda action: ZeroDivisionError() if isinstance(action, taken) else None
    talk = await office.begin()
    await office.pass_by(LIMIT)

    assert len(bot.asked) <= 31
    assert Holder.QUEUE == (await office.conversation(talk)).holder


async def test_a_bug_met_in_reading_does_not_end_the_answers(
    office: Office, bot: ScriptedBot, caplog: pytest.LogCaptureFixture
) -> None:
    await office.set_bot(silence=HOUR)
    await office.open()
    office.reader.faults["turns"] = ZeroDivisionError("1234")
    await office.begin()
    await office.tell()
    office.reader.faults.clear()
    assert "bot_broken" in caplog.messages
    assert "1234" not in caplog.text
    await office.pass_by(LONG_PAUSE)

    assert [["Hello?"]] == bot.texts()


# Whatever comes


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_comes_every_client_gets_an_answer_or_a_person(
    office: Office, other: Office, bot: ScriptedBot, seed: int
) -> None:
    """Bots that fail, promise and hang, processes that believe to be alone, a database that is away now and then."""
    dice = random.Random(seed)
    bot.replies = lambda _: dice.choice([YES, SLOW, DOWN, NEVER, PROMISE, Reply(takes=7 * SECOND)])
    for process, rival in ((office, "second"), (other, "first")):
        process.pen.refuses = lambda _: AWAY if dice.random() < 0.2 else None
        process.gone = {rival}
        await process.open()
    for _ in range(12):
        talk = await office.begin()
        await office.books.do(added(dice.randint(1, talk), "Are you there?"))
        await tell_both(office, other)
        await office.clock.pass_by(dice.random() * 5 * SECOND)
    for _ in range(60):
        await office.clock.pass_by(2 * SECOND)
        await tell_both(office, other)

    assert [] == await office.turns()
    for talk in range(1, 13):
        said, holder = await office.said(talk), (await office.conversation(talk)).holder
        assert said[-1].startswith("> ") or holder is Holder.QUEUE
        assert ("> I give up." in said) == (holder is Holder.QUEUE)
        assert said.count("> I give up.") <= 1
        assert said.count("> Yes.") <= len(said) - said.count("> Yes.")
    lost = {event.conversation_id: event.number for event in await office.spoken() if event.type != MESSAGE}
    assert all(event.number <= lost.get(event.conversation_id, event.number) for event in await office.spoken())
    assert [] == await office.books.failing_checks()
