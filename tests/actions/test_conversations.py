"""What can be done with a conversation: takeover (spec §3.8, row by row), release, close, feedback, latest page."""

from typing import Any

import pytest
from msgspec.structs import replace

from parley.actions.conversations import (
    ChangeLatestUrl,
    ChangeTakeover,
    CloseConversation,
    GiveFeedback,
    ReleaseConversation,
)
from parley.actions.teammates import AddTeammate, SetTeammateActive
from parley.core import conversations
from parley.core.conversations import (
    Assignment,
    AssignmentReason,
    Conversation,
    Feedback,
    Handover,
    HandoverReason,
    Holder,
    custody_of,
)
from parley.core.errors import ConflictError, InvalidError, NotFoundError, StaleEpochError
from parley.core.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationReleased,
    FeedbackGiven,
    Happening,
    LatestUrlChanged,
    TakeoverChanged,
)
from parley.core.people import Role
from tests.actions.refusals import refused, refused_paths
from tests.builders import ALICE, MINUTE, RIVAL, SHOP, create
from tests.ledger.books import Books

BY = "token:1"
NAMES = ("charlie", "dora")


@pytest.fixture
async def team(books: Books) -> dict[str, str]:
    """The ids of Charlie and Dora, who are teammates."""
    ids = {}
    for name in NAMES:
        action = AddTeammate(community_id=SHOP, name=name, email=f"{name}@shop.example", role=Role.AGENT, by=BY)
        ids[name] = (await books.do(action))[0].id
    return ids


def takeover(*, to_bot: bool = False, to: str | None = None, **changes: Any) -> ChangeTakeover:
    return ChangeTakeover(
        **{
            "community_id": SHOP,
            "conversation_id": 1,
            "is_assigned_to_bot": to_bot,
            "assignee_id": to,
            "by": BY,
            **changes,
        }
    )


def close(conversation_id: int = 1) -> CloseConversation:
    return CloseConversation(community_id=SHOP, conversation_id=conversation_id, by=BY)


def release(conversation_id: int = 1) -> ReleaseConversation:
    return ReleaseConversation(community_id=SHOP, conversation_id=conversation_id, by=BY)


async def held_by(books: Books, holder: str, team: dict[str, str]) -> Conversation:
    """A conversation, number 1, in that holder's hands; a minute passed, and nothing of it is told."""
    opened = await books.do(create(is_bot_enabled=holder == "bot"))
    conversation = opened.conversation
    if holder in NAMES:
        conversation = await books.do(takeover(to=team[holder]))
    if holder == "closed":
        conversation = (await books.do(close())).conversation
    books.clock.move(MINUTE)
    await books.recorded()
    return conversation


async def place_of(books: Books, conversation_id: int) -> int:
    opened = await books.reader.conversation(SHOP, conversation_id, messages=None)
    assert opened is not None
    return opened.position


# The spec's table: who has it now; what is asked; who has it then; what is recorded.
@pytest.mark.parametrize(
    ("before", "asked", "after", "recorded"),
    [
        ("bot", "queue", Holder.QUEUE, TakeoverChanged),
        ("bot", "charlie", Holder.TEAMMATE, TakeoverChanged),
        ("bot", "bot", Holder.BOT, None),
        ("queue", "queue", Holder.QUEUE, None),
        ("queue", "charlie", Holder.TEAMMATE, ConversationAssigned),
        ("queue", "bot", Holder.BOT, TakeoverChanged),
        ("charlie", "queue", Holder.TEAMMATE, None),
        ("charlie", "charlie", Holder.TEAMMATE, None),
        ("charlie", "dora", Holder.TEAMMATE, ConversationAssigned),
        ("charlie", "bot", Holder.BOT, TakeoverChanged),
    ],
)
async def test_a_takeover_does_what_the_table_says(
    books: Books, team: dict[str, str], *, before: str, asked: str, after: Holder, recorded: type[Happening] | None
) -> None:
    was = await held_by(books, before, team)
    told = await books.do(takeover(to_bot=asked == "bot", to=team.get(asked)))

    assert after == told.holder
    assert [recorded] * (recorded is not None) == [type(what) for what in await books.recorded()]
    assert (told == was) == (recorded is None)


