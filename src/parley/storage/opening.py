"""What the team reads: a page of a view, and a conversation with all that belongs to it, each of one moment."""

from datetime import datetime
from typing import Any

from parley.core.conversations import Holder
from parley.core.views import View
from parley.ports import Listed, ListPage, Opened, ViewPage, Whole
from parley.storage import agent_rows, queries, reading, rows
from parley.storage.loading import Texts
from parley.storage.scripts import Ask, Find, Row, Script

SHOWN = 100  # notes and events of an opened conversation
EARLIER = 10  # conversations of the same author

_LISTED_AT = rows.CONVERSATION_WIDTH + 1 + len(rows.USER.split(","))  # what a list is in order of, and the id
_BEFORE_ALL = (-1, 0)
_AFTER_ALL = (2**63 - 1, 2**63 - 1)
_LAST_AT = 2
_HOLDER_AT = _LAST_AT + 6


def view(community_id: int, page: ViewPage, at: datetime, texts: Texts) -> Script[list[Listed]]:
    """A page of a view."""
    found = yield _query(community_id, page)
    cursors = {row[0]: (row[_LISTED_AT], row[_LISTED_AT + 1]) for row in found}
    opened = yield from reading.with_estimates(community_id, list(map(reading.opened_of, found)), at, texts)
    return (yield from _listed(community_id, opened, cursors, texts))


def whole(community_id: int, conversation_id: int, at: datetime, texts: Texts) -> Script[Whole | None]:
    """A conversation as a teammate opens it."""
    opened = yield from reading.conversation(community_id, conversation_id, order="latest", at=at, texts=texts)
    if opened is None:
        return None
    (listed,) = yield from _listed(community_id, [opened], {}, texts)
    notes = [agent_rows.note_of(row) for row in (yield Ask(queries.NOTES, (conversation_id, SHOWN)))]
    authors = yield from reading.with_users(community_id, {note.author_id for note in notes}, texts)
    events = yield Ask(queries.EVENTS_LATEST, (conversation_id, community_id, SHOWN))
    ((seq,),) = yield Ask(queries.LAST_SEQ, (community_id,))
    page = ListPage(take=EARLIER + 1, author_id=opened.author.id)
    others = yield from reading.conversations(community_id, page, None, texts)
    earlier = [other for other in others if other.conversation.id != conversation_id][:EARLIER]
    return Whole(
        listed=listed,
        notes=tuple((note, authors[note.author_id]) for note in reversed(notes)),
        events=tuple(rows.event_of(row) for row in reversed(events)),
        earlier=tuple((yield from _listed(community_id, earlier, {}, texts))),
        seq=seq,
    )


def _query(community_id: int, page: ViewPage) -> Ask:
    start = _BEFORE_ALL if page.view is View.WAITING else _AFTER_ALL
    parameters: tuple[Any, ...] = (community_id, *(page.cursor or start), page.take, page.category_id)
    match page.view:
        case None:
            return Ask(queries.VIEW_ALL, parameters)
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


def _listed(
    community_id: int, found: list[Opened], cursors: dict[int, tuple[int, int]], texts: Texts
) -> Script[list[Listed]]:
    keys = [(community_id, opened.conversation.id) for opened in found]
    beside: dict[int, Row] = {row[0]: row for row in ((yield Find(texts.listed, keys)) if keys else ())}
    return [_with(opened, beside[opened.conversation.id], cursors) for opened in found]


def _with(opened: Opened, row: Row, cursors: dict[int, tuple[int, int]]) -> Listed:
    is_assigned = row[_HOLDER_AT] is not None
    is_waiting = opened.conversation.holder is Holder.QUEUE
    return Listed(
        opened=opened,
        assignee=rows.user_of(row[_HOLDER_AT:]) if is_assigned else None,
        waiting_since=rows.moment(row[1]) if is_waiting else None,
        last=agent_rows.last_of(row[_LAST_AT:_HOLDER_AT]),
        cursor=cursors.get(opened.conversation.id, (0, 0)),
    )
