"""Who holds a conversation, and every legal change of that."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import conversations
from parley.core.conversations import Conversation, Feedback, Handover, HandoverReason, Holder
from parley.core.errors import ConflictError, StaleEpochError
from tests.builders import BOB, CHARLIE, HOUR, MINUTE, conversation
from tests.clock import START

LATER = START + MINUTE
Change = Callable[[Conversation], Conversation]

CHANGES: dict[str, Change] = {
    "to_queue": lambda before: conversations.to_queue(before, queue_number=7, now=LATER),
    "take": lambda before: conversations.take(before, assignee_id=CHARLIE, now=LATER),
    "release": lambda before: conversations.release(before, queue_number=before.queue_number or 7, now=LATER),
    "give_to_bot": lambda before: conversations.give_to_bot(before, now=LATER),
    "close": lambda before: conversations.close(before, now=LATER),
    "with_latest_url": lambda before: conversations.with_latest_url(before, "https://h/2", now=LATER),
}


def with_bot() -> Conversation:
    return conversation(holder=Holder.BOT, is_with_bot=True, queue_number=None)


def with_charlie(queue_number: int | None = 1) -> Conversation:
    return conversation(holder=Holder.TEAMMATE, assignee_id=CHARLIE, queue_number=queue_number, taken_at=START, epoch=2)


def closed() -> Conversation:
    return conversation(holder=Holder.NOBODY, closed_at=START, epoch=2)


@pytest.mark.parametrize("epoch", [None, 2])
def test_the_present_epoch_and_none_at_all_are_fine(epoch: int | None) -> None:
    conversations.check_epoch(with_charlie(), epoch)


@pytest.mark.parametrize("epoch", [1, 3])
def test_another_epoch_is_refused_with_the_present_one(epoch: int) -> None:
    with pytest.raises(StaleEpochError, match="its epoch is 2") as refused:
        conversations.check_epoch(with_charlie(), epoch)

    assert 2 == refused.value.epoch


@pytest.mark.parametrize("holder", Holder)
def test_a_conversation_is_in_one_state_and_its_holder_says_which(holder: Holder) -> None:
    held = conversation(holder=holder)
    states = {
        Holder.QUEUE: held.is_waiting,
        Holder.TEAMMATE: held.is_assigned,
        Holder.BOT: held.is_held_by_bot,
        Holder.NOBODY: held.is_closed,
    }

    assert [holder] == [of for of, is_so in states.items() if is_so]


def test_from_the_bot_it_goes_to_the_end_of_the_queue() -> None:
    after = conversations.to_queue(with_bot(), queue_number=7, now=LATER)

    assert conversation(queue_number=7, epoch=2, changed_at=LATER) == after


def test_a_teammate_takes_it_and_it_keeps_its_number() -> None:
    after = conversations.take(conversation(queue_number=5), assignee_id=CHARLIE, now=LATER)

    expected = conversation(
        holder=Holder.TEAMMATE, assignee_id=CHARLIE, queue_number=5, taken_at=LATER, epoch=2, changed_at=LATER
    )
    assert expected == after


def test_a_card_goes_with_it_from_the_bot_to_the_queue_or_a_teammate() -> None:
    card = conversations.card_of(with_bot(), HandoverReason.ASKED, now=LATER)
    queued = conversations.to_queue(with_bot(), queue_number=7, now=LATER, handover=card)
    taken = conversations.take(with_bot(), assignee_id=CHARLIE, now=LATER, handover=card)

    assert card == queued.handover == taken.handover


def test_a_card_says_why_when_and_what_the_bot_had_said() -> None:
    talkative = msgspec.structs.replace(with_bot(), bot_messages=3)
    told = conversations.card_of(talkative, HandoverReason.BOT, now=LATER, detail="refund", summary="Wants it back.")

    assert told == Handover(
        reason=HandoverReason.BOT, bot_messages=3, at=LATER, detail="refund", summary="Wants it back."
    )


def test_a_card_is_never_of_a_time_before_the_last_that_happened() -> None:
    assert START == conversations.card_of(with_bot(), HandoverReason.API, now=START - HOUR).at


@pytest.mark.parametrize("change", ["take", "release", "give_to_bot", "close", "with_latest_url"])
def test_the_card_stays_until_the_bot_loses_it_again(change: str) -> None:
    card = conversations.card_of(with_bot(), HandoverReason.SILENT, now=START)
    before = msgspec.structs.replace(with_charlie(), handover=card)

    assert card == CHANGES[change](before).handover


def test_a_teammate_takes_it_from_the_bot_without_a_number() -> None:
    after = conversations.take(with_bot(), assignee_id=CHARLIE, now=LATER)

    assert (Holder.TEAMMATE, False, None) == (after.holder, after.is_with_bot, after.queue_number)


def test_another_teammate_takes_it_over_and_the_chat_goes_on() -> None:
    after = conversations.take(with_charlie(), assignee_id=BOB, now=LATER)

    assert (BOB, START, 3) == (after.assignee_id, after.taken_at, after.epoch)


def test_a_released_one_goes_back_and_the_chat_is_forgotten() -> None:
    after = conversations.release(with_charlie(queue_number=5), queue_number=5, now=LATER)

    assert conversation(queue_number=5, epoch=3, changed_at=LATER) == after


@pytest.mark.parametrize("before", [conversation(), with_charlie()])
def test_what_the_bot_does_not_have_it_cannot_hand_over(before: Conversation) -> None:
    """A teammate's would be left in the queue with its assignee."""
    with pytest.raises(ConflictError, match="Conversation 1 is not with the bot"):
        conversations.to_queue(before, queue_number=7, now=LATER)


