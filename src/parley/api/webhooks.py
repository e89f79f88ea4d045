"""The webhooks' administration, by integrators and by teammates: endpoints, each delivery, replays.

A receiver is asked its challenge before anything is written, so a repeat with the same idempotency key is first looked
up: it gets its answer even when the receiver is gone by then. Answers that hold a secret are stored sealed.
"""

from collections.abc import Callable
from typing import Any

from parley.actions.answers import KeepAnswer, RecallAnswer, UnansweredError
from parley.actions.draft import Action
from parley.actions.endpoints import DisableEndpoint, RemoveEndpoint
from parley.api import calls, lists, wire
from parley.api import webhook_objects as objects
from parley.api.bodies import Body
from parley.api.calls import ID_LIMIT, Answer, Call, read_bool, read_whole
from parley.api.desk import Desk
from parley.core import replays
from parley.core.errors import InvalidError, NotFoundError, Problem, Problems
from parley.core.replays import Selection
from parley.core.webhooks import Attempt, Delivery, Endpoint, read_event_types
from parley.ports import DeliveryPage

SELECTIONS = ("event", "conversationId", "since", "failed")

_add: Body[objects.AddWebhookBody] = Body(objects.AddWebhookBody)
_change: Body[objects.ChangeWebhookBody] = Body(objects.ChangeWebhookBody)
_replay: Body[objects.ReplayBody] = Body(objects.ReplayBody)


# Endpoints


async def list_all(call: Call) -> Answer:
    """GET /webhooks."""
    found = await call.backend.reader.endpoints(call.actor.community_id)
    page, cursor = lists.cut(call, found, [str(endpoint.id) for endpoint in found])
    items = [objects.show_webhook(endpoint, await _waiting(call, endpoint)) for endpoint in page]
    return Answer(wire.envelope(objects.WebhookList(items, cursor)))


async def get(call: Call) -> Answer:
    """GET /webhooks/{id}."""
    endpoint = await _find(call)
    return Answer(wire.envelope(objects.show_webhook(endpoint, await _waiting(call, endpoint))))


async def add(call: Call) -> Answer:
    """POST /webhooks. The receiver has to answer the challenge."""
    body = call.body(_add)
    desk, problems = call.backend.desk, Problems()
    url = desk.read_url(body.url, "url", problems)
    verify_token = desk.read_verify_token(body.verify_token, "verifyToken", problems)
    event_types = read_event_types(tuple(body.events or ()), "events", problems)
    problems.refuse_if_any()
    known = await _recall(call)
    if known is not None:
        return known
    action, secret = await desk.add(
        call.actor.community_id, url=url, event_types=event_types, verify_token=verify_token, by=call.actor.by
    )
    return await act_sealed(call, action, lambda endpoint: objects.show_with_secret(endpoint, secret, 0))


async def change(call: Call) -> Answer:
    """PATCH /webhooks/{id}. With another URL or verify token the receiver has to answer the challenge again."""
    body = call.body(_change)
    endpoint = await _find(call)
    desk, problems = call.backend.desk, Problems()
    url = token = None
    if body.url is not None:
        url = desk.read_url(body.url, "url", problems, allowed_hosts=endpoint.allowed_hosts)
    if body.verify_token is not None:
        token = desk.read_verify_token(body.verify_token, "verifyToken", problems)
    types = None if body.events is None else read_event_types(tuple(body.events), "events", problems)
    problems.refuse_if_any()
    known = await _recall(call)
    if known is not None:
        return known
    action = await desk.change(endpoint, url=url, event_types=types, verify_token=token, by=call.actor.by)
    waiting = await _waiting(call, endpoint)
    return await act_sealed(call, action, lambda changed: objects.show_webhook(changed, waiting))


async def enable(call: Call) -> Answer:
    """POST /webhooks/{id}/enable. The receiver has to answer the challenge again, unless it is enabled."""
    endpoint = await _find(call)
    known = await _recall(call)
    if known is not None:
        return known
    action = await call.backend.desk.enable(endpoint, by=call.actor.by)
    waiting = await _waiting(call, endpoint)
    return await act_sealed(call, action, lambda changed: objects.show_webhook(changed, waiting))


async def disable(call: Call) -> Answer:
    """POST /webhooks/{id}/disable."""
    endpoint = await _find(call)
    waiting = await _waiting(call, endpoint)
    action = DisableEndpoint(community_id=endpoint.community_id, endpoint_id=endpoint.id, by=call.actor.by)
    return await act_sealed(call, action, lambda changed: objects.show_webhook(changed, waiting))


async def rotate(call: Call) -> Answer:
    """POST /webhooks/{id}/rotate."""
    endpoint = await _find(call)
    waiting = await _waiting(call, endpoint)
    action, secret = call.backend.desk.rotate(endpoint, by=call.actor.by)
    return await act_sealed(call, action, lambda changed: objects.show_with_secret(changed, secret, waiting))


