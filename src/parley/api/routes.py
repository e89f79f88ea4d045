"""The table of routes: what the router, the OpenAPI document and the generated tests are all made of."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from parley.api import conversations, following, happenings, health, lists, messages, takeover, tokens, wire
from parley.api.calls import Answer, Call
from parley.core import errors
from parley.core.access import Scope
from parley.core.agency import Agency
from parley.core.errors import ParleyError

Handler = Callable[[Call], Awaitable[Answer]]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the query."""

    name: str
    schema: dict[str, Any]
    words: str


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one path.

    `scope` is None for routes that need no token, `agent` for those that need no teammate. `reply` is what stands in
    the envelope's `data`; with `is_bare` it is the whole answer. `errors` are those that are this route's own; what
    every route of its kind can meet is added where the document is made.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    reply: Any
    scope: Scope | None = Scope.CHAT
    agent: Agency | None = None
    body: Any = None
    body_limits: dict[str, int] = {}
    form: Any = None
    query: tuple[Parameter, ...] = ()
    errors: tuple[type[ParleyError], ...] = ()
    is_bare: bool = False
    has_stream: bool = False  # whoever prefers text/event-stream gets that instead of the reply
    takes_key: bool = True  # whether a write takes an Idempotency-Key; one that hands out a secret does not
    is_kept_private: bool = False  # a read whose answer nobody may keep, so it carries no entity tag
    may_be_nothing: bool = False  # 204 when there is nothing to do
    is_use: bool = True  # whether it keeps the session from running out; what a page does by itself does not
    path_schemas: dict[str, dict[str, Any]] = {}  # of what stands in the path and is no id of ours

    @property
    def is_conditional(self) -> bool:
        """Whether answers carry an entity tag: reads of a community's data do."""
        is_guarded = self.scope is not None or self.agent is not None
        return self.method == "GET" and is_guarded and not self.is_kept_private

    @property
    def is_about_conversation(self) -> bool:
        """Whether it reads or changes one conversation that exists."""
        return self.path.startswith(("/chat/conversations/{id}", "/agents/conversations/{id}"))

    @property
    def repeats_safely(self) -> bool:
        """Whether a repeat with the same Idempotency-Key gets the first answer."""
        return self.takes_body and not self.is_bare and self.takes_key

    @property
    def needs_proof(self) -> bool:
        """Whether it changes something for a session, so that the page must show that it is ours."""
        return self.agent is not None and self.method != "GET"

    @property
    def tells_epoch(self) -> bool:
        """Whether the answer is about one conversation, and so carries its takeover epoch."""
        return self.is_about_conversation or (self.path == "/chat/conversations" and self.method == "POST")

    @property
    def takes_body(self) -> bool:
        """Whether a body is read."""
        return self.method in {"POST", "PATCH", "PUT"}


