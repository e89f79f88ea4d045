"""The baseline with `async def` endpoints and an async engine, to show which of the two forms is faster."""

import os
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from bench.baseline.app import POOL_SIZE, bare_app, place_form
from bench.baseline.conversations import create_conversation
from bench.baseline.tables import make_durable
from bench.baseline.tokens import Caller, TokenCheck
from bench.baseline.values import Envelope, NewConversation


def app() -> FastAPI:
    """Return the application on the database, key and form that the environment names."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{os.environ['BASELINE_DATABASE']}", pool_size=POOL_SIZE, max_overflow=0
    )
    make_durable(engine.sync_engine)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    api = bare_app()
    check = TokenCheck()
    place = place_form()

    @api.post("/chat/conversations")
    async def create(new: NewConversation, caller: Annotated[Caller, Depends(check)]) -> Envelope:
        async with sessions.begin() as session:
            data = await session.run_sync(
                create_conversation,
                new,
                community_id=caller.community_id,
                client_id=caller.client_id,
                place=place,
            )
        return Envelope(data=data)

    @api.get("/health/ready")
    async def ready() -> dict[str, str]:
        async with sessions.begin() as session:
            await session.execute(text("SELECT 1"))
        return {"status": "ready"}

    return api
