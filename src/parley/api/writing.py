"""What teammates write with: saved replies and drafts."""

from parley.actions.writing import KeepDraft, RemoveReply, SaveReply
from parley.api import agent_objects, epochs, wire
from parley.api.agent_objects import show_draft, show_reply
from parley.api.bodies import Body
from parley.api.calls import Answer, Call
from parley.api.frames import TypingFrame
from parley.api.words import Typing
from parley.core import texts, writing
from parley.core.errors import NotFoundError, Problems

TYPES_FOR_S = 5  # seconds that somebody is shown as writing who does not say so again

_reply: Body[agent_objects.SavedReplyBody] = Body(agent_objects.SavedReplyBody)
_draft: Body[agent_objects.DraftBody] = Body(agent_objects.DraftBody)


async def list_replies(call: Call) -> Answer:
    """GET /agents/saved-replies."""
    found = await call.backend.reader.replies(call.agent.community_id)
    return Answer(wire.envelope([show_reply(reply) for reply in found if reply.is_for(call.agent.user_id)]))


async def add_reply(call: Call) -> Answer:
    """POST /agents/saved-replies."""
    return await call.act(_read(call, None), show_reply)


async def change_reply(call: Call) -> Answer:
    """PATCH /agents/saved-replies/{id}."""
    return await call.act(_read(call, call.id()), show_reply)


async def remove_reply(call: Call) -> Answer:
    """DELETE /agents/saved-replies/{id}."""
    agent = call.agent
    await call.backend.ledger.submit(
        RemoveReply(community_id=agent.community_id, user_id=agent.user_id, id=call.id(), by=agent.by)
    )
    return Answer(wire.envelope({}))


async def keep_draft(call: Call) -> Answer:
    """PUT /agents/conversations/{id}/draft."""
    body = call.body(_draft)
    problems = Problems()
    text = texts.read_prose(body.text or "", "text", problems, limit=texts.MESSAGE_LIMIT)
    problems.refuse_if_any()
    action = KeepDraft(
        community_id=call.agent.community_id,
        conversation_id=call.id(),
        user_id=call.agent.user_id,
        text=text,
        is_note=bool(body.is_note),
        by=call.agent.by,
        epoch=call.epoch(),
    )
    kept = await call.backend.ledger.submit(action)
    return Answer(wire.envelope(show_draft(kept.draft)), headers=epochs.headers(kept.conversation.epoch))


async def tell_typing(call: Call) -> Answer:
    """POST /agents/conversations/{id}/typing."""
    agent, number = call.agent, call.id()
    places = await call.backend.reader.places(agent.community_id, [number], at=call.backend.now())
    if number not in places:
        msg = f"There is no conversation {number}."
        raise NotFoundError(msg)
    frame = TypingFrame(number, agent.user_id, agent.visitor.user.name, is_by_team=True, expires_in_seconds=TYPES_FOR_S)
    call.backend.streams.tell_typing(Typing(agent.community_id, frame))
    return Answer(wire.envelope({}), headers=epochs.headers(places[number].epoch))


def _read(call: Call, reply_id: int | None) -> SaveReply:
    body = call.body(_reply)
    problems = Problems()
    for name, value in (("shortcut", body.shortcut), ("text", body.text)):
        if reply_id is None and value is None:
            problems.add(name, "is required, but it is missing")
    shortcut = None if body.shortcut is None else writing.read_shortcut(body.shortcut, "shortcut", problems)
    text = None
    if body.text is not None:
        text = texts.read_prose(body.text, "text", problems, limit=texts.MESSAGE_LIMIT, least=1)
    problems.refuse_if_any()
    return SaveReply(
        community_id=call.agent.community_id,
        user_id=call.agent.user_id,
        by=call.agent.by,
        id=reply_id,
        shortcut=shortcut,
        text=text,
        is_shared=body.is_shared,
    )
