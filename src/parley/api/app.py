"""The ASGI application: finds the route, lets the call through its checks, answers, and turns errors into envelopes."""

import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router

from parley.api import errors
from parley.api.calls import Answer, Backend, Call, GoneError, Receive
from parley.api.openapi import ALL_ROUTES
from parley.api.routes import Route
from parley.core.errors import ParleyError

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

EXPOSED = ["X-Request-Id", "Idempotent-Replayed", "Retry-After", "WWW-Authenticate"]
SENT = ["Authorization", "Content-Type", "Idempotency-Key"]
CORS_MAX_AGE_S = 600

log = logging.getLogger("parley.api")


class RequestIds:
    """Ids that tell requests apart: a random part for the process and a count."""

    def __init__(self) -> None:
        self._process = secrets.token_hex(6)
        self._count = itertools.count(1)

    def next(self) -> str:
        """A new one."""
        return f"{self._process}-{next(self._count):x}"


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
            answer = refusal(refused, request_id)
        except Exception as broken:  # noqa: BLE001 - the last line of defence: the caller gets an answer, we a log line
            answer = fault(broken, request_id)
        await respond(send, answer, request_id)

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Answer:
        method = scope["method"]
        route = self._routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise errors.MethodError(method, self._allow)
        call = Call(scope, self._backend, request_id)
        if route.scope is not None:
            await call.authenticate(route.scope)
        if route.takes_body:
            await call.receive_body(receive)
        return await route.handler(call)


async def respond(send: Send, answer: Answer, request_id: str) -> None:
    """Send a whole answer."""
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.media_type),
                (b"content-length", str(len(answer.body)).encode()),
                (b"x-request-id", request_id.encode()),
                *answer.headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


def refusal(error: ParleyError, request_id: str) -> Answer:
    """An expected error as an answer."""
    status = errors.status_of(error)
    if status >= 500:  # noqa: PLR2004 - the class of our own faults
        log.warning("unavailable", extra={"request_id": request_id, "code": error.code})
    return Answer(errors.body_of(error, request_id), status, errors.headers_of(error))


def fault(broken: Exception, request_id: str) -> Answer:
    """A bug as an answer: nothing of it is shown, and the log gets where it was but not what it was about."""
    place = broken.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown"
    log.error("fault", extra={"request_id": request_id, "error": type(broken).__name__, "where": where})
    hidden = errors.InternalError("Something went wrong on our side. The log has more under this requestId.")
    return Answer(errors.body_of(hidden, request_id), 500)


def build(backend: Backend, *, prefix: str = "", cors_origins: tuple[str, ...] = ()) -> Asgi:
    """The application. `prefix` is a path under which everything is served as well."""
    ids = RequestIds()
    by_path: dict[str, dict[str, Route]] = {}
    for route in ALL_ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route

    async def no_route(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = ids.next()
        await respond(send, refusal(errors.NoRouteError("There is nothing at this path."), request_id), request_id)

    router = Router(
        [StarletteRoute(path, Resource(routes, backend, ids), name=path) for path, routes in by_path.items()],
        redirect_slashes=False,
        default=no_route,
    )
    with_cors: Any = router
    if cors_origins:
        with_cors = CORSMiddleware(
            router,
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
        chosen: Any = with_cors if path.startswith("/chat/") else router
        await chosen(scope, receive, send)

    return app
