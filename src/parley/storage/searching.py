"""Finding conversations by words, the same for both databases but for how they are told what is searched."""

from datetime import datetime

from parley.core.conversations import Holder
from parley.core.search import Query
from parley.core.views import View
from parley.ports import Listed, ViewPage
from parley.storage import opening, reading, rows
from parley.storage.loading import Texts
from parley.storage.scripts import Ask, Find, Row, Script

HITS = 1_000  # messages, titles and people looked at, the newest of each: a word that is everywhere must not cost more
_OPEN = {Holder.BOT.value, Holder.QUEUE.value, Holder.TEAMMATE.value}


def fts5(community_id: int, query: Query) -> str:
    """What is searched, in the words of SQLite's FTS5. Each word is quoted, so none is an operator."""
    phrases = [f'"{" ".join(phrase)}"' for phrase in query.phrases]
    if query.is_unfinished:
        phrases[-1] += "*"
    return f'whose : "c{community_id}" AND words : ({" AND ".join(phrases)})'


def tsquery(query: Query) -> str:
    """What is searched, in the words of PostgreSQL. Words hold letters and digits alone, so none is an operator."""
    phrases = [" <-> ".join(phrase) for phrase in query.phrases]
    if query.is_unfinished:
        phrases[-1] += ":*"
    return " & ".join(f"({phrase})" for phrase in phrases)


def view(community_id: int, page: ViewPage, match: str, at: datetime, texts: Texts) -> Script[list[Listed]]:
    """A page of the conversations of a view that were found, newest change first."""
    found = [row for row in (yield Ask(texts.hits, (community_id, match, HITS))) if _is_of(row, page)]
    places = sorted(((row[1], row[0]) for row in found), reverse=True)
    cut = [place for place in places if page.cursor is None or place < page.cursor][: page.take]
    keys = [(community_id, number) for _, number in cut]
    read: list[Row] = list((yield Find(texts.conversations, keys))) if keys else []
    opened = {row[0]: reading.opened_if_waiting(row) for row in read}
    with_waits = yield from reading.with_estimates(community_id, [opened[number] for _, number in cut], at, texts)
    return (yield from opening.listed(community_id, with_waits, texts, {place[1]: place for place in cut}))


def _is_of(row: Row, page: ViewPage) -> bool:
    _, _, closed_at, holder, assignee_id, category_id = row
    if page.category_id is not None and category_id != page.category_id:
        return False
    match page.view:
        case None:
            return True
        case View.WAITING:
            return bool(holder == Holder.QUEUE.value)
        case View.BOT:
            return bool(holder == Holder.BOT.value)
        case View.MINE:
            return bool(holder == Holder.TEAMMATE.value and assignee_id == page.user_id)
        case View.OPEN:
            return holder in _OPEN
        case View.CLOSED_TODAY:
            return closed_at is not None and bool(closed_at >= rows.micros(page.today))
