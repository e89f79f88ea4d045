"""What a teammate reads and does with conversations."""

import base64
import binascii
from datetime import datetime
from typing import Any

import msgspec

from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.desk import (
    AddNote,
    AsRow,
    ChangeConversation,
    Details,
    OnConversation,
    SendReply,
    TakeConversation,
    TakeNext,
)
from parley.actions.teammates import SetTeammateStatus
from parley.api import agent_objects, epochs, frames, wire
from parley.api.agent_objects import show_agent, show_rows, show_visitor, show_whole
from parley.api.bodies import Body
from parley.api.calls import NO_CONTENT, Answer, Call, read_choice, read_whole, wrong
from parley.core import fields, texts, views
from parley.core.conversations import MESSAGES_LIMIT, Conversation
from parley.core.errors import NotFoundError, Problems
from parley.core.people import SEATS_LIMIT
from parley.core.search import read_query
from parley.core.views import View
from parley.ports import Page, ViewPage

TAKE = 50
TAKE_LIMIT = 100

_VIEWS: dict[str, View | None] = {view.value: view for view in View} | {"": None}

_decode_taken = msgspec.json.Decoder(agent_objects.TakenEnvelope).decode

_status: Body[agent_objects.StatusBody] = Body(agent_objects.StatusBody)
_words: Body[agent_objects.WordsBody] = Body(agent_objects.WordsBody)
_details: Body[agent_objects.DetailsBody] = Body(agent_objects.DetailsBody)


async def me(call: Call) -> Answer:
    """GET /agents/me."""
    chats = await call.backend.reader.open_chats(call.agent.community_id)
    return Answer(wire.envelope(show_visitor(call.agent.visitor, chats.get(call.agent.user_id, 0))))


async def change_me(call: Call) -> Answer:
    """PATCH /agents/me."""
    body, visitor = call.body(_status), call.agent.visitor
    problems = Problems()
    if body.seats is not None and not 0 <= body.seats <= SEATS_LIMIT:
        problems.add("seats", f"must be 0 to {SEATS_LIMIT}, but {body.seats} was given")
    problems.refuse_if_any()
    action = SetTeammateStatus(
        community_id=call.agent.community_id,
        email=visitor.user.email or "",
        status=body.status or visitor.teammate.status,
        seats=body.seats,
        by=call.agent.by,
    )
    chats = await call.backend.reader.open_chats(call.agent.community_id)
    return await call.act(action, lambda pair: show_agent(*pair, chats.get(call.agent.user_id, 0)))


async def directory(call: Call) -> Answer:
    """GET /agents/directory."""
    reader, community_id = call.backend.reader, call.agent.community_id
    chats = await reader.open_chats(community_id)
    bot_id = call.agent.visitor.community.bot_id
    bot_user = await reader.user(community_id, bot_id)
    reply = agent_objects.DirectoryReply(
        teammates=[
            show_agent(user, teammate, chats.get(user.id, 0)) for user, teammate in await reader.teammates(community_id)
        ],
        categories=[wire.show_category(category) for category in await reader.categories(community_id)],
        fields=[wire.show_field(field) for field in await reader.fields(community_id)],
        bot=agent_objects.BotReply(
            bot_id, None if bot_user is None else bot_user.name, await reader.bot(community_id) is not None
        ),
    )
    return Answer(wire.envelope(reply))


async def list_views(call: Call) -> Answer:
    """GET /agents/views."""
    now = call.backend.now()
    counts = await call.backend.reader.counts(call.agent.community_id, call.agent.user_id, today=views.midnight(now))
    return Answer(wire.envelope([_show_view(view, counts, now) for view in View]))


async def list_conversations(call: Call) -> Answer:
    """GET /agents/conversations."""
    query, now = call.query(), call.backend.now()
    take = read_whole(query.get("take"), "take", least=1, most=TAKE_LIMIT, default=TAKE)
    category = query.get("categoryId")
    problems = Problems()
    words = read_query(query.get("q", ""), "q", problems)
    problems.refuse_if_any()
    page = ViewPage(
        query=words,
        take=take + 1,  # one more tells whether there is a next page
        user_id=call.agent.user_id,
        today=views.midnight(now),
        view=read_choice(query.get("view"), "view", _VIEWS, default=""),
        category_id=read_whole(category, "categoryId", default=0) if category else None,
        cursor=_read_cursor(query["cursor"]) if query.get("cursor") else None,
    )
    found = await call.backend.reader.view(call.agent.community_id, page, at=now)
    next_cursor = _write_cursor(found[take - 1].cursor) if len(found) > take else None
    return Answer(wire.envelope(agent_objects.RowList(show_rows(found[:take]), next_cursor)))


async def open_conversation(call: Call) -> Answer:
    """GET /agents/conversations/{id}."""
    return await _opened(call, call.id())


async def list_messages(call: Call) -> Answer:
    """GET /agents/conversations/{id}/messages: those that stand before one, newest first."""
    conversation_id, query = call.id(), call.query()
    page = Page(
        take=read_whole(query.get("take"), "take", least=1, most=MESSAGES_LIMIT, default=MESSAGES_LIMIT),
        is_ascending=False,
        shown_before=read_whole(query["before"], "before", default=0) if query.get("before") else None,
    )
    thread = await call.backend.reader.messages(call.agent.community_id, conversation_id, page)
    if thread is None:
        raise _missing(conversation_id)
    return Answer(wire.envelope(wire.show_messages(thread.messages)), headers=epochs.headers(thread.epoch))