@pytest.mark.parametrize("asked", ["queue", "charlie", "bot"])
async def test_a_closed_one_is_given_to_nobody(books: Books, team: dict[str, str], asked: str) -> None:
    await held_by(books, "closed", team)

    await refused(books, takeover(to_bot=asked == "bot", to=team.get(asked)), ConflictError)


async def test_a_change_of_holder_is_recorded_with_all_that_changed(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "bot", team)
    told = await books.do(takeover(to=team["charlie"]))

    assert team["charlie"] == told.assignee_id
    assert (books.clock.at, books.clock.at) == (told.taken_at, told.changed_at)
    card = Handover(reason=HandoverReason.API, bot_messages=0, at=books.clock.at)
    assert card == told.handover
    assert told.assignment == Assignment(
        assignee_id=team["charlie"], reason=AssignmentReason.API, at=books.clock.at, by="token:1"
    )
    assert [
        TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(told), handover=card, assignment=told.assignment)
    ] == await books.recorded()


async def test_from_the_bot_it_goes_to_the_end_of_the_queue(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "bot", team)
    await books.together([create(), create()])
    await books.do(takeover())

    assert [3, 1, 2] == [await place_of(books, number) for number in (1, 2, 3)]


async def test_through_the_bot_it_loses_its_place(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "queue", team)
    await books.do(create())
    await books.do(takeover(to_bot=True))
    await books.do(takeover())

    assert [2, 1] == [await place_of(books, number) for number in (1, 2)]


async def test_those_behind_move_up_when_it_is_taken_and_back_when_it_is_released(
    books: Books, team: dict[str, str]
) -> None:
    await held_by(books, "queue", team)
    await books.do(create())
    await books.do(takeover(to=team["charlie"]))
    assert [-1, 1] == [await place_of(books, number) for number in (1, 2)]
    await books.do(release())

    assert [1, 2] == [await place_of(books, number) for number in (1, 2)]


async def test_an_assignee_is_ignored_when_the_bot_gets_it(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "queue", team)
    told = await books.do(takeover(to_bot=True, to=ALICE))

    assert (Holder.BOT, None) == (told.holder, told.assignee_id)


async def test_an_unknown_assignee_is_refused(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "queue", team)

    assert ["assigneeId"] == await refused_paths(books, takeover(to=ALICE), InvalidError)


async def test_a_client_is_no_assignee(books: Books, team: dict[str, str]) -> None:
    client = (await held_by(books, "queue", team)).author_id

    assert ["assigneeId"] == await refused_paths(books, takeover(to=client), InvalidError)


async def test_a_disabled_teammate_is_no_assignee(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "queue", team)
    await books.do(SetTeammateActive(community_id=SHOP, email="dora@shop.example", is_active=False, by=BY))

    assert ["assigneeId"] == await refused_paths(books, takeover(to=team["dora"]), InvalidError)


async def test_another_communitys_teammate_is_no_assignee(books: Books, team: dict[str, str]) -> None:
    opened = await books.do(create(community_id=RIVAL))
    wish = takeover(community_id=RIVAL, conversation_id=opened.conversation.id, to=team["charlie"])

    assert ["assigneeId"] == await refused_paths(books, wish, InvalidError)


async def test_a_released_one_is_recorded_with_its_kept_number(books: Books, team: dict[str, str]) -> None:
    was = await held_by(books, "charlie", team)
    told = await books.do(release())

    assert conversations.release(was, queue_number=1, now=books.clock.at) == told
    assert [ConversationReleased(custody_of(told))] == await books.recorded()


async def test_one_that_never_waited_is_released_to_the_end(books: Books, team: dict[str, str]) -> None:
    await books.do(create(is_bot_enabled=True))
    await books.do(create())
    await books.do(takeover(to=team["charlie"]))
    await books.do(release())

    assert 2 == await place_of(books, 1)


@pytest.mark.parametrize("holder", ["bot", "queue", "closed"])
async def test_what_no_teammate_has_cannot_be_released(books: Books, team: dict[str, str], holder: str) -> None:
    await held_by(books, holder, team)

    await refused(books, release(), ConflictError)


@pytest.mark.parametrize("holder", ["bot", "queue", "charlie"])
async def test_whoever_has_it_it_can_be_closed(books: Books, team: dict[str, str], holder: str) -> None:
    was = await held_by(books, holder, team)
    told = await books.do(close())

    assert conversations.close(was, now=books.clock.at) == told.conversation
    assert -1 == told.position
    assert [ConversationClosed(told.conversation, told.author)] == await books.recorded()


