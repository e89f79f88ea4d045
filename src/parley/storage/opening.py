"""What the team reads: a page of a view, and a conversation with all that belongs to it, each of one moment."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from parley.core.mail import Mail
from parley.core.views import View
from parley.ports import Listed, ListPage, Opened, ViewPage, Whole
from parley.storage import agent_rows, mail_rows, queries, reading, rows, writing_rows
from parley.storage.loading import Texts
from parley.storage.scripts import Ask, Find, Script

SHOWN = 100  # notes, mails and events of an opened conversation
EARLIER = 10  # conversations of the same author
TEAMMATE = "teammate"  # how the name of one who acts begins

_LISTED_AT = rows.CONVERSATION_WIDTH + 1 + len(rows.USER.split(","))  # what a list is in order of, and the id
_BEFORE_ALL = (-1, 0)
_AFTER_ALL = (2**63 - 1, 2**63 - 1)


def view(community_id: int, page: ViewPage, at: datetime, texts: Texts) -> Script[list[Listed]]:
    """A page of a view."""
    found = yield _query(community_id, page)
    cursors = {row[0]: (row[_LISTED_AT], row[_LISTED_AT + 1]) for row in found}
    opened = list(map(reading.opened_of, found))
    if page.view is View.WAITING and opened:
        opened = yield from _placed(community_id, opened, at, texts, is_whole_queue=page.category_id is None)
    opened = yield from reading.with_estimates(community_id, opened, at, texts)
    return (yield from listed(community_id, opened, texts, cursors))


def whole(community_id: int, conversation_id: int, user_id: str, at: datetime, texts: Texts) -> Script[Whole | None]:
    """A conversation as a teammate opens it."""
    opened = yield from reading.conversation(community_id, conversation_id, order="latest", at=at, texts=texts)
    if opened is None:
        return None
    notes = [agent_rows.note_of(row) for row in (yield Ask(queries.NOTES, (conversation_id, community_id, SHOWN)))]
    begun = yield Ask(queries.DRAFT, (conversation_id, user_id, community_id))
    owed = yield from mails(community_id, conversation_id)
    assigner = _assigner_of(opened)
    people = {note.author_id for note in notes} | {assigner}
    known = yield from reading.with_users(community_id, people - {""}, texts)
    events = yield Ask(queries.EVENTS_LATEST, (conversation_id, community_id, SHOWN))
    ((seq,),) = yield Ask(queries.LAST_SEQ, (community_id,))
    page = ListPage(take=EARLIER + 1, author_id=opened.author.id)
    others = yield from reading.conversations(community_id, page, at, texts)
    earlier = [other for other in others if other.conversation.id != conversation_id][:EARLIER]
    first, *rest = yield from listed(community_id, [opened, *earlier], texts)
    return Whole(
        listed=first,
        notes=tuple((note, known[note.author_id]) for note in reversed(notes)),
        mails=tuple(owed),
        draft=writing_rows.draft_of(begun[0]) if begun else None,
        events=tuple(rows.event_of(row) for row in reversed(events)),
        assigner=known.get(assigner),
        earlier=tuple(rest),
        seq=seq,
    )


def mails(community_id: int, conversation_id: int) -> Script[list[Mail]]:
    """What was or is to be mailed of a conversation, oldest first."""
    found = yield Ask(queries.MAILS, (conversation_id, community_id, SHOWN))
    return list(map(mail_rows.mail_of, reversed(found)))


def _query(community_id: int, page: ViewPage) -> Ask:
    start = _BEFORE_ALL if page.view is View.WAITING else _AFTER_ALL
    parameters: tuple[Any, ...] = (community_id, *(page.cursor or start), page.take, page.category_id)
    match page.view:
        case None:
            text = queries.VIEW_ALL if page.category_id is None else queries.VIEW_OF_CATEGORY
            return Ask(text, parameters)
        case View.WAITING:
            return Ask(queries.VIEW_WAITING, parameters)
        case View.MINE:
            return Ask(queries.VIEW_MINE, (*parameters, page.user_id))
        case View.BOT:
            return Ask(queries.VIEW_BOT, parameters)
        case View.OPEN:
            return Ask(queries.VIEW_OPEN, parameters)
        case View.CLOSED_TODAY:
            return Ask(queries.VIEW_CLOSED, (*parameters, rows.micros(page.today)))


def listed(
    community_id: int, found: list[Opened], texts: Texts, cursors: dict[int, tuple[int, int]] | None = None
) -> Script[list[Listed]]:
    """Conversations with what a list shows beside them: one statement, however many there are."""
    keys = [(community_id, opened.conversation.id) for opened in found]
    beside = {row[0]: agent_rows.beside_of(row[1:]) for row in ((yield Find(texts.listed, keys)) if keys else ())}
    places = cursors or {}
    return [_with(opened, beside[opened.conversation.id], places) for opened in found]


def _placed(
    community_id: int, queue: list[Opened], at: datetime, texts: Texts, *, is_whole_queue: bool
) -> Script[list[Opened]]:
    """Those who wait, with their places. In the whole queue whoever stands behind another has the next one."""
    asked = [each.conversation.id for each in queue]
    places = yield from reading.places(community_id, asked[:1] if is_whole_queue else asked, at, texts)
    first = places[asked[0]].position
    steps = (first + step if is_whole_queue else places[number].position for step, number in enumerate(asked))
    return [replace(each, position=position) for each, position in zip(queue, steps, strict=True)]


def _assigner_of(opened: Opened) -> str:
    """The teammate who gave it to the one who has it; blank when none did."""
    assignment = opened.conversation.assignment
    kind, _, who = ("" if assignment is None else assignment.by).partition(":")
    return who if kind == TEAMMATE else ""


def _with(opened: Opened, beside: agent_rows.Beside, cursors: dict[int, tuple[int, int]]) -> Listed:
    since, last, assignee = beside
    return Listed(
        opened=opened,
        assignee=assignee,
        waiting_since=since if opened.conversation.is_waiting else None,
        last=last,
        cursor=cursors.get(opened.conversation.id, (0, 0)),
    )
