"""The bot: answers each question 2 s after it came, says which one it was, and does nothing else.

`GET /tally` tells what it has seen, as a `Seen`; the most at once count anew from there.
"""

import asyncio
import sys
from typing import cast

import httptools
import msgspec
import uvloop

ANSWER_S = 2.0

_REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Seen(msgspec.Struct, kw_only=True):
    """What the bot has seen."""

    answered: int = 0
    questions: int = 0
    """Of those, the different ones: one that is asked again is the same."""

    at_once: int = 0
    """Questions that wait for their answer now."""

    most: int = 0
    """The most that ever waited at once since the last look."""


class _Message(msgspec.Struct):
    id: int


class _Question(msgspec.Struct, rename="camel"):
    conversation_id: int
    messages: list[_Message]


class Bot:
    """What all connections have in common."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen = Seen()
        self._questions: set[str] = set()

    def begin(self) -> None:
        """One more waits."""
        self._seen.at_once += 1
        self._seen.most = max(self._seen.most, self._seen.at_once)

    def end(self, answer: str | None) -> None:
        """One waits no more: it has its answer, or whoever asked went away."""
        self._seen.at_once -= 1
        if answer is not None:
            self._seen.answered += 1
            self._questions.add(answer)
            self._seen.questions = len(self._questions)

    def tell(self) -> bytes:
        """What was seen, as JSON."""
        told = msgspec.json.encode(self._seen)
        self._seen.most = self._seen.at_once
        return told


class Connection(asyncio.Protocol):
    """One connection with at most one question on its way; also the call-backs of its request parser."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give the parser what came in."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()  # which Parley counts as a failure, and asks again

    def connection_lost(self, exc: Exception | None) -> None:
        """Who asked wants no answer any more."""
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None
            self._bot.end(None)

    def on_message_begin(self) -> None:
        """The next request (called by the parser)."""
        self._body = b""

    def on_body(self, chunk: bytes) -> None:
        """Keep a part of the question (called by the parser)."""
        self._body += chunk

    def on_message_complete(self) -> None:
        """Think about a question, and tell what was seen to whoever asks for that (called by the parser)."""
        if self._parser.get_method() != b"POST":
            self._reply(self._bot.tell())
            return
        question = msgspec.json.decode(self._body, type=_Question)
        answer = answer_to(question.conversation_id, question.messages[-1].id)
        self._bot.begin()
        self._waits = asyncio.get_running_loop().call_later(ANSWER_S, self._answer, answer)

    def _answer(self, answer: str) -> None:
        self._waits = None
        self._bot.end(answer)
        self._reply(msgspec.json.encode({"messages": [answer]}))

    def _reply(self, body: bytes) -> None:
        self._transport.write(_REPLY % (len(body), body))


def answer_to(conversation_id: int, message_id: int) -> str:
    """What the bot says to what the client said up to a message."""
    return f"You were asking with message {message_id} of conversation {conversation_id}, and this is the answer."


async def _serve(port: int) -> None:
    bot = Bot()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(bot), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
