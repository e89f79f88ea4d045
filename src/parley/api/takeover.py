"""Who has the conversation: the bot or the team (spec §3, endpoints 7 and 8)."""

from parley.actions.conversations import ChangeTakeover
from parley.api import epochs, wire
from parley.api.bodies import Body
from parley.api.calls import Answer, Call
from parley.api.conversations import find, tell

_takeover: Body[wire.TakeoverBody] = Body(wire.TakeoverBody)


async def get(call: Call) -> Answer:
    """GET /chat/conversations/{id}/takeover."""
    opened = await find(call)
    return tell(opened, wire.show_takeover(opened.conversation))


async def change(call: Call) -> Answer:
    """PATCH /chat/conversations/{id}/takeover."""
    body = call.body(_takeover)
    action = ChangeTakeover(
        community_id=call.access.community_id,
        conversation_id=call.id(),
        is_assigned_to_bot=body.is_assigned_to_bot,
        assignee_id=body.assignee_id.strip().lower() or None if body.assignee_id else None,
        by=call.access.by,
        epoch=call.epoch(),
    )
    return await call.act(action, wire.show_takeover, epoch_of=epochs.of)
