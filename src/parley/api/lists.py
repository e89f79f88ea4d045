"""Lists beside the published API: conversations, categories, custom fields, teammates; all in one frame."""

import base64
import binascii
from datetime import datetime
from typing import TypeVar

from parley.api import times, wire
from parley.api.calls import Answer, Call, read_choice, read_whole, wrong
from parley.core.conversations import Holder
from parley.core.errors import Problems
from parley.ports import ListPage

TAKE_LIMIT = 100
STATES: dict[str, Holder | None] = {
    "waiting": Holder.QUEUE,
    "bot": Holder.BOT,
    "assigned": Holder.TEAMMATE,
    "closed": Holder.NOBODY,
    "": None,
}

T = TypeVar("T")


async def conversations(call: Call) -> Answer:
    """GET /chat/conversations: newest change first."""
    query = call.query()
    take = read_whole(query.get("take"), "take", least=1, most=TAKE_LIMIT, default=TAKE_LIMIT)
    cursor = query.get("cursor")
    category = query.get("categoryId")
    page = ListPage(
        take=take + 1,  # one more tells whether there is a next page
        holder=read_choice(query.get("state"), "state", STATES, default=""),
        category_id=read_whole(category, "categoryId", default=0) if category else None,
        author_id=(query.get("authorId") or "").strip().lower() or None,
        cursor=None if not cursor else _read_cursor(cursor),
    )
    found = await call.backend.reader.conversations(call.access.community_id, page, at=call.backend.now())
    more = len(found) > take
    items = [wire.show_conversation(opened) for opened in found[:take]]
    last = found[take - 1].conversation if more else None
    next_cursor = None if last is None else _write_cursor(times.show(last.changed_at), last.id)
    return Answer(wire.envelope(wire.ConversationList(items, next_cursor)))


async def categories(call: Call) -> Answer:
    """GET /categories."""
    found = await call.backend.reader.categories(call.access.community_id)
    items = [wire.show_category(category) for category in found]
    return Answer(wire.envelope(wire.CategoryList(*cut(call, items, [str(item.id) for item in items]))))


async def fields(call: Call) -> Answer:
    """GET /fields."""
    found = await call.backend.reader.fields(call.access.community_id)
    items = [wire.show_field(field) for field in found]
    return Answer(wire.envelope(wire.FieldList(*cut(call, items, [str(item.id) for item in items]))))


async def teammates(call: Call) -> Answer:
    """GET /teammates."""
    found = await call.backend.reader.teammates(call.access.community_id)
    items = [wire.TeammateReply(user.id, user.name, user.email, teammate.is_active) for user, teammate in found]
    return Answer(wire.envelope(wire.TeammateList(*cut(call, items, [item.id for item in items]))))


def cut(call: Call, items: list[T], keys: list[str]) -> tuple[list[T], str | None]:
    """The page behind the cursor, which is the key of the last item shown; and the cursor of the next page."""
    query = call.query()
    take = read_whole(query.get("take"), "take", least=1, most=TAKE_LIMIT, default=TAKE_LIMIT)
    cursor = query.get("cursor")
    start = 0
    if cursor:
        if cursor not in keys:
            raise wrong("cursor", "must be the nextCursor of an earlier page", cursor)
        start = keys.index(cursor) + 1
    end = start + take
    return items[start:end], keys[end - 1] if end < len(items) else None


def _write_cursor(changed_at: str, conversation_id: int) -> str:
    return base64.urlsafe_b64encode(f"{changed_at} {conversation_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    problems = Problems()
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        changed_at, _, conversation_id = text.partition(" ")
        at = times.read(changed_at, "cursor", problems)
        number = int(conversation_id)
    except (binascii.Error, ValueError):
        at, number = None, 0
    if at is None or not 0 < number < 2**53:
        raise wrong("cursor", "must be the nextCursor of an earlier page", cursor)
    return at, number
