"""Create and read conversations (spec §3, endpoints 1 and 4)."""

from parley.actions.create_conversation import CreateConversation
from parley.api import wire
from parley.api.bodies import Body
from parley.api.calls import Answer, Call, read_bool, read_choice
from parley.core import fields, texts
from parley.core.conversations import Sentiment
from parley.core.errors import NotFoundError, Problems

ORDERS = {"creation_time_desc": "latest", "creation_time_asc": "earliest"}

_create: Body[wire.CreateConversationBody] = Body(wire.CreateConversationBody)


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
    return await call.act(action, wire.show_conversation)


async def get(call: Call) -> Answer:
    """GET /chat/conversations/{id}."""
    query = call.query()
    order = read_choice(query.get("orderyBy") or query.get("orderBy"), "orderyBy", ORDERS, default="creation_time_desc")
    with_messages = read_bool(query.get("includeMessages"), "includeMessages", default=False)
    conversation_id = call.id()
    opened = await call.backend.reader.conversation(
        call.access.community_id, conversation_id, messages=order if with_messages else None
    )
    if opened is None:
        msg = f"There is no conversation {conversation_id}."
        raise NotFoundError(msg)
    return Answer(wire.envelope(wire.show_conversation(opened)))
