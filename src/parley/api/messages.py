"""Add, import and list a conversation's messages (spec §3, endpoints 2, 3 and 5)."""

from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.api import epochs, times, wire
from parley.api.bodies import Body
from parley.api.calls import Answer, Call, read_whole
from parley.api.conversations import read_order
from parley.core import texts
from parley.core.conversations import MESSAGES_LIMIT
from parley.core.errors import InvalidError, NotFoundError, Problem, Problems
from parley.ports import Page

_messages: Body[list[wire.MessageBody]] = Body(list[wire.MessageBody])


async def add(call: Call) -> Answer:
    """POST /chat/conversations/{id}/messages."""
    return await _act(call, AddMessages)


async def import_earlier(call: Call) -> Answer:
    """POST /chat/conversations/{id}/previousMessages."""
    return await _act(call, ImportMessages)


async def list_page(call: Call) -> Answer:
    """GET /chat/conversations/{id}/messages."""
    page = _page(call.query())
    conversation_id = call.id()
    found = await call.backend.reader.messages(call.access.community_id, conversation_id, page)
    if found is None:
        msg = f"There is no conversation {conversation_id}."
        raise NotFoundError(msg)
    return Answer(wire.envelope(wire.show_messages(found.messages)), headers=epochs.headers(found.epoch))


async def _act(call: Call, kind: type[AddMessages] | type[ImportMessages]) -> Answer:
    action = kind(
        community_id=call.access.community_id,
        messages=_read(call),
        conversation_id=call.id(),
        by=call.access.by,
        epoch=call.epoch(),
    )
    return await call.act(action, lambda said: wire.show_messages(said.messages), epoch_of=epochs.of)


def _read(call: Call) -> tuple[NewMessage, ...]:
    bodies = call.body(_messages)
    problems = Problems()
    if not 1 <= len(bodies) <= MESSAGES_LIMIT:
        problems.add("body", f"must hold 1 to {MESSAGES_LIMIT} messages, but {len(bodies)} were given")
        problems.refuse_if_any()
    messages = tuple(_read_one(body, f"[{index}]", problems) for index, body in enumerate(bodies))
    problems.refuse_if_any()
    return messages


def _read_one(body: wire.MessageBody, path: str, problems: Problems) -> NewMessage:
    at = body.creation_time
    return NewMessage(
        author=body.author.author(f"{path}.author", problems),
        text=texts.read_prose(body.message, f"{path}.message", problems, limit=texts.MESSAGE_LIMIT, least=1),
        created_at=None if at is None else times.read(at, f"{path}.creationTime", problems),
        is_by_team=body.is_by_team,
    )


def _page(query: dict[str, str]) -> Page:
    order = read_order(query, "orderBy", "orderyBy")
    page = Page(
        take=read_whole(query.get("take"), "take", least=1, most=MESSAGES_LIMIT, default=MESSAGES_LIMIT),
        skip=read_whole(query.get("skip"), "skip", default=0),
        is_ascending=order == "earliest",
        after=read_whole(query["after"], "after", default=0) if query.get("after") else None,
        before=read_whole(query["before"], "before", default=0) if query.get("before") else None,
    )
    if (page.after is not None) + (page.before is not None) + (page.skip > 0) > 1:
        problem = Problem("after", "after, before and skip are three ways to page; use one of them")
        raise InvalidError(f"{problem.path}: {problem.text}", (problem,))
    return page
