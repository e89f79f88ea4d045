"""Bots: which answers they owe, when they are asked again, when they lose, and how what they say is kept."""

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from parley.core import bots
from parley.core.bots import (
    JITTER,
    OPENS_AFTER,
    PENDING_LIMIT,
    PROBE_FIRST,
    PROBE_LIMIT,
    RETRY_FIRST,
    RETRY_LIMIT,
    TEXTS_LIMIT,
    BotKind,
    Breaker,
    Manners,
    Pending,
    Turn,
    Wishes,
)
from parley.core.conversations import Conversation, Holder, Message
from parley.core.errors import Problems
from parley.core.phrases import DEFAULT_LANGUAGES, LANGUAGES
from parley.core.texts import MESSAGE_LIMIT
from tests.builders import BOT, CHARLIE, HOUR, MINUTE, conversation, faults_of, manners, message, turn
from tests.clock import START

SECOND = timedelta(seconds=1)
LATER = START + MINUTE
MUTE = manners(kind=BotKind.NONE, silence=None)  # the integrator speaks for it and nobody waits
ASKS_NOBODY = manners(kind=BotKind.NONE)  # the integrator speaks for it, within a limit
dice = st.floats(0, 1)


def with_bot(**changes: Any) -> Conversation:
    return conversation(**{"holder": Holder.BOT, "is_with_bot": True, "queue_number": None, **changes})


def said(number: int, at: datetime = START, **changes: Any) -> Message:
    """A message of Alice's."""
    return message(id=number, created_at=at, stored_at=at, **changes)


def answer(number: int) -> Message:
    return said(number, author_id=BOT, is_team=True)


def after(before: Turn | None, message: Message, *, kept: Manners | None = None, **changes: Any) -> Turn | None:
    """The turn after a message in a conversation that the bot has."""
    return bots.after_message(before, with_bot(**changes), message, manners=kept or manners())


def opened(*messages: Message, kept: Manners | None = None) -> Turn:
    """The turn of these messages of Alice's."""
    made: Turn | None = None
    for each in messages:
        made = after(made, each, kept=kept)
    assert made is not None
    return made


# A bot's manners


@pytest.mark.parametrize("kind", BotKind)
def test_all_but_the_integrators_own_bot_are_asked(kind: BotKind) -> None:
    assert (kind is not BotKind.NONE) == manners(kind=kind).is_asked


@pytest.mark.parametrize("kind", BotKind)
@pytest.mark.parametrize("silence", [None, SECOND])
def test_an_answer_is_owed_by_who_is_asked_and_within_a_limit_by_everybody(
    kind: BotKind, silence: timedelta | None
) -> None:
    owes = manners(kind=kind, silence=silence).owes_answers

    assert (kind is not BotKind.NONE or silence is not None) == owes


def test_a_client_who_asks_for_a_person_is_heard() -> None:
    assert manners().hears_wish(said(1, text="I want to talk to a human!"))
    assert not manners().hears_wish(said(1, text="Where is my order?"))


@pytest.mark.parametrize("whose", [{"is_team": True, "author_id": CHARLIE}, {"is_imported": True}])
def test_only_a_client_who_writes_now_asks_for_a_person(whose: dict[str, Any]) -> None:
    assert not manners().hears_wish(said(1, text="I want to talk to a human", **whose))


def test_a_person_is_asked_for_in_the_bots_languages_and_the_operators_phrases() -> None:
    kept = manners(languages=("fi",), phrases=("beam me up",))

    assert kept.hears_wish(said(1, text="Haluan puhua ihmisen kanssa"))
    assert kept.hears_wish(said(1, text="Beam me up!"))
    assert not kept.hears_wish(said(1, text="I want to talk to a human"))


# A turn begins, grows and ends with messages


def test_a_clients_message_opens_a_turn_that_is_due_at_once() -> None:
    assert turn(Pending(7, LATER), due_at=LATER, epoch=3) == after(None, said(7, LATER), epoch=3)


