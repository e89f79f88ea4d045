"""The baseline's application: `def` endpoints, which FastAPI runs in its thread pool.

With BASELINE_BLOCKING=yes the same function runs in the event loop and stops it during each transaction. That
is not how it is done, since every other request waits as well, but it saves the change of threads.
"""

import os
from typing import Annotated, cast

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import sessionmaker

from bench.baseline.conversations import (
    MESSAGES_LIMIT,
    Order,
    Place,
    RefusedError,
    UnknownCommunityError,
    UnknownConversationError,
    create_conversation,
    read_conversation,
)
from bench.baseline.messages import add_messages
from bench.baseline.tables import make_durable, make_snapshots
from bench.baseline.tokens import Caller, TokenCheck
from bench.baseline.values import ConversationReply, Envelope, MessageReply, NewConversation, NewMessage

WRITERS = 1
"""SQLite has one writer at a time, and a place in the pool's queue is a fairer wait than its busy handler."""

SERVER_WRITERS = 5
"""On PostgreSQL, where they wait for each other at the community's row: the fastest of 1, 5 and 15."""

READERS = 2
"""Reads at a time: the fastest of 1, 2, 5 and 15, for more only wait for the interpreter lock."""

_Messages = Annotated[list[NewMessage], Body(min_length=1, max_length=MESSAGES_LIMIT)]

_UNAUTHORIZED = 401
_NOT_FOUND = 404
_UNPROCESSABLE = 422


def app() -> FastAPI:
    """Return the application on the database, key and form that the environment names."""
    engine, read_engine = _engines(os.environ["BASELINE_DATABASE"])
    sessions = sessionmaker(engine, expire_on_commit=False)
    read_sessions = sessionmaker(read_engine)
    api = bare_app()
    check = TokenCheck()
    place = place_form()

    def create(new: NewConversation, caller: Annotated[Caller, Depends(check)]) -> Envelope[ConversationReply]:
        with sessions.begin() as session:
            data = create_conversation(
                session, new, community_id=caller.community_id, client_id=caller.client_id, place=place
            )
        return Envelope(data=data)

    async def create_blocking(
        new: NewConversation, caller: Annotated[Caller, Depends(check)]
    ) -> Envelope[ConversationReply]:
        return create(new, caller)

    is_blocking = os.environ.get("BASELINE_BLOCKING") == "yes"
    api.post("/chat/conversations")(create_blocking if is_blocking else create)

    @api.post("/chat/conversations/{conversation_id}/messages")
    def add(
        conversation_id: int, new: _Messages, caller: Annotated[Caller, Depends(check)]
    ) -> Envelope[list[MessageReply]]:
        with sessions.begin() as session:
            data = add_messages(
                session,
                new,
                conversation_id=conversation_id,
                community_id=caller.community_id,
                client_id=caller.client_id,
            )
        return Envelope(data=data)

    @api.get("/chat/conversations/{conversation_id}")
    def read(
        conversation_id: int,
        caller: Annotated[Caller, Depends(check)],
        *,
        with_messages: Annotated[bool, Query(alias="includeMessages")] = False,
        order: Annotated[Order, Query(alias="orderyBy")] = "creation_time_desc",
    ) -> Envelope[ConversationReply]:
        with read_sessions.begin() as session:
            data = read_conversation(
                session,
                conversation_id,
                community_id=caller.community_id,
                order=order if with_messages else None,
            )
        return Envelope(data=data)

    @api.get("/health/ready")
    def ready() -> dict[str, str]:
        with sessions.begin() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ready"}

    return api


def _engines(database: str) -> tuple[Engine, Engine]:
    """The writers' engine and the readers', on a file or on the server that a URL names."""
    if "://" in database:
        engine = create_engine(database, pool_size=SERVER_WRITERS, max_overflow=0)
        return engine, engine
    engine = create_engine(f"sqlite:///{database}", pool_size=WRITERS, max_overflow=0)
    make_durable(engine)
    read_engine = create_engine(f"sqlite:///{database}", pool_size=READERS, max_overflow=0)
    make_snapshots(read_engine)
    return engine, read_engine


def bare_app() -> FastAPI:
    """Return an application that answers errors in the envelope and has no endpoint yet."""
    api = FastAPI()

    @api.exception_handler(HTTPException)
    async def failed(_request: Request, error: HTTPException) -> JSONResponse:
        return _failure(error.status_code, str(error.detail))

    @api.exception_handler(RefusedError)
    async def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return _failure(_UNPROCESSABLE, str(error))

    @api.exception_handler(UnknownCommunityError)
    async def unknown(_request: Request, _error: UnknownCommunityError) -> JSONResponse:
        return _failure(_UNAUTHORIZED, "invalid_token")

    @api.exception_handler(UnknownConversationError)
    async def not_found(_request: Request, _error: UnknownConversationError) -> JSONResponse:
        return _failure(_NOT_FOUND, "there is no such conversation")

    return api


def place_form() -> Place:
    """Return how the place in the queue is to be found."""
    return cast("Place", os.environ["BASELINE_PLACE"])


def _failure(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"data": None, "errorCode": status, "errorText": sentence}, status)
