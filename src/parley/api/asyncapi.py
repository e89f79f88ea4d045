"""The AsyncAPI 3.0 document of the live stream, made from the events and the routes that carry them."""

from functools import cache
from typing import Any, get_args

import msgspec

from parley import __version__
from parley.api import frames, happenings
from parley.api.agent_routes import AGENT_ROUTES
from parley.api.calls import Answer, Call
from parley.api.routes import ROUTES, Route
from parley.api.session_keeper import COOKIE

TITLE = "Parley live stream"
WORDS = (
    "What happens, sent as server-sent events: an event's seq is the frame's id, its type the frame's event, and this "
    "payload the frame's data, as one line of JSON. Comments are heartbeats, or say why the stream ends. Whoever "
    "comes back with Last-Event-ID gets everything since, once."
)
QUEUE = "queue"
TYPING = "typing"

_SCHEMA = "#/components/schemas/{name}"
_MESSAGE = "#/components/messages/{name}"


async def document(call: Call) -> Answer:
    """GET /schema/asyncapi.json: the document itself, not enveloped."""
    return Answer(_written())


@cache
def describe() -> dict[str, Any]:
    """The document."""
    kinds = payloads()
    _, schemas = msgspec.json.schema_components(list(kinds.values()), ref_template=_SCHEMA)
    routes = [route for route in (*ROUTES, *AGENT_ROUTES) if route.has_stream]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": TITLE, "version": __version__, "description": WORDS},
        "defaultContentType": "application/json",
        "channels": {route.name: _channel(route) for route in routes},
        "operations": {route.name: _operation(route) for route in routes},
        "components": {
            "messages": {name: _message(name, kind) for name, kind in kinds.items()},
            "schemas": schemas,
            "securitySchemes": {
                "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "httpApiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def payloads() -> dict[str, Any]:
    """What a frame can hold, by the frame's event."""
    return _named(happenings.ShownToTeam) | {QUEUE: frames.QueueFrame, TYPING: frames.TypingFrame}


def _named(kinds: Any) -> dict[str, Any]:
    return {str(kind.__struct_config__.tag): kind for kind in get_args(kinds)}


FOR_TEAM = _named(happenings.ShownToTeam).keys() - _named(happenings.Shown).keys()  # for teammates alone


def carried(route: Route) -> list[str]:
    """The events of the frames that a route's stream carries."""
    told = payloads() if route.agent else {name: kind for name, kind in payloads().items() if name not in FOR_TEAM}
    if not route.is_about_conversation:
        return [name for name in told if name not in (() if route.agent else (TYPING,)) and name != QUEUE]
    of_one = happenings.OfConversation | frames.QueueFrame | frames.TypingFrame
    return [name for name, kind in told.items() if issubclass(kind, of_one)]


@cache
def _written() -> bytes:
    return msgspec.json.encode(describe())


def _channel(route: Route) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": route.path,
        "messages": {name: {"$ref": _MESSAGE.format(name=name)} for name in carried(route)},
    }
    if "{id}" in route.path:
        channel["parameters"] = {"id": {"description": "The conversation"}}
    return channel


def _operation(route: Route) -> dict[str, Any]:
    query = {"type": "object", "properties": {member.name: member.schema for member in route.query[:1]}}
    return {
        "action": "send",
        "summary": route.summary,
        "channel": {"$ref": f"#/channels/{route.name}"},
        "security": [{"$ref": f"#/components/securitySchemes/{'session' if route.agent else 'accessToken'}"}],
        "bindings": {"http": {"method": route.method, "query": query, "bindingVersion": "0.3.0"}},
    }


def _message(name: str, kind: Any) -> dict[str, Any]:
    words = (kind.__doc__ or "").split("\n")[0]
    return {
        "name": name,
        "summary": words,
        "contentType": "application/json",
        "payload": {"$ref": _SCHEMA.format(name=kind.__name__)},
    }
