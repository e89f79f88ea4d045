"""The OpenAPI 3.1 document, made from the table of routes."""

import re
from functools import cache
from typing import Any

import msgspec

from parley import __version__
from parley.api import asyncapi, epochs, following, schema_page
from parley.api.accept import EVENT_STREAM
from parley.api.agent_routes import AGENT_ROUTES
from parley.api.calls import ID_LIMIT, Answer, Call
from parley.api.errors import (
    STATUS,
    Failure,
    Headers,
    MediaTypeError,
    NotAllowedError,
    ProblemDetails,
    SignInError,
    SlowRequestError,
)
from parley.api.routes import ROUTES, Route
from parley.api.session_keeper import COOKIE
from parley.api.tokens import TokenFailure
from parley.api.webhook_routes import WEBHOOK_ROUTES
from parley.core import errors
from parley.core.errors import ParleyError

TITLE = "Parley External Chat API"
WORDS = (
    "Create conversations on behalf of a client, and follow them. Every answer but the token's stands in an envelope "
    "{data, errorCode, errorText}; errorCode is −1 on success."
)
_KEY_PATTERN = r'^([!#-~][!-~]{0,254}|"[!#-\[\]-~]{1,255}")$'
_EPOCH = {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": ID_LIMIT}
_FRAMES = "Frames of server-sent events; /schema/asyncapi.json describes them"
_REF = "#/components/schemas/{name}"
_PAGE_HEADERS: Headers = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
)


async def document(call: Call) -> Answer:
    """GET /schema/openapi.json: the document itself, not enveloped."""
    return Answer(_written())


async def page(call: Call) -> Answer:
    """GET /schema: the document as a page that needs no script and no foreign host."""
    return Answer(_page(), headers=_PAGE_HEADERS, media_type=b"text/html; charset=utf-8")


SCHEMA_ROUTES = (
    Route(
        method="GET",
        path="/schema/openapi.json",
        name="openapi",
        summary="This document",
        handler=document,
        reply=dict[str, Any],
        scope=None,
        is_bare=True,
    ),
    Route(
        method="GET",
        path="/schema/asyncapi.json",
        name="asyncapi",
        summary="What the live streams carry, as an AsyncAPI document",
        handler=asyncapi.document,
        reply=dict[str, Any],
        scope=None,
        is_bare=True,
    ),
    Route(
        method="GET",
        path="/schema",
        name="schemaPage",
        summary="This document as a page",
        handler=page,
        reply=None,
        scope=None,
        is_bare=True,
    ),
)
ALL_ROUTES = (*ROUTES, *WEBHOOK_ROUTES, *AGENT_ROUTES, *SCHEMA_ROUTES)


@cache
def describe() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    types = [route.reply for route in ALL_ROUTES if route.reply is not None]
    types += [kind for route in ALL_ROUTES for kind in (route.body, route.form) if kind is not None]
    types += [Failure, ProblemDetails, TokenFailure]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    _leave_out_defaults(components)
    schema_of = {repr(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for route in ALL_ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": __version__, "description": WORDS},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _leave_out_defaults(components: dict[str, Any]) -> None:
    """An optional member's default is null in a request, which says no more than absent, and absent in an answer.

    Written down it makes openapi-typescript take the member for one that is always there.
    """
    for schema in components.values():
        for member in schema.get("properties", {}).values():
            member.pop("default", None)


@cache
def _written() -> bytes:
    return msgspec.json.encode(describe())


@cache
def _page() -> bytes:
    return schema_page.draw(describe())


def _operation(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": _responses(route, schema_of),
    }
    parameters = [_path_parameter(route, name) for name in re.findall(r"{(\w+)}", route.path)]
    parameters += [
        {"name": member.name, "in": "query", "description": member.words, "schema": member.schema}
        for member in route.query
    ]
    if route.has_stream:
        parameters.append(
            {
                "name": following.LAST_EVENT_ID,
                "in": "header",
                "description": "Of a stream: the number it goes on after; counts before the query",
                "schema": _NUMBER,
            }
        )
    if route.needs_proof:
        parameters.append(
            {
                "name": "X-Parley-CSRF",
                "in": "header",
                "required": True,
                "description": "The csrfToken of the session",
                "schema": {"type": "string"},
            }
        )
    if route.repeats_safely:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Repeats with the same key get the first answer; kept for at least 24 hours",
                "schema": {"type": "string", "pattern": _KEY_PATTERN},
            }
        )
    if route.takes_body and route.is_about_conversation:
        parameters.append(
            {
                "name": epochs.NAME,
                "in": "header",
                "description": "The epoch that this was decided under; refused with 409 when it is not the present one",
                "schema": _EPOCH,
            }
        )
    if parameters:
        operation["parameters"] = parameters
    if route.scope is not None:
        operation["security"] = [{"accessToken": []}]
    if route.agent is not None:
        operation["security"] = [{"session": []}]
    for kind, media_type in (
        (route.body, "application/json"),
        (route.form, "application/x-www-form-urlencoded"),
    ):
        if kind is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {media_type: {"schema": schema_of[repr(kind)] | route.body_limits}},
            }
    return operation


