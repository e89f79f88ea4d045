"""Reading conversations and their messages: one of them, a page of messages, a list by change."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from parley.core import waiting
from parley.core.conversations import MESSAGES_LIMIT, Conversation, Holder, Message
from parley.core.people import User
from parley.core.waiting import NOT_WAITING, Estimate, Pace
from parley.ports import ListPage, Opened, Page
from parley.storage import rows
from parley.storage.sqlite import load

CONVERSATION = f"""
    SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.holder = 'queue' THEN {load.AHEAD} END, {rows.USER_OF_U}
    FROM conversations c
    CROSS JOIN users u ON u.id = c.author_id
    WHERE c.id = ? AND c.community_id = ?
"""
EXISTS = "SELECT 1 FROM conversations WHERE id = ? AND community_id = ?"
TALLY = f"SELECT {rows.TALLY} FROM tallies WHERE community_id = ?"

_MESSAGES = f"""
    SELECT {", ".join(f"m.{name.strip()}" for name in rows.MESSAGE.split(","))}, {rows.USER_OF_U}
    FROM messages m
    CROSS JOIN users u ON u.id = m.author_id
    WHERE m.conversation_id = :conversation_id
"""
# As they are shown: by time, ties by arrival; descending is exactly ascending reversed.
EARLIEST = f"{_MESSAGES} ORDER BY m.created_at, m.id LIMIT :take OFFSET :skip"
LATEST = f"{_MESSAGES} ORDER BY m.created_at DESC, m.id DESC LIMIT :take OFFSET :skip"
# As they arrived, from a cursor: the cost does not depend on how deep it is.
AFTER = f"{_MESSAGES} AND m.id > :after ORDER BY m.id LIMIT :take"
BEFORE = f"{_MESSAGES} AND m.id < :before ORDER BY m.id DESC LIMIT :take"

_LIST = f"""
    SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.holder = 'queue' THEN {load.AHEAD} END, {rows.USER_OF_U}
    FROM conversations c
    CROSS JOIN users u ON u.id = c.author_id
    WHERE c.community_id = :community_id AND (c.changed_at, c.id) < (:changed_at, :id)
"""
_NEWEST_CHANGE_FIRST = "ORDER BY c.changed_at DESC, c.id DESC LIMIT :take"
LIST_OF_HOLDER = f"{_LIST} AND c.holder = :holder {_NEWEST_CHANGE_FIRST}"
# One index serves the lists of a state; the list of all states is the newest of each state's newest.
LIST = f"""
    SELECT * FROM ({
    " UNION ALL ".join(
        f"SELECT * FROM ({_LIST} AND c.holder = '{holder.value}' {_NEWEST_CHANGE_FIRST})" for holder in Holder
    )
})
    ORDER BY changed_at DESC, id DESC LIMIT :take
"""
LIST_OF_CATEGORY = f"""
    {_LIST} AND c.category_id = :category_id AND (:holder IS NULL OR c.holder = :holder) {_NEWEST_CHANGE_FIRST}
"""
LIST_OF_AUTHOR = f"""
    {_LIST} AND c.author_id = :author_id AND (:holder IS NULL OR c.holder = :holder)
    AND (:category_id IS NULL OR c.category_id = :category_id) {_NEWEST_CHANGE_FIRST}
"""
_END = 2**63 - 1  # later than any change, above any id: the list from its beginning


def read(
    connection: sqlite3.Connection, community_id: int, conversation_id: int, *, order: str | None, at: datetime | None
) -> Opened | None:
    """One conversation, all of one moment."""
    row = connection.execute(CONVERSATION, (conversation_id, community_id)).fetchone()
    if row is None:
        return None
    opened = _opened(row)
    page = order and Page(take=MESSAGES_LIMIT, is_ascending=order == "earliest")
    return replace(
        opened,
        estimate=_estimate(connection, opened, at),
        messages=tuple(_page(connection, conversation_id, page)) if page else (),
    )


def read_messages(
    connection: sqlite3.Connection, community_id: int, conversation_id: int, page: Page
) -> list[tuple[Message, User]] | None:
    """A page of messages; None when the community has no such conversation."""
    if connection.execute(EXISTS, (conversation_id, community_id)).fetchone() is None:
        return None
    return list(_page(connection, conversation_id, page))


def read_list(connection: sqlite3.Connection, community_id: int, page: ListPage, at: datetime | None) -> list[Opened]:
    """Conversations, newest change first."""
    if page.author_id is not None:
        text = LIST_OF_AUTHOR
    elif page.category_id is not None:
        text = LIST_OF_CATEGORY
    elif page.holder is not None:
        text = LIST_OF_HOLDER
    else:
        text = LIST
    changed_at, last_id = (_END, _END) if page.cursor is None else (rows.micros(page.cursor[0]), page.cursor[1])
    parameters = {
        "community_id": community_id,
        "changed_at": changed_at,
        "id": last_id,
        "take": page.take,
        "holder": page.holder and page.holder.value,
        "category_id": page.category_id,
        "author_id": page.author_id,
    }
    found = [_opened(row) for row in connection.execute(text, parameters)]
    if at is None or not any(opened.conversation.is_waiting for opened in found):
        return found
    present = pace(connection, community_id, at)
    return [replace(opened, estimate=waiting.estimate(opened.position, present)) for opened in found]


def pace(connection: sqlite3.Connection, community_id: int, at: datetime) -> Pace:
    """What waits of this community are estimated from at a moment."""
    tally = rows.tally_of(connection.execute(TALLY, (community_id,)).fetchone())
    ((_, chats, hour_ago),) = load.paces(connection, [community_id], at)
    return waiting.pace_of(tally, chats=chats, hour_ago=hour_ago, now=at)


def _estimate(connection: sqlite3.Connection, opened: Opened, at: datetime | None) -> Estimate | None:
    if at is None or opened.position == NOT_WAITING:
        return None
    return waiting.estimate(opened.position, pace(connection, opened.conversation.community_id, at))


def _opened(row: rows.Row) -> Opened:
    conversation: Conversation = rows.conversation_of(row)
    ahead = row[rows.CONVERSATION_WIDTH]
    return Opened(
        conversation=conversation,
        author=rows.user_of(row[rows.CONVERSATION_WIDTH + 1 :]),
        position=NOT_WAITING if ahead is None else ahead + 1,
    )


def _page(connection: sqlite3.Connection, conversation_id: int, page: Page) -> Iterator[tuple[Message, User]]:
    if page.after is not None:
        text = AFTER
    elif page.before is not None:
        text = BEFORE
    else:
        text = EARLIEST if page.is_ascending else LATEST
    parameters = {
        "conversation_id": conversation_id,
        "take": page.take,
        "skip": page.skip,
        "after": page.after,
        "before": page.before,
    }
    authors: dict[str, User] = {}  # two or three people write a whole conversation
    for row in connection.execute(text, parameters):
        message = rows.message_of(row)
        author = authors.get(message.author_id)
        if author is None:
            author = authors[message.author_id] = rows.user_of(row[rows.MESSAGE_WIDTH :])
        yield message, author
