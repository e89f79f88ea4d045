"""What teammates do beyond what integrators can, on both databases."""

from typing import Any

import pytest

from parley.actions.conversations import CloseConversation
from parley.actions.desk import AddNote, ChangeConversation, Details, SendReply, TakeNext
from parley.actions.teammates import AddTeammate
from parley.actions.writing import KeepDraft
from parley.core.conversations import AssignmentReason
from parley.core.errors import InvalidError, NotFoundError, StaleEpochError
from parley.core.events import DetailsChanged, NoteAdded
from parley.core.people import Role
from tests.builders import RIVAL, SHOP, create
from tests.ledger.books import Books


@pytest.fixture
async def team(books: Books) -> list[str]:
    """Three teammates of the Shop."""
    added = [
        await books.do(
            AddTeammate(community_id=SHOP, name=name, email=f"{name}@shop.example", role=Role.AGENT, by="operator")
        )
        for name in ("anna", "bo", "chidi")
    ]
    await books.recorded()
    return [user.id for user, _ in added]


def next_for(user_id: str) -> TakeNext:
    """A teammate asks for the next one."""
    return TakeNext(community_id=SHOP, user_id=user_id, by=f"teammate:{user_id}")


async def test_those_who_ask_together_get_different_ones_in_order(books: Books, team: list[str]) -> None:
    for _ in range(3):
        await books.do(create())
    taken = await books.together([next_for(each) for each in (*team, team[0])])

    assert [1, 2, 3, None] == [each and each.id for each in taken]
    assert team == [each.assignee_id for each in taken if each is not None]
    assert [] == await books.failing_checks()


async def test_who_came_a_moment_ago_can_be_taken_in_the_same_group(books: Books, team: list[str]) -> None:
    _, first, _, second, none = await books.together(
        [create(), next_for(team[0]), create(), next_for(team[1]), next_for(team[2])]
    )

    assert [1, 2, None] == [each and each.id for each in (first, second, none)]
    assert [] == await books.failing_checks()


async def test_who_left_the_queue_in_the_same_group_is_passed_over(books: Books, team: list[str]) -> None:
    for _ in range(4):
        await books.do(create())
    closing = [CloseConversation(community_id=SHOP, conversation_id=number, by="x") for number in (1, 2, 3)]
    *_, taken = await books.together([*closing, next_for(team[0])])

    assert 4 == taken.id
    assert AssignmentReason.NEXT is taken.assignment.reason


async def test_nobody_is_taken_from_another_community(books: Books, team: list[str]) -> None:
    await books.do(create(community_id=RIVAL))

    assert None is await books.do(next_for(team[0]))
    with pytest.raises(InvalidError, match="no active teammate"):
        await books.do(TakeNext(community_id=RIVAL, user_id=team[0], by="x"))


async def test_a_note_is_kept_beside_the_conversation(books: Books, team: list[str]) -> None:
    opened = await books.do(create(message="Hi"))
    await books.recorded()
    noted = await books.do(AddNote(community_id=SHOP, conversation_id=1, user_id=team[0], text="Right.", by="x"))

    assert (1, team[0], "Right.", "anna") == (
        noted.note.id,
        noted.note.author_id,
        noted.note.text,
        noted.author.name,
    )
    assert opened.conversation.message_count == noted.conversation.message_count
    assert [NoteAdded(noted.note, noted.author)] == await books.recorded()
    assert [] == await books.failing_checks()


@pytest.mark.parametrize("community_id", [SHOP, RIVAL])
async def test_no_note_without_its_conversation(books: Books, team: list[str], community_id: int) -> None:
    await books.do(create(community_id=RIVAL if community_id == SHOP else SHOP))

    with pytest.raises(NotFoundError):
        await books.do(AddNote(community_id=community_id, conversation_id=1, user_id=team[0], text="x", by="x"))


async def test_what_is_begun_before_and_after_a_reply_in_one_group_is_told_apart(books: Books, team: list[str]) -> None:
    """What was begun before is sent; what is begun after is kept; a note that is begun is not what was sent."""
    for _ in range(6):
        await books.do(create(message="Hi"))

    def keeps(number: int, text: str, *, is_note: bool = False) -> KeepDraft:
        about: dict[str, Any] = {"community_id": SHOP, "conversation_id": number, "user_id": team[0], "by": "x"}
        return KeepDraft(text=text, is_note=is_note, **about)

    def sends(number: int) -> SendReply:
        return SendReply(community_id=SHOP, conversation_id=number, user_id=team[0], text="Dear Jo", by="x")

    def notes(number: int) -> AddNote:
        return AddNote(community_id=SHOP, conversation_id=number, user_id=team[0], text="Rude!", by="x")

    await books.do(keeps(4, "Dear"))
    await books.do(keeps(5, "Rude", is_note=True))
    await books.do(keeps(6, "Dear"))
    await books.together(
        [
            *(keeps(1, "Dear"), sends(1), sends(2), keeps(2, "And"), keeps(3, "Rude", is_note=True), sends(3)),
            *(sends(4), notes(5), sends(5), sends(6), notes(6)),
        ]
    )
    opened = [await books.reader.whole(SHOP, number, user_id=team[0], at=books.clock()) for number in range(1, 7)]

    assert [None, "And", "Rude", None, None, None] == [each and each.draft and each.draft.text for each in opened]


async def test_all_that_is_asked_of_a_conversation_happens_or_nothing(books: Books, team: list[str]) -> None:
    await books.do(create())
    await books.recorded()

    def change(details: Details, epoch: int | None = None) -> ChangeConversation:
        return ChangeConversation(community_id=SHOP, conversation_id=1, details=details, by="x", epoch=epoch)

    with pytest.raises(InvalidError):
        await books.do(change(Details(title="Half", assignee_id="nobody")))
    with pytest.raises(StaleEpochError):
        await books.do(change(Details(title="Late"), epoch=7))
    assert [] == await books.recorded()

    changed = await books.do(change(Details(title="Whole", assignee_id=team[1])))
    assert ("Whole", team[1], AssignmentReason.ASSIGNED) == (
        changed.title,
        changed.assignee_id,
        changed.assignment and changed.assignment.reason,
    )
    told = await books.recorded()
    assert DetailsChanged("Whole", None, ()) == told[0]
    assert 2 == len(told)
    assert [] == await books.failing_checks()
