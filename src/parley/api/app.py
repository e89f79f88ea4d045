"""The ASGI application: finds the route, lets the call through its checks, answers, and turns errors into envelopes."""

import hashlib
import itertools
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router

from parley.api import epochs, errors
from parley.api.calls import Answer, Backend, Call, GoneError, Receive
from parley.api.openapi import ALL_ROUTES
from parley.api.pages import PAGES
from parley.api.routes import Route
from parley.core.errors import ParleyError, place_of

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

EXPOSED = ["ETag", "X-Request-Id", "Idempotent-Replayed", "Retry-After", "WWW-Authenticate", epochs.NAME]
SENT = ["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Last-Event-ID", epochs.NAME]
TAG_BYTES = 12  # of an entity tag: two bodies share one with a chance of 1 in 2^96
CORS_MAX_AGE_S = 600
BODILESS = frozenset({204, 304})  # statuses whose answers have no body to describe (RFC 9110 §6.4.1)

log = logging.getLogger("parley.api")


class RequestIds:
    """Ids that tell requests apart: a part for the process and a count."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._count = itertools.count(1)

    def next(self) -> str:
        """A new one."""
        return f"{self._instance}-{next(self._count):x}"


class Resource:
    """The endpoint of one path, with one route per method."""

    def __init__(self, routes: dict[str, Route], backend: Backend, ids: RequestIds) -> None:
        self._routes = routes
        self._backend = backend
        self._ids = ids
        self._allow = ", ".join(sorted(routes | ({"HEAD": None} if "GET" in routes else {})))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = self._ids.next()
        try:
            answer = await self._answer(scope, receive, request_id)
        except GoneError:
            return
        except ParleyError as refused:
            answer = refusal(refused, request_id, scope)
        except Exception as broken:  # noqa: BLE001 - the last line of defence: the caller gets an answer, we a log line
            answer = fault(broken, request_id, scope)
        await respond(send, answer, request_id)

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Answer:
        method = scope["method"]
        route = self._routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise errors.MethodError(method, self._allow)
        call = Call(scope, self._backend, request_id)
        if route.scope is not None:
            await call.authenticate(route.scope)
        if route.agent is not None:
            await call.admit(route.agent, is_use=route.is_use)
        if route.takes_body:
            await call.receive_body(receive)
        answer = await route.handler(call)
        return conditional(call, answer) if route.is_conditional and answer.stream is None else answer


def conditional(call: Call, answer: Answer) -> Answer:
    """A read's answer with its entity tag, or 304 when the caller has it already (RFC 9110 §13.1.2).

    The tag is made of the whole body, so a place that moved in the queue is a new tag.
    """
    tag = b'"%s"' % hashlib.blake2b(answer.body, digest_size=TAG_BYTES).hexdigest().encode()
    headers = (*answer.headers, (b"etag", tag), (b"cache-control", b"private, no-cache"))
    known = call.headers.get(b"if-none-match", b"")
    if known == b"*" or tag in (part.strip().removeprefix(b"W/") for part in known.split(b",")):
        return Answer(b"", 304, headers)
    return msgspec.structs.replace(answer, headers=headers)


async def respond(send: Send, answer: Answer, request_id: str) -> None:
    """Send a whole answer."""
    headers = [(b"x-request-id", request_id.encode()), *answer.headers]
    if answer.status not in BODILESS:
        headers.append((b"content-type", answer.media_type))
        if answer.stream is None:
            headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body if answer.stream is None else await answer.stream()
    await send({"type": "http.response.body", "body": body})


def refusal(error: ParleyError, request_id: str, scope: Scope) -> Answer:
    """An expected error as an answer: in our envelope, or as problem details (RFC 9457) when those are asked for."""
    status = errors.status_of(error)
    if status == 500 and not isinstance(error, errors.InternalError):  # noqa: PLR2004 - not public: as any other fault
        return fault(error, request_id, scope)
    if status >= 500:  # noqa: PLR2004 - the class of our own faults
        log.warning("unavailable", extra={"request_id": request_id, "code": error.code})
    if _wants_problem(scope):
        body = errors.problem_of(error, request_id)
        return Answer(body, status, errors.headers_of(error), errors.PROBLEM_TYPE)
    return Answer(errors.body_of(error, request_id), status, errors.headers_of(error))


def _wants_problem(scope: Scope) -> bool:
    return any(name == b"accept" and errors.PROBLEM_TYPE in value.lower() for name, value in scope["headers"])


def fault(broken: Exception, request_id: str, scope: Scope) -> Answer:
    """A bug as an answer: nothing of it is shown, and the log gets where it was but not what it was about."""
    extra = {"request_id": request_id, "error": type(broken).__name__, "where": place_of(broken)}
    log.error("fault", extra=extra)
    hidden = errors.InternalError("Something went wrong on our side. The log has more under this requestId.")
    return refusal(hidden, request_id, scope)


def build(backend: Backend, *, prefix: str = "", cors_origins: tuple[str, ...] = ()) -> Asgi:
    """The application. `prefix` is a path under which everything is served as well."""
    ids = RequestIds(backend.instance)
    by_path: dict[str, dict[str, Route]] = {}
    for route in (*ALL_ROUTES, *PAGES):
        by_path.setdefault(route.path, {})[route.method] = route

    async def no_route(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = ids.next()
        await respond(
            send, refusal(errors.NoRouteError("There is nothing at this path."), request_id, scope), request_id
        )

    resources = {path: Resource(routes, backend, ids) for path, routes in by_path.items()}
    router = Router(
        [StarletteRoute(path, resource, name=path) for path, resource in resources.items()],
        redirect_slashes=False,
        default=no_route,
    )
    fixed = {path: resource for path, resource in resources.items() if "{" not in path}

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        chosen: Any = fixed.get(scope["path"]) or router  # a path without parameters needs no patterns
        await chosen(scope, receive, send)

    with_cors: Any = routed
    if cors_origins:
        with_cors = CORSMiddleware(
            routed,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST", "PATCH"],
            allow_headers=SENT,
            expose_headers=EXPOSED,
            max_age=CORS_MAX_AGE_S,
        )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if prefix and path.startswith(f"{prefix}/"):
            path = scope["path"] = path.removeprefix(prefix)
        chosen: Any = with_cors if path.startswith("/chat/") else routed
        if path.endswith("\n"):
            chosen = no_route  # the routes' patterns end in $, which lets a last line feed pass
        await chosen(scope, receive, send)

    return app