def test_what_nobody_is_asked_for_is_due_all_the_same_for_somebody_may_be() -> None:
    assert turn() == after(None, said(1), kept=ASKS_NOBODY)


def test_who_owes_nothing_has_no_turn() -> None:
    assert None is after(None, said(1), kept=MUTE)
    assert None is bots.after_message(None, with_bot(), said(1), manners=None)


@pytest.mark.parametrize("holder", sorted(set(Holder) - {Holder.BOT}))
def test_a_message_to_somebody_else_is_no_turn(holder: Holder) -> None:
    assert None is bots.after_message(None, conversation(holder=holder), said(1), manners=manners())


@pytest.mark.parametrize("before", [None, turn()])
@pytest.mark.parametrize("is_team", [False, True])
def test_history_neither_opens_nor_ends_a_turn(before: Turn | None, is_team: bool) -> None:  # noqa: FBT001 - drawn
    assert before is after(before, said(9, is_imported=True, is_team=is_team))


@pytest.mark.parametrize("author_id", [BOT, CHARLIE])
@pytest.mark.parametrize("kept", [manners(), ASKS_NOBODY, MUTE, None])
def test_whatever_comes_from_the_teams_side_is_the_answer(author_id: str, kept: Manners | None) -> None:
    message = said(2, is_team=True, author_id=author_id)

    assert None is bots.after_message(turn(), with_bot(), message, manners=kept)
    assert None is bots.after_message(None, with_bot(), message, manners=kept)


def test_messages_that_come_quickly_join() -> None:
    joined = opened(said(1), said(2, START + SECOND), said(5, LATER))

    assert (Pending(1, START), Pending(2, START + SECOND), Pending(5, LATER)) == joined.pending
    assert (START, 5, LATER) == (joined.since, joined.upto, joined.due_at)


def test_a_bot_that_was_taken_away_is_owed_no_more_than_before() -> None:
    before = turn()

    assert before is bots.after_message(before, with_bot(), said(2), manners=None)


def test_another_message_makes_no_bot_well_that_failed_just_now() -> None:
    failed = bots.after_failure(turn(), "http_500", now=LATER, dice=0)
    joined = after(failed, said(2, LATER))

    assert joined is not None
    assert (failed.due_at, 1, "http_500", 2) == (joined.due_at, joined.tries, joined.failure, joined.upto)


def test_another_message_has_a_bot_asked_that_promised() -> None:
    promised = bots.after_promise(turn(), upto=1)
    joined = after(promised, said(2, LATER))

    assert None is promised.due_at
    assert joined is not None
    assert LATER == joined.due_at


def test_of_very_many_messages_the_last_stand_for_one() -> None:
    """Each gets its answer, and nobody waits for longer than without the others."""
    numbers = range(1, PENDING_LIMIT + 4)
    full = opened(*[said(number, START + number * SECOND) for number in numbers])
    left = bots.after_answer(full, upto=PENDING_LIMIT - 1, now=LATER)

    assert PENDING_LIMIT == len(full.pending)
    assert (1, numbers[-1]) == (full.pending[0].message_id, full.upto)
    assert left is not None
    assert (Pending(numbers[-1], START + PENDING_LIMIT * SECOND),) == left.pending


# A turn ends, or goes on, with what else happens


def test_a_turn_goes_on_as_long_as_the_bot_has_the_conversation() -> None:
    before = turn(epoch=3)

    assert before is bots.after_change(before, with_bot(epoch=3))
    assert None is bots.after_change(before, with_bot(epoch=4))
    assert None is bots.after_change(None, with_bot(epoch=3))


def test_an_answer_to_everything_ends_it() -> None:
    assert None is bots.after_answer(opened(said(1), said(2)), upto=2, now=LATER)
    assert None is bots.after_answer(opened(said(1), said(2)), upto=9, now=LATER)


def test_what_came_later_is_asked_at_once() -> None:
    failed = bots.after_failure(opened(said(1), said(2, START + SECOND)), "http_500", now=START, dice=0)
    left = bots.after_answer(failed, upto=1, now=LATER)

    assert turn(Pending(2, START + SECOND), due_at=LATER) == left