def _path_parameter(route: Route, name: str) -> dict[str, Any]:
    schema = route.path_schemas.get(name, {"type": "integer", "minimum": 1})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _responses(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    if route.reply is None:
        content: dict[str, Any] = {"text/html": {}}
    elif route.is_bare:
        content = {"application/json": {"schema": schema_of[repr(route.reply)]}}
    else:
        content = {"application/json": {"schema": _envelope(schema_of[repr(route.reply)])}}
    if route.has_stream:
        content[EVENT_STREAM] = {"schema": {"type": "string", "description": _FRAMES}}
    responses: dict[str, Any] = {"200": {"description": "Done", "content": content}}
    if route.tells_epoch:
        words = "The conversation's takeover epoch, which rises with every change of holder"
        responses["200"]["headers"] = {epochs.NAME: {"description": words, "required": True, "schema": _EPOCH}}
    if route.may_be_nothing:
        responses["204"] = {"description": "There was nothing to do"}
    if route.form is not None:
        failure = {"application/json": {"schema": schema_of[repr(TokenFailure)]}}
        responses |= {"400": _failed("invalid_request, invalid_grant or unsupported_grant_type", failure)}
        responses |= {"401": _failed("invalid_client", failure)}
    if route.is_conditional:
        responses["304"] = {"description": "The caller has it already (If-None-Match)"}
    failure = {
        "application/json": {"schema": schema_of[repr(Failure)]},
        "application/problem+json": {"schema": schema_of[repr(ProblemDetails)]},
    }
    for kind in _errors_of(route):
        responses.setdefault(str(STATUS[kind]), _failed(_words(kind), failure))
    return dict(sorted(responses.items()))


def _failed(words: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": content}


def _words(kind: type[ParleyError]) -> str:
    return (kind.__doc__ or "").split("\n")[0]


def _envelope(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data", "errorCode", "errorText"],
        "properties": {"data": data, "errorCode": {"const": -1}, "errorText": {"type": "null"}},
    }


def _errors_of(route: Route) -> tuple[type[ParleyError], ...]:
    """Everything a route of this kind can meet, and what it adds itself."""
    found: list[type[ParleyError]] = list(route.errors)
    if route.scope is not None:
        found += [errors.UnauthorizedError, errors.ForbiddenError, errors.UnavailableError]
    if route.agent is not None:
        found += [SignInError, NotAllowedError, errors.UnavailableError]
    if route.query:
        found += [errors.MalformedError, errors.InvalidError]
    if route.takes_body:
        found += [SlowRequestError, errors.TooLargeError, errors.UnavailableError]
    if route.repeats_safely:  # Idempotency-Key, and a place in the line
        found += [errors.InvalidError, errors.BusyError]
    if route.takes_body and route.is_about_conversation:
        found += [errors.StaleEpochError]
    if route.body is not None:
        found += [errors.MalformedError, MediaTypeError]
    return tuple(found)