async def test_closing_again_is_the_same_answer_and_no_second_event(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "queue", team)
    first = await books.do(close())
    await books.recorded()
    books.clock.move(MINUTE)

    assert first == await books.do(close())
    assert [] == await books.recorded()


@pytest.mark.parametrize("holder", ["queue", "closed"])
async def test_feedback_is_taken_during_and_after(books: Books, team: dict[str, str], holder: str) -> None:
    await held_by(books, holder, team)
    feedback = Feedback(is_positive=True, text="Quick")
    told = await books.do(GiveFeedback(community_id=SHOP, conversation_id=1, feedback=feedback, by=BY))

    assert feedback == told.feedback
    assert [FeedbackGiven(feedback)] == await books.recorded()


async def test_new_feedback_replaces_the_old(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "queue", team)
    for feedback in (Feedback(is_positive=True, text="Quick"), Feedback(is_positive=False, text=None)):
        await books.do(GiveFeedback(community_id=SHOP, conversation_id=1, feedback=feedback, by=BY))
    opened = await books.reader.conversation(SHOP, 1, messages=None)

    assert opened is not None
    assert Feedback(is_positive=False, text=None) == opened.conversation.feedback


async def test_the_latest_page_moves(books: Books, team: dict[str, str]) -> None:
    was = await held_by(books, "queue", team)
    told = await books.do(ChangeLatestUrl(community_id=SHOP, conversation_id=1, url="https://h/2", by=BY))

    assert replace(was, latest_page_url="https://h/2", changed_at=books.clock.at) == told.conversation
    assert 1 == told.position
    assert [LatestUrlChanged("https://h/2")] == await books.recorded()


async def test_the_latest_page_of_a_closed_one_stays(books: Books, team: dict[str, str]) -> None:
    await held_by(books, "closed", team)

    await refused(books, ChangeLatestUrl(community_id=SHOP, conversation_id=1, url="https://h/2", by=BY), ConflictError)


@pytest.mark.parametrize("community_id", [SHOP, RIVAL])
@pytest.mark.parametrize(
    ("action", "more"),
    [
        (ChangeTakeover, {"is_assigned_to_bot": True}),
        (ReleaseConversation, {}),
        (CloseConversation, {}),
        (GiveFeedback, {"feedback": Feedback(is_positive=True, text=None)}),
        (ChangeLatestUrl, {"url": "https://h"}),
    ],
)
async def test_an_unknown_one_and_another_communitys_are_alike_not_found(
    books: Books, action: Any, more: dict[str, Any], community_id: int
) -> None:
    await books.do(create(community_id=RIVAL if community_id == SHOP else SHOP))
    told = await refused(books, action(community_id=community_id, conversation_id=1, by=BY, **more), NotFoundError)

    assert "There is no conversation 1." == told.text


@pytest.mark.parametrize(
    ("action", "more"),
    [
        (ChangeTakeover, {"is_assigned_to_bot": True}),
        (ReleaseConversation, {}),
        (CloseConversation, {}),
        (GiveFeedback, {"feedback": Feedback(is_positive=True, text=None)}),
        (ChangeLatestUrl, {"url": "https://h"}),
    ],
)
@pytest.mark.parametrize("epoch", [1, 3])
async def test_what_was_decided_under_another_epoch_is_refused(
    books: Books, team: dict[str, str], action: Any, more: dict[str, Any], epoch: int
) -> None:
    was = await held_by(books, "charlie", team)
    wish = action(community_id=SHOP, conversation_id=1, by=BY, epoch=epoch, **more)
    told = await refused(books, wish, StaleEpochError)

    assert (2, 2) == (was.epoch, told.epoch)
    assert f"Conversation 1 has changed hands: its epoch is 2, but this was decided under epoch {epoch}." == told.text
    await books.do(replace(wish, epoch=2))


async def test_a_clock_set_back_moves_no_conversation_back(books: Books, team: dict[str, str]) -> None:
    was = await held_by(books, "charlie", team)
    books.clock.move(-2 * MINUTE)
    told = await books.do(close())

    assert was.changed_at == told.conversation.changed_at == told.conversation.closed_at
    assert was.changed_at == (await books.events())[-1].at