def test_a_promise_is_not_asked_for_again() -> None:
    failed = bots.after_failure(turn(), "http_500", now=START, dice=0)

    assert turn(due_at=None) == bots.after_promise(failed, upto=1)


def test_a_promise_is_none_for_what_came_later() -> None:
    before = opened(said(1), said(2))

    assert before is bots.after_promise(before, upto=1)


@pytest.mark.parametrize(("epoch", "upto", "is_owed"), [(3, 4, True), (3, 9, True), (3, 3, False), (2, 4, False)])
def test_an_answer_is_wanted_under_its_epoch_and_while_something_it_knew_of_is_open(
    epoch: int, upto: int, *, is_owed: bool
) -> None:
    assert is_owed == turn(Pending(4, START), Pending(5, START), epoch=3).owes(epoch=epoch, upto=upto)


def test_a_bot_loses_when_the_oldest_message_has_waited_for_the_limit() -> None:
    waiting = opened(said(1), said(2, LATER))

    assert START + 30 * SECOND == waiting.ends_at(manners())
    assert None is waiting.ends_at(manners(silence=None))


# Asking again


@given(dice=dice)
def test_waits_double_up_to_their_limit_and_grow_by_a_fifth_at_most(dice: float) -> None:
    waits, failed = [], turn()
    for number in range(1, 15):
        failed = bots.after_failure(failed, f"failure {number}", now=LATER, dice=dice)
        assert failed.due_at is not None
        assert (number, f"failure {number}") == (failed.tries, failed.failure)
        waits.append(failed.due_at - LATER)

    assert RETRY_FIRST <= waits[0] <= RETRY_FIRST * (1 + JITTER)
    assert all(one < other or RETRY_LIMIT <= one == other for one, other in pairwise(waits))
    assert RETRY_LIMIT <= waits[-1] <= RETRY_LIMIT * (1 + JITTER)


def test_however_often_it_failed_there_is_a_next_time() -> None:
    failed = bots.after_failure(turn(tries=10**6, failure="x"), "x", now=START, dice=0)

    assert START + RETRY_LIMIT == failed.due_at


def test_a_breaker_lets_everybody_ask_until_the_fifth_failure() -> None:
    breaker = Breaker()
    for number in range(1, OPENS_AFTER):
        breaker = breaker.after_failure(now=START)
        assert (number, None, False) == (breaker.failures, breaker.opens_at(), breaker.is_tripped)
    breaker = breaker.after_failure(now=START)

    assert (START + PROBE_FIRST, True) == (breaker.opens_at(), breaker.is_tripped)


@given(further=st.integers(1, 40))
def test_a_tripped_breaker_waits_twice_as_long_each_time_within_its_limit(further: int) -> None:
    breaker, waits = Breaker(OPENS_AFTER - 1), []
    for _ in range(further):
        breaker = breaker.after_failure(now=LATER)
        waits.append((breaker.opens_at() or LATER) - LATER)

    assert PROBE_FIRST == waits[0]
    assert all(min(2 * one, PROBE_LIMIT) == other for one, other in pairwise(waits))


def test_whoever_was_silent_for_an_hour_has_a_bounded_number_of_tries() -> None:
    """With the breaker open or not, a bot that is down is asked some hundred times, not some thousand."""
    failed = turn()
    while (failed.due_at or START) < START + HOUR:
        failed = bots.after_failure(failed, "x", now=failed.due_at or START, dice=0)

    assert failed.tries < 130


# Any life of a turn