async def remove(call: Call) -> Answer:
    """DELETE /webhooks/{id}. A second time there is no such webhook."""
    action = RemoveEndpoint(community_id=call.actor.community_id, endpoint_id=call.id(), by=call.actor.by)
    await call.backend.ledger.submit(action)
    return Answer(wire.envelope(objects.Nothing()))


# Deliveries


async def deliveries(call: Call) -> Answer:
    """GET /webhooks/deliveries: all of the community's, those of removed webhooks included."""
    given = call.query().get("endpointId")
    endpoint_id = read_whole(given, "endpointId", default=0, least=1) if given else None
    return await _page(call, endpoint_id)


async def deliveries_of_one(call: Call) -> Answer:
    """GET /webhooks/{id}/deliveries."""
    return await _page(call, (await _find(call)).id)


async def delivery(call: Call) -> Answer:
    """GET /webhooks/deliveries/{id}: with every attempt, and the last one's request."""
    delivery_id = call.id()
    found = await call.backend.reader.delivery(call.actor.community_id, delivery_id)
    if found is None:
        msg = f"There is no delivery {delivery_id}."
        raise NotFoundError(msg)
    one, attempts = found
    request = await _request(call, one, attempts[-1]) if attempts else None
    return Answer(wire.envelope(objects.show_details(one, attempts, request)))


async def _page(call: Call, endpoint_id: int | None) -> Answer:
    query = call.query()
    take = read_whole(query.get("take"), "take", least=1, most=lists.TAKE_LIMIT, default=lists.TAKE_LIMIT)
    page = DeliveryPage(
        take=take + 1,  # one more tells whether there is a next page
        before=read_whole(query.get("cursor"), "cursor", least=1, default=ID_LIMIT),
        endpoint_id=endpoint_id,
        is_failed=read_bool(query.get("failed"), "failed", default=False),
    )
    found = await call.backend.reader.deliveries(call.actor.community_id, page)
    items = [objects.show_delivery(one) for one in found[:take]]
    return Answer(wire.envelope(objects.DeliveryList(items, str(items[-1].id) if len(found) > take else None)))


async def _request(call: Call, one: Delivery, attempt: Attempt) -> objects.RequestReply | None:
    made = await call.backend.desk.request_of(attempt, one.seq)
    return None if made is None else objects.RequestReply("POST", attempt.url, made[0], made[1].decode())


# Replays


async def replay(call: Call) -> Answer:
    """POST /webhooks/replay. It is queued in steps; the answer to an idempotency key is stored behind the last."""
    body = call.body(_replay)
    selection = Selection(
        event=body.event, conversation_id=body.conversation_id, since=body.since, is_failed=bool(body.failed)
    )
    problems = Problems()
    replays.check(selection, SELECTIONS, problems)
    problems.refuse_if_any()
    known = await _recall(call)
    if known is not None:
        return known
    try:
        count = await call.backend.desk.replay(
            call.actor.community_id,
            selection,
            by=call.actor.by,
            endpoint_id=body.endpoint_id,
            to=body.to or "",
            is_dry_run=bool(body.dry_run),
        )
    except NotFoundError as unknown:  # an id inside a body (spec §1)
        raise _unknown(selection, body, unknown) from unknown
    return await act_sealed(
        call, KeepAnswer(community_id=call.actor.community_id), lambda _: objects.ReplayReply(count)
    )


def _unknown(selection: Selection, body: objects.ReplayBody, unknown: NotFoundError) -> InvalidError:
    given = (selection.event, selection.conversation_id, body.endpoint_id)
    names = ("event", "conversationId", "endpointId")
    path = next((name for name, number in zip(names, given, strict=True) if str(number) in unknown.text), names[-1])
    return InvalidError(f"{path}: {unknown.text}", (Problem(path, unknown.text),))


# What they share


async def _find(call: Call) -> Endpoint:
    return await call.backend.desk.find(call.actor.community_id, call.id())


async def _waiting(call: Call, endpoint: Endpoint) -> int:
    return await call.backend.reader.waiting_for(endpoint)


async def act_sealed(call: Call, action: Action[Any], show: Callable[[Any], Any]) -> Answer:
    """As `Call.act`; what is stored for an idempotency key is sealed, for it may hold a secret."""
    desk, backend = call.backend.desk, call.backend
    once = call.once(lambda reply: desk.seal(wire.envelope(show(reply))))
    if once is None:
        return Answer(wire.envelope(show(await backend.ledger.submit(action))))
    return _opened(calls.stored(await backend.ledger.submit_once(action, once)), desk)


async def _recall(call: Call) -> Answer | None:
    """The answer that this call got before. Raises KeyReusedError when its key came with another request."""
    once = call.once(lambda _: b"")
    if once is None:
        return None
    try:
        found = await call.backend.ledger.submit_once(RecallAnswer(community_id=call.actor.community_id), once)
    except UnansweredError:
        return None
    return _opened(calls.stored(found), call.backend.desk)


def _opened(answer: Answer, desk: Desk) -> Answer:
    return Answer(desk.unseal(answer.body), answer.status, answer.headers)
