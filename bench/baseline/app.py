"""The baseline's application: `def` endpoints, which FastAPI runs in its thread pool.

With BASELINE_BLOCKING=yes the same function runs in the event loop and stops it during each transaction. That
is not how it is done, since every other request waits as well, but it saves the change of threads.
"""

import os
from typing import Annotated, cast

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from bench.baseline.conversations import Place, RefusedError, UnknownCommunityError, create_conversation
from bench.baseline.tables import make_durable
from bench.baseline.tokens import Caller, TokenCheck
from bench.baseline.values import Envelope, NewConversation

POOL_SIZE = 1
"""SQLite has one writer at a time, and a place in the pool's queue is a fairer wait than its busy handler."""

_UNAUTHORIZED = 401
_UNPROCESSABLE = 422


def app() -> FastAPI:
    """Return the application on the database, key and form that the environment names."""
    engine = create_engine(f"sqlite:///{os.environ['BASELINE_DATABASE']}", pool_size=POOL_SIZE, max_overflow=0)
    make_durable(engine)
    sessions = sessionmaker(engine, expire_on_commit=False)
    api = bare_app()
    check = TokenCheck()
    place = place_form()

    def create(new: NewConversation, caller: Annotated[Caller, Depends(check)]) -> Envelope:
        with sessions.begin() as session:
            data = create_conversation(
                session, new, community_id=caller.community_id, client_id=caller.client_id, place=place
            )
        return Envelope(data=data)

    async def create_blocking(new: NewConversation, caller: Annotated[Caller, Depends(check)]) -> Envelope:
        return create(new, caller)

    is_blocking = os.environ.get("BASELINE_BLOCKING") == "yes"
    api.post("/chat/conversations")(create_blocking if is_blocking else create)

    @api.get("/health/ready")
    def ready() -> dict[str, str]:
        with sessions.begin() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ready"}

    return api


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

    return api


def place_form() -> Place:
    """Return how the place in the queue is to be found."""
    return cast("Place", os.environ["BASELINE_PLACE"])


def _failure(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"data": None, "errorCode": status, "errorText": sentence}, status)
