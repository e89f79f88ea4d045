"""The life of a conversation: whatever is asked of it, in any order, and though the clock is set back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from parley.core import conversations, events
from parley.core.conversations import Conversation, Feedback, Handover, HandoverReason, Holder, custody_of
from parley.core.errors import ConflictError
from parley.core.events import Event, Happening
from parley.core.people import User
from tests.builders import BOB, CHARLIE, SHOP, bot, client, conversation, message
from tests.clock import START

TEAMMATES = (BOB, CHARLIE)
PLACES = {Holder.BOT: None, Holder.QUEUE: 1}

Move = Callable[[Conversation, datetime], Conversation]
minutes = st.integers(-30, 30).map(lambda number: timedelta(minutes=number))
feedbacks = st.builds(Feedback, is_positive=st.booleans(), text=st.none() | st.text(max_size=5))


class Life(RuleBasedStateMachine):
    """One conversation, and beside it what the log makes of it.

    Nobody asks to hand it to whoever has it: that is answered by the actions, without a rule.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.numbers = 1  # queue numbers given
        self.current = conversation()
        self.replayed: Conversation | None = None

    @initialize(holder=st.sampled_from(sorted(PLACES)))
    def begin(self, holder: Holder) -> None:
        """It begins with the bot or in the queue."""
        self.current = conversation(holder=holder, is_with_bot=holder is Holder.BOT, queue_number=PLACES[holder])
        self.log(events.ConversationCreated(self.current, client(), PLACES[holder] or -1))

    @rule(by=minutes)
    def time_passes(self, by: timedelta) -> None:
        """And is set back now and then."""
        self.now += by

    @rule(count=st.integers(1, 3), is_imported=st.booleans(), author=st.sampled_from([client(), bot()]))
    def write(self, count: int, author: User, is_imported: bool) -> None:  # noqa: FBT001 - drawn
        """Messages come at any time, and never change who has it."""
        by_bot = count if author.is_bot and not is_imported else 0
        after = conversations.with_messages(self.current, count, now=self.now, by_bot=by_bot)
        said = tuple(message(id=self.current.message_count + number) for number in range(1, count + 1))
        if is_imported:
            what: list[Happening] = [events.HistoryImported(said, after.message_count)]
        else:
            what = [events.MessageAdded(each, author, each.id) for each in said]
        self.follow(after, *what, is_move=False)

    @rule(feedback=feedbacks)
    def rate(self, feedback: Feedback) -> None:
        """Feedback comes at any time."""
        after = conversations.with_feedback(self.current, feedback, now=self.now)
        self.follow(after, events.FeedbackGiven(feedback), is_move=False)

    @rule(page=st.integers(1, 3))
    def browse(self, page: int) -> None:
        """The client goes to another page, until it is closed."""
        url = f"https://shop.example/{page}"
        after = self.ask(
            lambda before, now: conversations.with_latest_url(before, url, now=now), is_legal=not self.current.is_closed
        )
        if after is not None:
            self.follow(after, events.LatestUrlChanged(url), is_move=False)

    @rule()
    def hand_over(self) -> None:
        """The bot gives it to the queue, when it has it."""
        self.numbers += 1
        number = self.numbers
        card = self.card(HandoverReason.ASKED)
        after = self.ask(
            lambda before, now: conversations.to_queue(before, queue_number=number, now=now, handover=card),
            is_legal=self.current.holder is Holder.BOT,
        )
        if after is not None:
            assert (number, card) == (after.queue_number, after.handover)
            self.follow(after, lost(after))

    @rule(assignee=st.sampled_from(TEAMMATES))
    def take(self, assignee: str) -> None:
        """A teammate takes it from anybody else."""
        before = self.current
        if before.holder is Holder.TEAMMATE and before.assignee_id == assignee:
            return
        card = self.card(HandoverReason.API) if before.holder is Holder.BOT else None
        after = self.ask(
            lambda before, now: conversations.take(before, assignee_id=assignee, now=now, handover=card),
            is_legal=not before.is_closed,
        )
        if after is not None:
            assert (assignee, before.queue_number) == (after.assignee_id, after.queue_number)
            assert (card or before.handover) == after.handover
            self.follow(after, lost(after) if before.is_with_bot else events.ConversationAssigned(custody_of(after)))

    @rule()
    def release(self) -> None:
        """A teammate gives it back to its place, or to the end when it has none."""
        self.numbers += 1
        number = self.current.queue_number or self.numbers
        after = self.ask(
            lambda before, now: conversations.release(before, queue_number=number, now=now),
            is_legal=self.current.holder is Holder.TEAMMATE,
        )
        if after is not None:
            assert number == after.queue_number
            self.follow(after, events.ConversationReleased(custody_of(after)))

    @precondition(lambda self: self.current.holder is not Holder.BOT)
    @rule()
    def give_to_bot(self) -> None:
        """The bot gets it from anybody else."""
        after = self.ask(
            lambda before, now: conversations.give_to_bot(before, now=now), is_legal=not self.current.is_closed
        )
        if after is not None:
            self.follow(after, events.TakeoverChanged(is_assigned_to_bot=True, custody=custody_of(after)))

    @rule()
    def close(self) -> None:
        """It ends, once, and who had it last stays known."""
        before = self.current
        after = self.ask(lambda before, now: conversations.close(before, now=now), is_legal=not before.is_closed)
        if after is not None:
            assert (before.is_with_bot, before.assignee_id) == (after.is_with_bot, after.assignee_id)
            self.follow(after, events.ConversationClosed(after, client()))

    def card(self, reason: HandoverReason) -> Handover:
        """The card of a handover now."""
        return conversations.card_of(self.current, reason, now=self.now)

    def ask(self, move: Move, *, is_legal: bool) -> Conversation | None:
        """What comes of it; None when it is refused, which it is exactly when it is not legal."""
        try:
            after = move(self.current, self.now)
        except ConflictError:
            assert not is_legal
            return None
        assert is_legal
        return after

    def follow(self, after: Conversation, *what: Happening, is_move: bool = True) -> None:
        """Go on from there, after what holds for every change was looked at."""
        before = self.current
        has_moved = (before.holder, before.assignee_id) != (after.holder, after.assignee_id)

        assert is_move == has_moved
        assert before.epoch + is_move == after.epoch
        assert max(before.changed_at, self.now) == after.changed_at
        assert (before.id, before.author_id, before.created_at) == (after.id, after.author_id, after.created_at)
        self.current = after
        for each in what:
            self.log(each)

    def log(self, what: Happening) -> None:
        """Apply what happened, as it is written and read, to what the log made so far."""
        read = msgspec.json.decode(msgspec.json.encode(what), type=Happening)
        event = Event(number=1, community_id=SHOP, seq=1, conversation_id=1, by="token:1", at=self.now, what=read)
        self.replayed = events.apply(self.replayed, event)

    @invariant()
    def the_log_makes_the_same(self) -> None:
        """To the last member."""
        assert self.current == self.replayed

    @invariant()
    def the_state_is_legal(self) -> None:
        """As the tables' CHECK constraints have it."""
        value = self.current

        assert value.changed_at >= value.created_at
        assert value.epoch > 0
        assert value.message_count >= value.bot_messages >= 0
        assert (value.holder is Holder.NOBODY) == (value.closed_at is not None)
        match value.holder:
            case Holder.BOT:
                assert value.is_with_bot
                assert (None, None, None) == (value.assignee_id, value.queue_number, value.taken_at)
            case Holder.QUEUE:
                assert not value.is_with_bot
                assert value.queue_number is not None
                assert (None, None) == (value.assignee_id, value.taken_at)
            case Holder.TEAMMATE:
                assert not value.is_with_bot
                assert value.assignee_id in TEAMMATES
                assert value.taken_at is not None
            case Holder.NOBODY:
                assert not (value.is_with_bot and value.assignee_id)

    @invariant()
    def its_card_is_of_the_past(self) -> None:
        """It counts what the bot had said by then, and stays until the bot loses it again."""
        card = self.current.handover

        assert card is None or (card.at <= self.current.changed_at and card.bot_messages <= self.current.bot_messages)

    @invariant()
    def its_times_are_in_order(self) -> None:
        """Taken before it was closed, closed no later than it last changed."""
        value = self.current
        times = [at for at in (value.created_at, value.taken_at, value.closed_at, value.changed_at) if at is not None]

        assert sorted(times) == times


def lost(after: Conversation) -> Happening:
    """The bot lost it, with a card."""
    return events.TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(after), handover=after.handover)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=30)