class Life(RuleBasedStateMachine):
    """One conversation with a bot that is asked, and what it owes there."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.last = 0  # message
        self.conversation = with_bot()
        self.turn: Turn | None = None
        self.unanswered: list[int] = []  # messages of the client's, as anybody would count them
        self.waits_since: datetime | None = None  # for the oldest of these, or longer

    @rule(seconds=st.integers(0, 40))
    def time_passes(self, seconds: int) -> None:
        """Messages are never stored before one another, so it never goes back here."""
        self.now += seconds * SECOND

    @rule(count=st.sampled_from([1, 1, 2, PENDING_LIMIT]))
    def write(self, count: int) -> None:
        """Alice writes, once or very often."""
        for _ in range(count):
            self.hear(said(self.next(), self.now))
            self.unanswered.append(self.last)

    @rule(is_team=st.booleans())
    def bring(self, is_team: bool) -> None:  # noqa: FBT001 - drawn
        """Somebody brings history."""
        self.hear(said(self.next(), self.now, is_imported=True, is_team=is_team))

    @rule()
    def help_out(self) -> None:
        """Somebody of the team answers, without taking it."""
        self.hear(answer(self.next()))
        self.unanswered = []

    @rule(epoch_is_new=st.booleans())
    def change(self, epoch_is_new: bool) -> None:  # noqa: FBT001 - drawn
        """Something changes, perhaps the holder and back."""
        self.conversation = replace(self.conversation, epoch=self.conversation.epoch + epoch_is_new)
        self.turn = bots.after_change(self.turn, self.conversation)
        self.unanswered = [] if epoch_is_new else self.unanswered

    @precondition(lambda self: self.turn is not None)
    @rule(back=st.integers(0, 3))
    def answer(self, back: int) -> None:
        """The bot answers what it had been asked, up to some message."""
        assert self.turn is not None
        upto = self.turn.pending[max(0, len(self.turn.pending) - 1 - back)].message_id
        left = bots.after_answer(self.turn, upto=upto, now=self.now)

        assert left is None or (self.now, 0, None) == (left.due_at, left.tries, left.failure)
        assert left is None or all(each in self.turn.pending and each.message_id > upto for each in left.pending)
        self.turn = left
        self.unanswered = [number for number in self.unanswered if number > upto]

    @precondition(lambda self: self.turn is not None)
    @rule(dice=dice)
    def fail(self, dice: float) -> None:
        """The bot cannot be asked."""
        before = self.turn
        assert before is not None
        self.turn = bots.after_failure(before, "http_500", now=self.now, dice=dice)

        assert (before.pending, before.tries + 1) == (self.turn.pending, self.turn.tries)
        assert self.turn.due_at is not None
        assert RETRY_FIRST <= self.turn.due_at - self.now <= RETRY_LIMIT * (1 + JITTER)

    @precondition(lambda self: self.turn is not None)
    @rule(back=st.integers(0, 3))
    def promise(self, back: int) -> None:
        """The bot says that it will answer later."""
        before = self.turn
        assert before is not None
        upto = before.upto - back
        self.turn = bots.after_promise(before, upto=upto)

        assert before.pending == self.turn.pending
        assert (before if back else replace(before, due_at=None, tries=0, failure=None)) == self.turn

    def next(self) -> int:
        """The next message's id."""
        self.last += 1
        return self.last

    def hear(self, message: Message) -> None:
        """Somebody wrote: nobody has to wait for longer because of that."""
        before = self.turn
        self.turn = bots.after_message(before, self.conversation, message, manners=manners())

        if before is not None and self.turn is not None:
            assert before.since == self.turn.since
            assert before.pending[: PENDING_LIMIT - 1] == self.turn.pending[: len(before.pending)][: PENDING_LIMIT - 1]

    @invariant()
    def an_answer_is_owed_for_what_has_none(self) -> None:
        """And for nothing else; beyond the limit the last stands for some before it."""
        pending = () if self.turn is None else self.turn.pending
        numbers = [each.message_id for each in pending]

        assert bool(self.unanswered) == bool(pending)
        assert set(numbers) <= set(self.unanswered)
        assert self.unanswered[-1:] == numbers[-1:]

    @invariant()
    def the_turn_is_legal(self) -> None:
        """As the table's CHECK constraints have it, and more."""
        if self.turn is None:
            return
        numbers = [each.message_id for each in self.turn.pending]
        times = [each.at for each in self.turn.pending]

        assert 1 <= len(numbers) <= PENDING_LIMIT
        assert sorted(set(numbers)) == numbers
        assert sorted(times) == times
        assert (times[0], numbers[-1]) == (self.turn.since, self.turn.upto)
        assert times[-1] <= self.now
        assert (self.turn.tries == 0) == (self.turn.failure is None)
        assert self.conversation.epoch == self.turn.epoch
        assert self.turn.owes(epoch=self.conversation.epoch, upto=self.turn.upto)
        assert not self.turn.owes(epoch=self.conversation.epoch, upto=numbers[0] - 1)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=100, stateful_step_count=25)