@pytest.mark.parametrize("before", [conversation(), with_bot()])
def test_what_no_teammate_has_cannot_be_released(before: Conversation) -> None:
    with pytest.raises(ConflictError, match="Conversation 1 is not with a teammate"):
        conversations.release(before, queue_number=1, now=LATER)


@pytest.mark.parametrize("before", [conversation(), with_charlie()])
def test_the_bot_gets_it_and_its_place_is_lost(before: Conversation) -> None:
    after = conversations.give_to_bot(before, now=LATER)

    expected = with_bot()
    assert msgspec.structs.replace(expected, epoch=before.epoch + 1, changed_at=LATER) == after


@pytest.mark.parametrize("before", [conversation(), with_bot(), with_charlie()])
def test_a_closed_one_remembers_who_had_it_last(before: Conversation) -> None:
    after = conversations.close(before, now=LATER)

    expected = msgspec.structs.replace(
        before, holder=Holder.NOBODY, closed_at=LATER, changed_at=LATER, epoch=before.epoch + 1
    )
    assert expected == after


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_closed_one_moves_no_more(change: Change) -> None:
    with pytest.raises(ConflictError, match=r"^Conversation 1 is closed\.$"):
        change(closed())


@pytest.mark.parametrize("before", [conversation(), with_bot(), with_charlie(), closed()])
def test_a_message_changes_the_count_and_never_the_holder(before: Conversation) -> None:
    after = conversations.with_messages(before, 3, now=LATER)

    assert msgspec.structs.replace(before, message_count=3, changed_at=LATER) == after


def test_what_the_bot_says_is_counted_apart_too() -> None:
    once = conversations.with_messages(with_bot(), 3, now=LATER, by_bot=2)
    twice = conversations.with_messages(once, 1, now=LATER, by_bot=1)

    assert (4, 3) == (twice.message_count, twice.bot_messages)


@pytest.mark.parametrize("before", [conversation(), closed()])
def test_feedback_is_taken_during_and_after(before: Conversation) -> None:
    feedback = Feedback(is_positive=True, text="Quick")
    after = conversations.with_feedback(before, feedback, now=LATER)

    assert msgspec.structs.replace(before, feedback=feedback, changed_at=LATER) == after


def test_new_feedback_replaces_the_old() -> None:
    before = conversation(feedback=Feedback(is_positive=True, text="Quick"))
    after = conversations.with_feedback(before, Feedback(is_positive=False, text=None), now=LATER)

    assert Feedback(is_positive=False, text=None) == after.feedback


def test_the_latest_page_moves_and_the_first_one_stays() -> None:
    before = conversation(initial_page_url="https://h/1", latest_page_url="https://h/1")
    after = conversations.with_latest_url(before, "https://h/2", now=LATER)

    assert ("https://h/1", "https://h/2", LATER) == (after.initial_page_url, after.latest_page_url, after.changed_at)


@pytest.mark.parametrize("name", CHANGES)
def test_a_clock_set_back_moves_no_conversation_back(name: str) -> None:
    holder = with_bot() if name == "to_queue" else with_charlie()
    before = msgspec.structs.replace(holder, changed_at=LATER + HOUR)

    assert before.changed_at == CHANGES[name](before).changed_at


def test_a_clock_set_back_closes_nothing_before_it_was_taken() -> None:
    taken = conversations.take(conversation(changed_at=LATER), assignee_id=CHARLIE, now=START)
    after = conversations.close(taken, now=START)

    assert (LATER, LATER) == (after.taken_at, after.closed_at)


def test_custody_is_all_that_a_change_of_holder_changes() -> None:
    custody = conversations.custody_of(with_charlie())

    assert with_charlie() == conversations.in_custody(conversation(), custody, now=START)


moves = st.lists(st.sampled_from(sorted(CHANGES)), max_size=12)


@given(st.sampled_from([conversation(), with_bot()]), moves)
def test_no_series_of_moves_reaches_an_illegal_state(start: Conversation, names: list[str]) -> None:
    current = start
    for name in names:
        try:
            after = CHANGES[name](current)
        except ConflictError:
            continue

        assert is_legal(after)
        assert after.changed_at >= current.changed_at
        assert after.epoch - current.epoch == (name != "with_latest_url")
        current = after


def is_legal(value: Conversation) -> bool:
    """The states as the table's CHECK has them."""
    has = (
        value.is_with_bot,
        value.assignee_id is not None,
        value.queue_number is not None,
        value.taken_at is not None,
        value.closed_at is not None,
    )
    match value.holder:
        case Holder.BOT:
            return has == (True, False, False, False, False)
        case Holder.QUEUE:
            return has == (False, False, True, False, False)
        case Holder.TEAMMATE:
            return has in {(False, True, number, True, False) for number in (True, False)}
        case Holder.NOBODY:
            return value.closed_at is not None


@given(st.integers(-1_000, 1_000))
def test_the_next_thing_never_happens_before_the_last(seconds: int) -> None:
    now = START + timedelta(seconds=seconds)

    assert max(START, now) == conversations.later(now, START)