async def take_next(call: Call) -> Answer:
    """POST /agents/next. 204 when nobody waits. A repeat with its key names the same conversation, as it is by then."""
    agent = call.agent
    action = TakeNext(community_id=agent.community_id, user_id=agent.user_id, by=agent.by)
    answer = await call.act(action, _show_if_any, epoch_of=_epoch_if_any, may_be_nothing=True)
    if answer.status == NO_CONTENT:
        return answer
    taken = _decode_taken(answer.body).data.id
    return msgspec.structs.replace(answer, body=(await _opened(call, taken)).body)


async def take(call: Call) -> Answer:
    """POST /agents/conversations/{id}/take."""
    return await _act(call, TakeConversation(**_about(call), user_id=call.agent.user_id))


async def release(call: Call) -> Answer:
    """POST /agents/conversations/{id}/release."""
    return await _act(call, ReleaseConversation(**_about(call)))


async def give_to_bot(call: Call) -> Answer:
    """POST /agents/conversations/{id}/bot."""
    return await _act(call, ChangeTakeover(**_about(call), is_assigned_to_bot=True))


async def close(call: Call) -> Answer:
    """POST /agents/conversations/{id}/close."""
    return await _act(call, CloseConversation(**_about(call)))


async def reply(call: Call) -> Answer:
    """POST /agents/conversations/{id}/replies."""
    action = SendReply(**_about(call), user_id=call.agent.user_id, text=_read_words(call))
    return await call.act(action, lambda said: wire.show_messages(said.messages)[0], epoch_of=epochs.of)


async def add_note(call: Call) -> Answer:
    """POST /agents/conversations/{id}/notes."""
    action = AddNote(**_about(call), user_id=call.agent.user_id, text=_read_words(call))
    return await call.act(action, lambda noted: wire.show_note(noted.note, noted.author), epoch_of=epochs.of)


async def change(call: Call) -> Answer:
    """PATCH /agents/conversations/{id}."""
    body = call.body(_details)
    problems = Problems()
    given = tuple((field.id, field.value) for field in body.fields or ())
    title, assignee_id = body.title, body.assignee_id
    if isinstance(title, str):
        title = texts.read_line(title, "title", problems, limit=texts.TITLE_LIMIT)
    if isinstance(assignee_id, str):
        assignee_id = assignee_id.strip().lower() or None
    details = Details(
        title=title,
        category_id=body.category_id,
        fields=fields.read_field_values(given, "fields", problems),
        assignee_id=assignee_id,
    )
    problems.refuse_if_any()
    return await _act(call, ChangeConversation(**_about(call), details=details))


async def _act(call: Call, action: OnConversation) -> Answer:
    """Do it, and answer with the conversation as lists show it."""
    return await call.act(AsRow(action), lambda listed: show_rows([listed])[0], epoch_of=epochs.of)


async def _opened(call: Call, conversation_id: int) -> Answer:
    """A conversation with everything around it, as it is now."""
    whole = await call.backend.reader.whole(
        call.agent.community_id, conversation_id, user_id=call.agent.user_id, at=call.backend.now()
    )
    if whole is None:
        raise _missing(conversation_id)
    events = [shown for event in whole.events if (shown := frames.show(event)) is not None]
    return Answer(wire.envelope(show_whole(whole, events)), headers=epochs.headers(whole.listed.conversation.epoch))


def _about(call: Call) -> dict[str, Any]:
    return {
        "community_id": call.agent.community_id,
        "conversation_id": call.id(),
        "by": call.agent.by,
        "epoch": call.epoch(),
    }


def _read_words(call: Call) -> str:
    problems = Problems()
    words = texts.read_prose(call.body(_words).message, "message", problems, limit=texts.MESSAGE_LIMIT, least=1)
    problems.refuse_if_any()
    return words


def _show_if_any(taken: Conversation | None) -> agent_objects.TakenReply | None:
    return None if taken is None else agent_objects.TakenReply(taken.id)


def _epoch_if_any(taken: Conversation | None) -> int | None:
    return None if taken is None else taken.epoch


def _show_view(view: View, counts: views.Counts, now: datetime) -> agent_objects.ViewReply:
    since = counts.first_since if view is View.WAITING else None
    longest = None if since is None else views.seconds(now - since)
    return agent_objects.ViewReply(view, counts.of(view), longest)


def _missing(conversation_id: int) -> NotFoundError:
    return NotFoundError(f"There is no conversation {conversation_id}.")


def _write_cursor(cursor: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read_cursor(given: str) -> tuple[int, int]:
    try:
        text = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        at, number = msgspec.json.decode(text, type=tuple[int, int])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        at, number = -1, -1
    if not (0 <= at < 2**63 and 0 < number < 2**53):
        raise wrong("cursor", "must be the nextCursor of an earlier page", given)
    return at, number