# What a bot says


@pytest.mark.parametrize("blank", [None, "", "  ", "\n", "\x00", " \x00 "])
def test_a_blank_reason_is_absent(blank: str | None) -> None:
    assert None is bots.limited(blank, 5)


def test_a_reason_is_cut_and_loses_what_cannot_be_kept() -> None:
    assert "a b" == bots.limited(" \x00a b\n", 5)
    assert "12345" == bots.limited(" 123456", 5)


def test_texts_are_messages_without_blanks() -> None:
    assert ("one", "two\nlines") == bots.split((" one ", "", "\x00", " \n", "two\nlines\x00"))
    assert () == bots.split(())


def test_a_long_text_is_split_and_twenty_are_enough() -> None:
    pieces = bots.split(("x" * (MESSAGE_LIMIT + 1),))

    assert ("x" * MESSAGE_LIMIT, "x") == pieces
    assert tuple(map(str, range(TEXTS_LIMIT))) == bots.split(tuple(map(str, range(TEXTS_LIMIT + 1))))
    assert TEXTS_LIMIT == len(bots.split(("x" * MESSAGE_LIMIT * (TEXTS_LIMIT + 1),)))


pieces = st.text("x \n\x00😀", max_size=4) | st.sampled_from(["y" * MESSAGE_LIMIT, " " * MESSAGE_LIMIT])


@given(given=st.lists(st.lists(pieces, max_size=4).map("".join), max_size=4).map(tuple))
def test_no_letter_of_a_bot_is_lost_and_no_message_is_blank_or_too_long(given: tuple[str, ...]) -> None:
    messages = bots.split(given)

    assert all(0 < len(each) <= MESSAGE_LIMIT and each.strip() for each in messages)
    assert letters(given) == letters(messages)


def letters(texts: tuple[str, ...]) -> str:
    """Everything but NUL and white space."""
    return "".join("".join(texts).replace("\x00", "").split())


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_bot_says_farewell_in_the_first_of_its_languages(name: str) -> None:
    others = tuple(each for each in LANGUAGES if each != name)

    assert LANGUAGES[name].farewell == bots.farewell_in((name, *others))


# What an operator says of a bot


def test_no_language_means_all_of_them() -> None:
    assert DEFAULT_LANGUAGES == bots.read_languages((), "languages", Problems())


def test_languages_keep_their_order_and_come_once() -> None:
    assert ("sv", "en") == bots.read_languages(("sv", "en", "sv"), "languages", Problems())


def test_an_unknown_language_is_refused_with_those_that_are_known() -> None:
    told = faults_of(lambda problems: bots.read_languages(("en", "tlh"), "languages", problems))

    assert [("languages", f"must be one of {', '.join(LANGUAGES)}, but 'tlh' was given")] == told


def test_phrases_are_trimmed_and_blank_ones_left_out() -> None:
    assert ("beam me up",) == bots.read_phrases((" beam me up ", " "), "phrases", Problems())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("x" * 201,), "may be at most 200 characters long, but 201 were given"),
        (("a\nb",), "may not hold line breaks or control characters, but 'a\\nb' was given"),
        (("x",) * 101, "at most 100 phrases, but 101 were given"),
    ],
)
def test_phrases_have_their_limits(given: tuple[str, ...], text: str) -> None:
    assert [("phrases", text)] == faults_of(partial(bots.read_phrases, given, "phrases"))


