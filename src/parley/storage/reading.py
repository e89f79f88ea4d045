"""What readers ask: each read is a script, all of one moment."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec.structs import replace

from parley.core import reports, waiting
from parley.core.access import Grant
from parley.core.conversations import MESSAGES_LIMIT, Conversation, Message
from parley.core.errors import Problems
from parley.core.people import User
from parley.core.reports import Past, Window
from parley.core.waiting import NOT_WAITING, Estimate, Pace
from parley.ports import ListPage, Opened, Page, Place, Thread
from parley.storage import loading, queries, rows
from parley.storage.loading import Texts
from parley.storage.scripts import Ask, Find, Row, Script

_END = 2**63 - 1  # later than any change, above any id: a list from its beginning

_decode_places = msgspec.json.Decoder(list[tuple[int, int, int | None]]).decode  # id, epoch, how many are ahead


def conversation(
    community_id: int, conversation_id: int, *, order: str | None, at: datetime | None, texts: Texts
) -> Script[Opened | None]:
    """One conversation with its author and place; its messages in `order`, its estimate as of `at`."""
    found = yield Ask(queries.CONVERSATION, (conversation_id, community_id))
    if not found:
        return None
    opened = opened_of(found[0])
    if at is not None and opened.position != NOT_WAITING:
        present = yield from pace(community_id, at, texts)
        opened = replace(opened, estimate=waiting.estimate(opened.position, present))
    if order is not None:
        page = Page(take=MESSAGES_LIMIT, is_ascending=order == "earliest")
        opened = replace(opened, messages=tuple((yield from _page(community_id, conversation_id, page, texts))))
    return opened


def places(
    community_id: int, conversation_ids: Collection[int], at: datetime, texts: Texts
) -> Script[dict[int, Place]]:
    """The places of some conversations, with their estimates as of `at`."""
    ((found,),) = yield Find(texts.places, [(community_id, each) for each in conversation_ids])
    places = _decode_places(found)
    if all(ahead is None for _, _, ahead in places):
        return {key: Place(epoch, NOT_WAITING) for key, epoch, _ in places}
    present = yield from pace(community_id, at, texts)
    return {key: _place(epoch, ahead, present) for key, epoch, ahead in places}


def messages(community_id: int, conversation_id: int, page: Page, texts: Texts) -> Script[Thread | None]:
    """A page of messages; None when the community has no such conversation."""
    found = yield Ask(queries.CONVERSATION_EPOCH, (conversation_id, community_id))
    if not found:
        return None
    return Thread(found[0][0], (yield from _page(community_id, conversation_id, page, texts)))


def conversations(community_id: int, page: ListPage, at: datetime | None, texts: Texts) -> Script[list[Opened]]:
    """Conversations, newest change first."""
    cursor = (_END, _END) if page.cursor is None else (rows.micros(page.cursor[0]), page.cursor[1])
    parameters = (community_id, *cursor, page.take)
    holder = page.holder and page.holder.value
    if page.author_id is not None:
        query = Ask(queries.LIST_OF_AUTHOR, (*parameters, holder, page.category_id, page.author_id))
    elif page.category_id is not None:
        query = Ask(queries.LIST_OF_CATEGORY, (*parameters, holder, page.category_id))
    elif holder is not None:
        query = Ask(queries.LIST_OF_HOLDER, (*parameters, holder))
    else:
        query = Ask(queries.LIST, parameters)
    found = [opened_of(row) for row in (yield query)]
    return found if at is None else (yield from with_estimates(community_id, found, at, texts))


def with_estimates(community_id: int, found: list[Opened], at: datetime, texts: Texts) -> Script[list[Opened]]:
    """The same conversations, those that wait with what they may expect."""
    if not any(opened.conversation.is_waiting for opened in found):
        return found
    present = yield from pace(community_id, at, texts)
    return [replace(opened, estimate=waiting.estimate(opened.position, present)) for opened in found]


def pace(community_id: int, at: datetime, texts: Texts) -> Script[Pace]:
    """What waits of this community are estimated from at a moment."""
    tally = rows.tally_of((yield Ask(queries.TALLY, (community_id,)))[0])
    chats, hour_ago = (yield from loading.paces([community_id], at, texts))[community_id]
    return waiting.pace_of(tally, chats=chats, hour_ago=hour_ago, now=at)


def past(community_id: int, window: Window) -> Script[Past]:
    """The window's counters, and the newest lengths of its time in seconds."""
    found = yield from traffic(community_id, window)
    since = (community_id, rows.micros(window.since))
    points = [
        reports.point_of(Estimate(*row[:3]), rows.moment(row[4]) - rows.moment(row[3]))
        for row in (yield Ask(queries.TOLD, since))
    ]
    return replace(
        found,
        waits=(yield from _lengths(queries.WAITS, since)),
        first_answers=(yield from _lengths(queries.FIRST_ANSWERS, since)),
        chats=(yield from _lengths(queries.CHATS, since)),
        points=points,
    )


