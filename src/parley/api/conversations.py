"""Conversations: create, read, the place in the queue, feedback, the client's page, closing (spec §3)."""

from collections.abc import Mapping
from typing import Any

from parley.actions.conversations import ChangeLatestUrl, CloseConversation, GiveFeedback
from parley.actions.create_conversation import CreateConversation
from parley.api import epochs, wire
from parley.api.bodies import Body
from parley.api.calls import Answer, Call, read_bool, read_choice
from parley.core import fields, texts
from parley.core.conversations import Feedback, Sentiment
from parley.core.errors import NotFoundError, Problems
from parley.ports import Opened

ORDERS = {"creation_time_desc": "latest", "creation_time_asc": "earliest"}

_create: Body[wire.CreateConversationBody] = Body(wire.CreateConversationBody)
_feedback: Body[wire.FeedbackBody] = Body(wire.FeedbackBody)
_latest_url: Body[wire.LatestUrlBody] = Body(wire.LatestUrlBody)


async def create(call: Call) -> Answer:
    """POST /chat/conversations."""
    body = call.body(_create)
    problems = Problems()
    action = CreateConversation(
        community_id=call.access.community_id,
        by=call.access.by,
        author=body.author.author("author", problems),
        title=texts.read_line(body.title, "title", problems, limit=texts.TITLE_LIMIT),
        category_id=body.category_id,
        fields=fields.read_field_values(
            tuple((field.id, field.value) for field in body.fields or ()), "fields", problems
        ),
        sentiment=body.sentiment or Sentiment.QUESTION,
        url=texts.read_url(body.url, "url", problems),
        is_bot_enabled=bool(body.is_bot_enabled),
        message=None
        if body.message is None
        else texts.read_prose(body.message, "message", problems, limit=texts.MESSAGE_LIMIT, least=1),
    )
    problems.refuse_if_any()
    return await call.act(action, wire.show_conversation, epoch_of=epochs.of)


async def get(call: Call) -> Answer:
    """GET /chat/conversations/{id}."""
    query = call.query()
    order = read_order(query, "orderyBy", "orderBy")
    with_messages = read_bool(query.get("includeMessages"), "includeMessages", default=False)
    opened = await find(call, messages=order if with_messages else None)
    return tell(opened, wire.show_conversation(opened))


def read_order(query: Mapping[str, str], *names: str) -> str:
    """`earliest` or `latest`, from whichever spelling of the member came."""
    name = next((name for name in names if query.get(name)), names[0])
    return read_choice(query.get(name), name, ORDERS, default="creation_time_desc")


async def queue(call: Call) -> Answer:
    """GET /chat/conversations/{id}/queue."""
    opened = await find(call)
    return tell(opened, wire.show_position(opened))


async def queue_estimate(call: Call) -> Answer:
    """GET /chat/conversations/{id}/queue/estimate: the place with the range of the wait."""
    opened = await find(call)
    return tell(opened, wire.show_estimate(opened))


async def give_feedback(call: Call) -> Answer:
    """PATCH /chat/conversations/{id}/feedback."""
    body = call.body(_feedback)
    problems = Problems()
    words = body.text and texts.read_prose(body.text, "text", problems, limit=texts.FEEDBACK_LIMIT)
    problems.refuse_if_any()
    action = GiveFeedback(
        community_id=call.access.community_id,
        conversation_id=call.id(),
        feedback=Feedback(body.is_positive, words),
        by=call.access.by,
        epoch=call.epoch(),
    )
    return await call.act(
        action, lambda changed: changed.feedback and wire.show_feedback(changed.feedback), epoch_of=epochs.of
    )


async def change_latest_url(call: Call) -> Answer:
    """PATCH /chat/conversations/{id}/latestUrl."""
    body = call.body(_latest_url)
    problems = Problems()
    url = texts.read_url(body.url, "url", problems)
    if url is None:
        problems.add("url", "must not be blank")
    problems.refuse_if_any()
    action = ChangeLatestUrl(
        community_id=call.access.community_id,
        conversation_id=call.id(),
        url=url or "",
        by=call.access.by,
        epoch=call.epoch(),
    )
    return await call.act(action, wire.show_conversation, epoch_of=epochs.of)


async def close(call: Call) -> Answer:
    """PATCH /chat/conversations/{id}/close. It takes no body; one that is sent is not looked at."""
    action = CloseConversation(
        community_id=call.access.community_id, conversation_id=call.id(), by=call.access.by, epoch=call.epoch()
    )
    return await call.act(action, wire.show_conversation, epoch_of=epochs.of)


def tell(opened: Opened, data: Any) -> Answer:
    """What was read of a conversation, under its epoch."""
    return Answer(wire.envelope(data), headers=epochs.headers(opened.conversation.epoch))


async def find(call: Call, *, messages: str | None = None) -> Opened:
    """The conversation in the path, as it is now. Raises NotFoundError."""
    conversation_id = call.id()
    backend = call.backend
    opened = await backend.reader.conversation(
        call.access.community_id, conversation_id, messages=messages, at=backend.now()
    )
    if opened is None:
        msg = f"There is no conversation {conversation_id}."
        raise NotFoundError(msg)
    return opened
