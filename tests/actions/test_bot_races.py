"""A bot, its client, the team and the clock, in any order: nobody is left waiting, nobody speaks out of turn.

Whoever asks the bot acts on what was read at any time before, so answers, failures and farewells come late, out of
order and twice. Every order of a few such steps is tried in memory, and long ones at random on a database.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from parley.actions.bots import AnswerTurn, FailTurn, GiveUpTurn, SetBot, Wish
from parley.actions.conversations import ChangeTakeover, CloseConversation
from parley.actions.draft import Action, Draft
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.actions.teammates import AddTeammate
from parley.core.bots import SILENCE, Turn
from parley.core.communities import Tally
from parley.core.conversations import Conversation, Holder
from parley.core.errors import ConflictError, ParleyError
from parley.core.people import Author, Role
from parley.ports import Facts
from tests.actions.debts import REFUSED, Debt, Words, check, word_of
from tests.builders import (
    ALICE,
    CHARLIE,
    SHOP,
    author,
    bot,
    client,
    community,
    conversation,
    create,
    guids,
    manners,
    membership,
    teammate,
)
from tests.clock import START, ManualClock
from tests.ledger.books import Books, opened
from tests.storage.databases import SqliteDatabase

BY = "token:1"
WISH = "Talk to a human"
DEPTH = 7  # steps, of which every order is tried
MESSAGES = {"client", "bot", "team", "imported"}  # of the words for what happens, those that take an id

Asked = tuple[int, int]  # the epoch, and the last message: what somebody read and acts on later


def write(number: int, *texts: str, by: Author, **more: Any) -> AddMessages:
    messages = tuple(NewMessage(author=by, text=text, **more) for text in texts)
    return AddMessages(community_id=SHOP, conversation_id=number, messages=messages, by=BY)


def reply(number: int, asked: Asked, *texts: str, wish: Wish | None = None) -> AnswerTurn:
    epoch, upto = asked
    return AnswerTurn(community_id=SHOP, conversation_id=number, epoch=epoch, upto=upto, texts=texts, wish=wish)


def fail(number: int, asked: Asked) -> FailTurn:
    epoch, upto = asked
    return FailTurn(community_id=SHOP, conversation_id=number, epoch=epoch, upto=upto, failure="http_500", dice=0)


def give_up(number: int, epoch: int) -> GiveUpTurn:
    return GiveUpTurn(community_id=SHOP, conversation_id=number, epoch=epoch)


def hand(number: int, to: str) -> ChangeTakeover:
    assignee = None if to in {"bot", "queue"} else to
    return ChangeTakeover(
        community_id=SHOP, conversation_id=number, is_assigned_to_bot=to == "bot", assignee_id=assignee, by=BY
    )


def close(number: int) -> CloseConversation:
    return CloseConversation(community_id=SHOP, conversation_id=number, by=BY)


def holder_of(conversation: Conversation) -> str:
    """As a Debt has it."""
    if conversation.holder is Holder.TEAMMATE:
        return conversation.assignee_id or ""
    return "closed" if conversation.is_closed else conversation.holder.value


# Every order of a few steps, in memory


class World(NamedTuple):
    """What is stored of one conversation with a bot, beside what is owed there, and all that anybody ever read."""

    now: datetime = START
    talk: Conversation = conversation(holder=Holder.BOT, is_with_bot=True, queue_number=None)
    turn: Turn | None = None
    tally: Tally = Tally()
    last_message: int = 0
    debt: Debt = Debt()
    read: frozenset[Asked] = frozenset()


class Step(NamedTuple):
    """Something that is done at a time, and the second opinion of what comes of it."""

    name: str
    now: datetime
    action: Action[Any]
    opinion: tuple[Debt, Words]


def steps(world: World) -> Iterator[Step]:
    """All that can be done next."""
    now, debt, number = world.now, world.debt, world.last_message + 1
    alice = Author(id=ALICE)
    yield Step("write", now, write(1, "Hi", by=alice), debt.written([number], now))
    yield Step("wish", now, write(1, WISH, by=alice), debt.written([number], now, is_wish=True))
    for to in ("bot", "queue", CHARLIE):
        yield Step(f"hand to {to}", now, hand(1, to), debt.handed(to))
    yield Step("close", now, close(1), debt.closed())
    late = max(now, debt.waiting[0][1] + SILENCE) if debt.waiting else now
    for epoch in sorted({epoch for epoch, _ in world.read}):
        for at in sorted({now, late - timedelta.resolution, late} - {now - timedelta.resolution}):
            yield Step(f"give up {epoch} at {at}", at, give_up(1, epoch), debt.given_up(epoch, at))
    for asked in sorted(world.read):
        yield Step(f"answer {asked}", now, reply(1, asked, "Yes"), debt.replied(*asked, texts=1))
        yield Step(f"promise {asked}", now, reply(1, asked), debt.replied(*asked, texts=0))
        yield Step(f"fail {asked}", now, fail(1, asked), debt.failed(*asked))


def carried_out(world: World, step: Step) -> World:
    """The world behind a step: loaded, decided and stored as a group of its own."""
    draft = Draft(facts_of(world), step.now)
    debt, expected = step.opinion
    try:
        step.action.decide(draft, step.now, guids())
    except ConflictError:
        assert REFUSED == expected
        return world
    changes = draft.changes()
    if changes is None:
        assert [] == expected
        return world._replace(now=step.now, debt=debt)
    assert expected == [word_of(event.what) for event in changes.events]
    assert is_in_turn(world.debt.holder, expected)
    turn = None if 1 in changes.ended_turns else world.turn
    turn = changes.turns[0] if changes.turns else turn
    return World(
        now=step.now,
        talk=changes.conversations[0] if changes.conversations else world.talk,
        turn=turn,
        tally=changes.tallies.get(SHOP, world.tally),
        last_message=changes.numbers.get("message", world.last_message),
        debt=debt,
        read=world.read if turn is None else world.read | {(turn.epoch, turn.upto)},
    )


def facts_of(world: World) -> Facts:
    """What a group would load of it."""
    facts = Facts()
    facts.numbers = {"message": world.last_message}
    facts.communities = {SHOP: community()}
    facts.tallies = {SHOP: world.tally}
    facts.bots = {SHOP: bot()}
    facts.users = {(SHOP, user.id): user for user in (client(), bot(), teammate())}
    facts.teammates = {(SHOP, CHARLIE): membership()}
    facts.conversations = {(SHOP, 1): world.talk}
    facts.manners = {SHOP: manners()}
    facts.turns = {} if world.turn is None else {(SHOP, 1): world.turn}
    return facts


def is_in_turn(holder: str, words: Words) -> bool:
    """Whether the bot speaks only while it has the conversation."""
    for word in words:
        if word == "bot" and holder != "bot":
            return False
        holder = "bot" if word == "given" else "other" if word.startswith(("lost", "closed")) else holder
    return True


def test_no_order_of_a_few_steps_leaves_anybody_waiting_or_lets_the_bot_speak_out_of_turn() -> None:
    """All worlds that can be reached, each once; the way to it is told when something is wrong there."""
    frontier: dict[World, tuple[str, ...]] = {World(): ()}
    met = set(frontier)
    for _ in range(DEPTH):
        further: dict[World, tuple[str, ...]] = {}
        for world, way in frontier.items():
            for step in steps(world):
                after = looked_at(world, step, (*way, step.name))
                if after not in met:
                    met.add(after)
                    further[after] = (*way, step.name)
        frontier = further

    assert {"bot", "queue", CHARLIE, "closed"} == {world.debt.holder for world in met}
    assert any(len(world.debt.answered) > 1 for world in met)


def looked_at(world: World, step: Step, way: tuple[str, ...]) -> World:
    """The world behind a step, where what is stored is what is owed."""
    try:
        after = carried_out(world, step)
        check(after.debt, holder_of(after.talk), after.talk.epoch, after.turn)
    except (AssertionError, ParleyError) as broken:
        broken.add_note(" → ".join(way))
        raise
    return after


# Long lives at random, on a database, some steps in one group


ages = st.integers(0, 4) | st.integers(0, 50)  # of what was read: mostly young
wishes = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 3), st.sampled_from([False, False, False, True])),
    st.tuples(st.just("write"), st.integers(1, 3), st.just(value=False)),
    st.tuples(st.just("help"), st.booleans()),
    st.just(("bring",)),
    st.tuples(st.just("hand"), st.sampled_from(["bot", "bot", "queue", "charlie"])),
    st.tuples(st.just("reply"), ages, st.integers(0, 2), st.sampled_from([False, False, True])),
    st.tuples(st.just("reply"), ages, st.just(1), st.just(value=False)),
    st.tuples(st.just("fail"), ages),
    st.tuples(st.just("give up"), ages),
    st.integers(0, 9).map(lambda number: ("fail", 0) if number else ("close",)),
)


class Lives(RuleBasedStateMachine):
    """Two conversations that begin with the bot, and what is owed in each."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.clock = ManualClock()
        self.debts = {1: Debt(), 2: Debt()}
        self.read: list[Asked] = [(1, 1)]  # by anybody at any time, of either conversation
        self.last_message = 0
        self.charlie, self.books = self.runner.run(self.open())

    async def open(self) -> tuple[str, Books]:
        """The Shop has a teammate and a bot, and the bot two conversations."""
        database = SqliteDatabase(Path(self.stack.enter_context(TemporaryDirectory())))
        self.stack.push_async_callback(database.close)
        books = await self.stack.enter_async_context(opened(database, self.clock))
        await books.add_communities()
        charlie, _ = await books.do(AddTeammate(community_id=SHOP, name="C", email="c@x", role=Role.AGENT, by=BY))
        await books.do(SetBot(community_id=SHOP, manners=manners(), url="https://bots.example", by="operator"))
        await books.together([create(is_bot_enabled=True)] * 2)
        await books.recorded()
        return charlie.id, books

    def teardown(self) -> None:
        """The log makes what the tables hold; then everything is closed."""
        try:
            assert [] == self.runner.run(self.books.failing_checks())
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()

    @rule(seconds=st.sampled_from([1, 10, 31]))
    def time_passes(self, seconds: int) -> None:
        """Farewells come due."""
        self.clock.move(timedelta(seconds=seconds))

    @rule(wishes=st.lists(st.tuples(st.integers(1, 2), wishes), min_size=1, max_size=5))
    def do(self, wishes: list[tuple[int, tuple[Any, ...]]]) -> None:
        """Some steps in one group, each taken as if nobody knew of the others."""
        steps = [self.step(number, *wish) for number, wish in wishes]
        replies = self.runner.run(self.books.together(step.action for step in steps))
        expected: Words = []
        for (number, wish), step, reply in zip(wishes, steps, replies, strict=True):
            before = self.debts[number]
            self.debts[number], words = step.opinion(before, self.last_message + 1)
            assert (words == REFUSED) == isinstance(reply, Exception), reply
            assert wish[0] == "help" or is_in_turn(before.holder, words)
            self.last_message += len([word for word in words if word in MESSAGES])
            expected += [word for word in words if word != "refused"]

        assert expected == [word_of(what) for what in self.runner.run(self.books.recorded())]

    def step(self, number: int, what: str, *more: Any) -> "Later":
        """The action, and how to foresee what comes of it when its turn has come."""
        now = self.clock.at
        asked = self.read[-1 - more[0] % len(self.read)] if what in {"reply", "fail", "give up"} else (0, 0)
        to = {"charlie": self.charlie}.get(more[0], more[0]) if what == "hand" else ""
        match what, more:
            case "write", (count, is_wish):
                texts = [WISH if is_wish else "Hi"] * count
                return Later(
                    write(number, *texts, by=author()),
                    lambda debt, first: debt.written([*range(first, first + count)], now, is_wish=is_wish),
                )
            case "help", (is_by_bot,):
                by = Author(is_bot=True) if is_by_bot else Author(id=self.charlie)
                return Later(write(number, "Hi", by=by), lambda debt, _: debt.helped(is_by_bot=is_by_bot))
            case "bring", ():
                messages = write(number, WISH, by=author()).messages
                history = ImportMessages(community_id=SHOP, conversation_id=number, messages=messages, by=BY)
                return Later(history, lambda debt, _: (debt, ["imported"]))
            case "hand", _:
                return Later(hand(number, to), lambda debt, _: debt.handed(to))
            case "close", ():
                return Later(close(number), lambda debt, _: debt.closed())
            case "reply", (_, texts, is_wish):
                action = reply(number, asked, *["Yes"] * texts, wish=Wish() if is_wish else None)
                return Later(action, lambda debt, _: debt.replied(*asked, texts=texts, is_wish=is_wish))
            case "fail", _:
                return Later(fail(number, asked), lambda debt, _: debt.failed(*asked))
            case _:
                return Later(give_up(number, asked[0]), lambda debt, _: debt.given_up(asked[0], now))

    @invariant()
    def what_is_stored_is_what_is_owed(self) -> None:
        """And whoever asks the bot reads it now."""
        self.runner.run(self.look())

    async def look(self) -> None:
        """Read what is stored."""
        turns = {turn.conversation_id: turn for turn in await self.books.reader.turns(SHOP)}
        self.read += [(turn.epoch, turn.upto) for turn in turns.values() if (turn.epoch, turn.upto) not in self.read]
        for number, debt in self.debts.items():
            found = await self.books.reader.conversation(SHOP, number, messages=None)
            assert found is not None
            check(debt, holder_of(found.conversation), found.conversation.epoch, turns.get(number))


class Later(NamedTuple):
    """An action, and the second opinion of it: from what is owed just before, and the next message's id."""

    action: Action[Any]
    opinion: Callable[[Debt, int], tuple[Debt, Words]]


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=25)
