"""What a bot is asked and what it answers, whatever it speaks."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import msgspec

from parley import __version__
from parley.actions.bots import Wish
from parley.core.bots import Bot
from parley.core.conversations import Message
from parley.core.people import User
from parley.outgoing.calling import Caller, read_retry_after
from parley.outgoing.client import CallError

ANSWER_LIMIT = 1_048_576  # bytes of an answer
USER_AGENT = f"Parley/{__version__}"
KEYS_KEPT = 1_000  # opened keys that stay in memory

INVALID_ANSWER = "invalid_answer"  # the failure of an answer that is not in the connector's form
EMPTY_ANSWER = "empty_answer"  # … that says nothing where something has to be said

# What reading an answer meets that is no JSON, has another form, or is nested without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Said = tuple[Message, User]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The client's messages that have no answer, the oldest first, and what was said before, imported or not."""

    community_id: int
    community_name: str
    conversation_id: int
    epoch: int
    messages: tuple[Said, ...]
    history: tuple[Said, ...] = ()

    @property
    def upto(self) -> int:
        """The client's last message."""
        return self.messages[-1][0].id


class Answer(msgspec.Struct, frozen=True):
    """What the bot says, and whether it wants a person to go on. Neither: it will answer later."""

    texts: tuple[str, ...] = ()
    wish: Wish | None = None


class AskError(Exception):
    """The bot could not be asked, or its answer not be used: `name` says why, `text` in a sentence without secrets.

    `retry_after` is for how long it wants to be left alone.
    """

    def __init__(self, name: str, text: str, *, retry_after: timedelta | None = None) -> None:
        self.name = name
        self.text = text
        self.retry_after = retry_after
        super().__init__(text)


class Asked(NamedTuple):
    """The request that asks."""

    url: str
    body: bytes
    headers: Mapping[str, str] = {}


class Connector(NamedTuple):
    """One protocol, without its connections: how a question becomes a request, and an answer's body an answer.

    `read` raises AskError. The key is open.
    """

    ask: Callable[[Bot, Question, bytes | None, datetime], Asked]
    read: Callable[[bytes], Answer]


class Asker:
    """Asks bots, each in its own protocol."""

    def __init__(
        self,
        caller: Caller,
        connectors: Mapping[str, Connector],
        *,
        unseal: Callable[[bytes], bytes],
        now: Callable[[], datetime],
    ) -> None:
        self._caller = caller
        self._connectors = connectors
        self._unseal = lru_cache(KEYS_KEPT)(unseal)
        self._now = now

    async def ask(self, bot: Bot, question: Question, *, within: timedelta) -> Answer:
        """Ask once. Raises AskError."""
        connector = self._connectors[bot.manners.kind]
        key = None if bot.key is None else self._unseal(bot.key)
        asked = connector.ask(bot, question, key, self._now())
        headers = {"content-type": "application/json", "accept": "application/json", "user-agent": USER_AGENT}
        try:
            reply = await self._caller.call(
                "POST",
                asked.url,
                headers={**headers, **asked.headers},
                body=asked.body,
                allowed_hosts=bot.allowed_hosts,
                within=within,
                keep=ANSWER_LIMIT,
                refuses_larger=True,
            )
        except CallError as failed:
            raise AskError(failed.name, failed.text) from None
        if not 200 <= reply.status < 300:  # noqa: PLR2004 - 2xx
            retry_after = read_retry_after(reply.headers.get("retry-after"), self._now())
            msg = f"The bot's server answered with status {reply.status}."
            raise AskError(f"status_{reply.status}", msg, retry_after=retry_after)
        return connector.read(reply.body)


def invalid(expected: str) -> AskError:
    """The answer is not what the protocol says."""
    return AskError(INVALID_ANSWER, f"The bot's answer is not {expected}.")


def bearer(key: bytes | None) -> dict[str, str]:
    """The header that shows a key."""
    return {} if key is None else {"authorization": f"Bearer {key.decode()}"}
