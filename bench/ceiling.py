"""The ceiling: one bare ASGI function that decodes, checks and writes the seed's request through Parley's own ledger.

No routes, no token, no idempotency, no request ids, no errors told apart: the most that this design can give over HTTP.
"""

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from parley import wiring
from parley.actions.create_conversation import CreateConversation
from parley.api import wire
from parley.api.server import SWITCH_INTERVAL_S
from parley.core.conversations import Sentiment
from parley.core.people import Author

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_decode = msgspec.json.Decoder(wire.CreateConversationBody).decode
_open: list[wiring.Parts] = []
_COMMUNITY = int(os.environ.get("CEILING_COMMUNITY", "1"))


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer everything that is not the readiness question with a new conversation."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["method"] == "GET":
        await _answer(send, b"{}")
    else:
        body = _decode((await receive())["body"])
        email = body.author.email or ""
        action = CreateConversation(
            community_id=_COMMUNITY,
            by="bench",
            author=Author(email=email, name=body.author.name),
            title=body.title,
            category_id=body.category_id,
            sentiment=body.sentiment or Sentiment.QUESTION,
            url=body.url,
        )
        opened = await _open[0].ledger.submit(action)
        await _answer(send, wire.envelope(wire.show_conversation(opened)))


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Open the ledger when the server starts, drain it when it ends."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    async with AsyncExitStack() as stack:
        await receive()
        _open.append(await stack.enter_async_context(wiring.opened(os.environ["CEILING_DATABASE"])))
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