def test_a_hundred_phrases_of_two_hundred_characters_are_fine() -> None:
    given = tuple(f"{number:03}" + "x" * 197 for number in range(100))

    assert given == bots.read_phrases(given, "phrases", Problems())


def test_whoever_is_asked_may_be_silent_for_half_a_minute_and_who_is_not_for_ever() -> None:
    told = {kind: bots.read_silence(None, kind, "silence", Problems()) for kind in BotKind}

    assert {kind: None if kind is BotKind.NONE else 30 * SECOND for kind in BotKind} == told


@pytest.mark.parametrize("kind", BotKind)
@pytest.mark.parametrize("seconds", [1, 3600])
def test_a_bot_of_any_kind_may_be_silent_for_up_to_an_hour(kind: BotKind, seconds: int) -> None:
    assert seconds * SECOND == bots.read_silence(seconds, kind, "silence", Problems())


@pytest.mark.parametrize("seconds", [-1, 0, 3601])
def test_a_silence_outside_its_limits_is_refused(seconds: int) -> None:
    told = faults_of(lambda problems: bots.read_silence(seconds, BotKind.RASA, "silence", problems))

    assert [("silence", f"must be 1 to 3600 seconds, but {seconds} was given")] == told


def test_a_key_is_trimmed() -> None:
    assert "sk-A1_~!" == bots.read_key(" sk-A1_~!\n", "key", Problems())
    assert [] == faults_of(lambda problems: bots.read_key("k" * 5_000, "key", problems))


@pytest.mark.parametrize(("key", "count"), [("", 0), (" ", 0), ("k" * 5_001, 5_001)])
def test_a_key_that_is_too_short_or_too_long_is_refused(key: str, count: int) -> None:
    told = faults_of(lambda problems: bots.read_key(key, "key", problems))

    assert [("key", f"must be 1 to 5000 characters long, but {count} were given")] == told


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "tab\there", "nul\x00", "é", "\ud83d", "\x7f"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_repeated(key: str) -> None:
    told = faults_of(lambda problems: bots.read_key(f"secret{key}secret", "key", problems))

    assert [("key", "may hold only ASCII letters, digits and signs")] == told


def test_what_was_not_said_of_a_bot_is_as_usual() -> None:
    usual = bots.read_manners(Wishes(kind=BotKind.RASA), Problems())
    blank = bots.read_manners(Wishes(kind=BotKind.NONE, languages=("nb",), farewell=" "), Problems())

    assert Manners(kind=BotKind.RASA, silence=bots.SILENCE, farewell=bots.farewell_in(usual.languages)) == usual
    assert (None, "", ("nb",)) == (blank.silence, blank.farewell, blank.languages)


def test_what_is_wrong_with_a_wish_is_named_by_its_member() -> None:
    wishes = Wishes(kind=BotKind.RASA, silence_seconds=0, farewell="x" * 10_001, languages=("tlh",), phrases=("\0",))
    told = faults_of(lambda problems: bots.read_manners(wishes, problems))

    assert {"silenceSeconds", "farewell", "languages", "phrases"} == {path for path, _ in told}


@pytest.mark.parametrize(
    ("wishes", "needless"),
    [
        (Wishes(kind=BotKind.NONE, url="u", model="m", prompt="p", key="k"), ["url", "model", "prompt", "key"]),
        (Wishes(kind=BotKind.WEBHOOK, url="u", model="m", prompt="p", key="k"), ["model", "prompt", "key"]),
        (Wishes(kind=BotKind.RASA, url="u", model="m", prompt="p", key="k"), ["model", "prompt"]),
        (Wishes(kind=BotKind.OPENAI, url="u", model="m", prompt="p", key="k"), []),
    ],
)
def test_what_a_kind_of_bot_has_no_use_for_is_refused(wishes: Wishes, needless: list[str]) -> None:
    assert needless == [path for path, _ in faults_of(lambda problems: bots.refuse_needless(wishes, problems))]