_ORDER = {"type": "string", "enum": ["creation_time_asc", "creation_time_desc"]}
_NEWEST_FIRST = {"default": "creation_time_desc"}
NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
_TAKE = {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}
_ONE_TO_A_HUNDRED = {"minItems": 1, "maxItems": 100}
PAGING = (
    Parameter(name="cursor", schema={"type": "string"}, words="The nextCursor of the page before"),
    Parameter(name="take", schema=_TAKE, words="At most so many"),
)
EVENTS = (
    Parameter(name="after", schema=NUMBER, words="Those behind this number. A list begins at 0, a stream now"),
    Parameter(name="take", schema=_TAKE, words="Of a list: at most so many"),
)

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
            # Without a default in the schema: generated clients send defaults, and one spelling would beat the other.
            Parameter(
                name="orderyBy",
                schema=_ORDER,
                words="Order of the messages, creation_time_desc unless given; the published spelling",
            ),
            Parameter(name="orderBy", schema=_ORDER, words="The same, spelt right"),
        ),
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/chat/conversations",
        name="listConversations",
        summary="List conversations, newest change first",
        handler=lists.conversations,
        reply=wire.ConversationList,
        query=(
            Parameter(
                name="state",
                schema={"type": "string", "enum": ["waiting", "bot", "assigned", "closed"]},
                words="Only those in this state",
            ),
            Parameter(name="categoryId", schema=NUMBER, words="Only those of this category"),
            Parameter(name="authorId", schema={"type": "string", "format": "uuid"}, words="Only those of this user"),
            *PAGING,
        ),
    ),
    Route(
        method="POST",
        path="/chat/conversations/{id}/messages",
        name="addMessages",
        summary="Add messages",
        handler=messages.add,
        body=list[wire.MessageBody],
        body_limits=_ONE_TO_A_HUNDRED,
        reply=list[wire.MessageReply],
        errors=(errors.NotFoundError, errors.ConflictError),
    ),
    Route(
        method="POST",
        path="/chat/conversations/{id}/previousMessages",
        name="importMessages",
        summary="Import earlier messages, without side effects",
        handler=messages.import_earlier,
        body=list[wire.MessageBody],
        body_limits=_ONE_TO_A_HUNDRED,
        reply=list[wire.MessageReply],
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/chat/conversations/{id}/messages",
        name="listMessages",
        summary="List messages",
        handler=messages.list_page,
        reply=list[wire.MessageReply],
        query=(
            Parameter(name="orderBy", schema=_ORDER | _NEWEST_FIRST, words="By the time they were said"),
            Parameter(name="skip", schema={"type": "integer", "minimum": 0, "default": 0}, words="Leave out the first"),
            Parameter(name="take", schema=_TAKE, words="At most so many"),
            Parameter(name="after", schema=NUMBER, words="Those that arrived after this message id, in that order"),
            Parameter(name="before", schema=NUMBER, words="Those that arrived before this message id, newest first"),
        ),
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/chat/conversations/{id}/queue",
        name="getQueuePosition",
        summary="Read the place in the queue and the expected wait",
        handler=conversations.queue,
        reply=wire.QueuePosition,
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/chat/conversations/{id}/queue/estimate",
        name="getQueueEstimate",
        summary="Read the place in the queue with the range of the wait",
        handler=conversations.queue_estimate,
        reply=wire.QueueEstimate,
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/chat/conversations/{id}/takeover",
        name="getTakeover",
        summary="Read whether the bot has the conversation",
        handler=takeover.get,
        reply=wire.TakeoverReply,
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/chat/conversations/{id}/events",
        name="followConversation",
        summary="Follow what happens in a conversation",
        handler=following.of_conversation,
        reply=happenings.EventList,
        query=EVENTS,
        errors=(errors.NotFoundError,),
        has_stream=True,
    ),
    Route(
        method="PATCH",
        path="/chat/conversations/{id}/takeover",
        name="changeTakeover",
        summary="Hand the conversation to the bot, to a teammate or to the queue",
        handler=takeover.change,
        body=wire.TakeoverBody,
        reply=wire.TakeoverReply,
        errors=(errors.NotFoundError, errors.ConflictError),
    ),
    Route(
        method="PATCH",
        path="/chat/conversations/{id}/feedback",
        name="giveFeedback",
        summary="Store the client's feedback; a new one replaces the old",
        handler=conversations.give_feedback,
        body=wire.FeedbackBody,
        reply=wire.FeedbackReply,
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="PATCH",
        path="/chat/conversations/{id}/latestUrl",
        name="changeLatestUrl",
        summary="Move the page the client is on",
        handler=conversations.change_latest_url,
        body=wire.LatestUrlBody,
        reply=wire.ConversationReply,
        errors=(errors.NotFoundError, errors.ConflictError),
    ),
    Route(
        method="PATCH",
        path="/chat/conversations/{id}/close",
        name="closeConversation",
        summary="Close the conversation; again gets the same answer",
        handler=conversations.close,
        reply=wire.ConversationReply,
        errors=(errors.NotFoundError,),
    ),
    Route(
        method="GET",
        path="/events",
        name="followCommunity",
        summary="Follow everything that happens in the community",
        handler=following.of_community,
        reply=happenings.EventList,
        query=EVENTS,
        has_stream=True,
    ),
    Route(
        method="GET",
        path="/categories",
        name="listCategories",
        summary="List the community's categories",
        handler=lists.categories,
        reply=wire.CategoryList,
        query=PAGING,
    ),
    Route(
        method="GET",
        path="/fields",
        name="listFields",
        summary="List the community's custom fields",
        handler=lists.fields,
        reply=wire.FieldList,
        query=PAGING,
    ),
    Route(
        method="GET",
        path="/teammates",
        name="listTeammates",
        summary="List the community's teammates",
        handler=lists.teammates,
        reply=wire.TeammateList,
        query=PAGING,
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
