"""Finding conversations by words, the same for both databases but for how they are told what is searched."""

from collections.abc import Sequence
from datetime import datetime

from parley.core.conversations import Holder
from parley.core.search import Query, spellings
from parley.core.views import View
from parley.ports import Listed, ViewPage
from parley.storage import opening, reading, rows
from parley.storage.loading import Texts
from parley.storage.scripts import Find, Row, Script

HITS = 1_000  # messages, titles and people looked at, the newest of each: a word that is everywhere must not cost more
_OPEN = {Holder.BOT.value, Holder.QUEUE.value, Holder.TEAMMATE.value}


def fts5(community_id: int, query: Query) -> str:
    """What is searched, in the words of SQLite's FTS5. Each word is quoted, so none is an operator."""
    phrases = [[f'"{spelling}"' for spelling in spellings(phrase)] for phrase in query.phrases]
    if query.is_unfinished:
        phrases[-1] = [f"{spelling}*" for spelling in phrases[-1]]
    words = " AND ".join(f"({' OR '.join(phrase)})" for phrase in phrases)
    return f'whose : "c{community_id}" AND words : ({words})'


def tsquery(community_id: int, phrases: list[list[str]], *, is_unfinished: bool) -> str:
    """What is searched, in the words of PostgreSQL: of each phrase all words, in one of the spellings.

    Words hold letters, digits and marks alone, so none is an operator; `#` is in none, so none is a community.
    """
    ends = [*[""] * (len(phrases) - 1), ":*" if is_unfinished else ""]
    asked = [_any_of(phrase, end) for phrase, end in zip(phrases, ends, strict=True)]
    return " & ".join([f"'#{community_id}'", *asked])


def rows_of_words(phrases: list[list[str]], *, is_unfinished: bool) -> list[str]:
    """The regular expressions that find those phrases in a row that are more than one word."""
    ends = [*[" "] * (len(phrases) - 1), "" if is_unfinished else " "]
    return [f"(^| )({'|'.join(phrase)}){end}" for phrase, end in zip(phrases, ends, strict=True) if " " in phrase[0]]


def view(
    community_id: int, page: ViewPage, hits: Script[Sequence[Row]], at: datetime, texts: Texts
) -> Script[list[Listed]]:
    """A page of the conversations of a view that were found, newest change first."""
    found = [row for row in (yield from hits) if _is_of(row, page)]
    places = sorted(((row[1], row[0]) for row in found), reverse=True)
    cut = [place for place in places if page.cursor is None or place < page.cursor][: page.take]
    keys = [(community_id, number) for _, number in cut]
    read: list[Row] = list((yield Find(texts.conversations, keys))) if keys else []
    opened = {row[0]: reading.opened_if_waiting(row) for row in read}
    with_waits = yield from reading.with_estimates(community_id, [opened[number] for _, number in cut], at, texts)
    return (yield from opening.listed(community_id, with_waits, texts, {place[1]: place for place in cut}))


def _any_of(phrase: list[str], end: str) -> str:
    """All words of one of the spellings, whose last word ends so."""
    quoted = [f"'{spelling}'".replace(" ", "' & '") for spelling in phrase]
    return f"({' | '.join(f'{each}{end}' for each in quoted)})"


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
