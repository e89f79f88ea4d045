"""The table of routes: what the router, the OpenAPI document and the generated tests are all made of."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from parley.api import conversations, health, tokens, wire
from parley.api.calls import Answer, Call
from parley.core import errors
from parley.core.access import Scope
from parley.core.errors import ParleyError

Handler = Callable[[Call], Awaitable[Answer]]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the query."""

    name: str
    schema: dict[str, Any]
    words: str


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one path.

    `scope` is None for routes that need no token. `reply` is what stands in the envelope's `data`; with `is_bare` it
    is the whole answer. `errors` are those that are this route's own; what every route of its kind can meet is added
    where the document is made.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    reply: Any
    scope: Scope | None = Scope.CHAT
    body: Any = None
    form: Any = None
    query: tuple[Parameter, ...] = ()
    errors: tuple[type[ParleyError], ...] = ()
    is_bare: bool = False

    @property
    def takes_body(self) -> bool:
        """Whether a body is read."""
        return self.method in {"POST", "PATCH", "PUT"}


_ORDER = {
    "type": "string",
    "enum": ["creation_time_asc", "creation_time_desc"],
    "default": "creation_time_desc",
}

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/chat/conversations",
        name="createConversation",
        summary="Create a conversation",
        handler=conversations.create,
        body=wire.CreateConversationBody,
        reply=wire.ConversationReply,
    ),
    Route(
        method="GET",
        path="/chat/conversations/{id}",
        name="getConversation",
        summary="Read a conversation",
        handler=conversations.get,
        reply=wire.ConversationReply,
        query=(
            Parameter(
                name="includeMessages",
                schema={"type": "boolean", "default": False},
                words="With at most 100 messages: the earliest or the latest, by orderyBy",
            ),
            Parameter(name="orderyBy", schema=_ORDER, words="Order of the messages; the published spelling"),
            Parameter(name="orderBy", schema=_ORDER, words="The same, spelt right"),
        ),
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="POST",
        path="/token",
        name="token",
        summary="Get an access token for a refresh token",
        handler=tokens.token,
        form=tokens.TokenForm,
        reply=tokens.TokenReply,
        scope=None,
        is_bare=True,
    ),
    Route(
        method="GET",
        path="/health/live",
        name="live",
        summary="Whether the process runs",
        handler=health.live,
        reply=health.Health,
        scope=None,
    ),
    Route(
        method="GET",
        path="/health/ready",
        name="ready",
        summary="Whether the database answers and its schema is this program's",
        handler=health.ready,
        reply=health.Health,
        scope=None,
        errors=(errors.UnavailableError,),
    ),
    Route(
        method="GET",
        path="/version",
        name="version",
        summary="Which Parley this is",
        handler=health.version,
        reply=health.Version,
        scope=None,
    ),
)