def traffic(community_id: int, window: Window) -> Script[Past]:
    """How many wait, and the counters of the window's periods; later ones too, for a clock may have been set back."""
    tally = rows.tally_of((yield Ask(queries.TALLY, (community_id,)))[0])
    found = yield Ask(queries.TRAFFIC, (community_id, window.span, window.first), width=rows.TRAFFIC_WIDTH + 1)
    return Past(
        waiting=tally.waiting,
        traffic={row[0]: rows.traffic_of(row[1:]) for row in found},
        chats_open=tally.assigned,
        seats=tally.seats,
    )


def grant(text: str, key: object) -> Script[Grant | None]:
    """A refresh token with its community's client id."""
    found = yield Ask(text, (key,))
    return Grant(token=rows.token_of(found[0]), client_id=found[0][rows.TOKEN_WIDTH]) if found else None


def opened_of(row: Row) -> Opened:
    """A conversation from its columns, how many are ahead, and its author's columns."""
    found: Conversation = rows.conversation_of(row)
    ahead = row[rows.CONVERSATION_WIDTH]
    return Opened(
        conversation=found,
        author=rows.user_of(row[rows.CONVERSATION_WIDTH + 1 :]),
        position=NOT_WAITING if ahead is None else ahead + 1,
    )


def opened_if_waiting(row: Row) -> Opened:
    """The same, from where the number ahead is known of all that have a queue number: only who waits has a place."""
    opened = opened_of(row)
    return opened if opened.conversation.is_waiting else replace(opened, position=NOT_WAITING)


def _place(epoch: int, ahead: int | None, present: Pace) -> Place:
    if ahead is None:
        return Place(epoch, NOT_WAITING)
    return Place(epoch, ahead + 1, waiting.estimate(ahead + 1, present))


def with_users(community_id: int, keys: set[str], texts: Texts) -> Script[dict[str, User]]:
    """Some users of the community, by id."""
    wanted = [(community_id, key) for key in keys]
    return {row[0]: rows.user_of(row) for row in ((yield Find(texts.users, wanted)) if wanted else ())}


def _page(community_id: int, conversation_id: int, page: Page, texts: Texts) -> Script[list[tuple[Message, User]]]:
    """A page of messages; then their authors, for two or three people write a whole conversation."""
    if page.after is not None:
        query = Ask(queries.MESSAGES_AFTER, (conversation_id, page.take, page.after), rows.MESSAGE_WIDTH)
    elif page.shown_before is not None:
        shown_at = yield from _shown_at(conversation_id, page.shown_before)
        query = Ask(queries.MESSAGES_SHOWN_BEFORE, (conversation_id, page.take, *shown_at), rows.MESSAGE_WIDTH)
    elif page.before is not None:
        query = Ask(queries.MESSAGES_BEFORE, (conversation_id, page.take, page.before), rows.MESSAGE_WIDTH)
    else:
        text = queries.MESSAGES_EARLIEST if page.is_ascending else queries.MESSAGES_LATEST
        query = Ask(text, (conversation_id, page.take, page.skip), rows.MESSAGE_WIDTH)
    found = [rows.message_of(row) for row in (yield query)]
    authors = yield from with_users(community_id, {message.author_id for message in found}, texts)
    return [(message, authors[message.author_id]) for message in found]


def _shown_at(conversation_id: int, message_id: int) -> Script[tuple[int, int]]:
    """Where a message stands among those shown. Raises InvalidError."""
    found = yield Ask(queries.MESSAGE_TIME, (message_id, conversation_id))
    if not found:
        problems = Problems()
        problems.add("before", f"there is no message {message_id} in this conversation")
        problems.refuse_if_any()
    return found[0][0], message_id


def _lengths(text: str, parameters: tuple[object, ...]) -> Script[list[float]]:
    """The seconds from the one to the other of two times."""
    return [(end - begin) / 1e6 for begin, end in (yield Ask(text, parameters, width=2))]
