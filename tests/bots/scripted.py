"""A bot that answers as it is told, on a virtual clock; stands where `Asker` stands."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from parley.actions.bots import Wish
from parley.bots.asking import Answer, AskError, Question
from parley.core.bots import Bot
from tests.webhooks.virtual_clock import VirtualClock

NO_TIME = timedelta()
LATER = timedelta(days=1)  # than anybody waits for


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What comes back, after how long. With `broken` a bug of ours is met instead."""

    texts: tuple[str, ...] = ("Yes.",)
    wish: Wish | None = None
    failure: str | None = None
    retry_after: timedelta | None = None
    takes: timedelta = NO_TIME
    broken: Exception | None = None


YES = Reply()
DOWN = Reply(failure="connection_failed")
NEVER = Reply(takes=LATER)
PROMISE = Reply(texts=())


class Asked(msgspec.Struct, frozen=True):
    """A question that was asked: when, of which bot, and within which time the answer had to come."""

    at: datetime
    bot: Bot
    question: Question
    within: timedelta

    @property
    def texts(self) -> list[str]:
        """The client's messages."""
        return [message.text for message, _ in self.question.messages]

    @property
    def history(self) -> list[str]:
        """What was said before."""
        return [message.text for message, _ in self.question.history]


class ScriptedBot:
    """Answers every question with what `replies` says, which a test may change at any time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.replies: Callable[[Question], Reply] = lambda _: YES
        self.asked: list[Asked] = []
        self.cancelled: list[Question] = []
        self._on_way: Counter[int] = Counter()  # by conversation
        self.most_at_once = 0
        self.most_in_one = 0  # conversation

    def reply(self, reply: Reply) -> None:
        """Answer so from now on."""
        self.replies = lambda _: reply

    async def ask(self, bot: Bot, question: Question, *, within: timedelta) -> Answer:
        """Take the question in and answer it, or have it wait for longer than it may."""
        reply = self.replies(question)
        self.asked.append(Asked(self._clock.now(), bot, question, within))
        self._on_way[question.conversation_id] += 1
        self.most_at_once = max(self.most_at_once, self._on_way.total())
        self.most_in_one = max(self.most_in_one, self._on_way[question.conversation_id])
        try:
            if reply.takes:
                await self._clock.take(min(reply.takes, within))
        except asyncio.CancelledError:
            self.cancelled.append(question)
            raise
        finally:
            self._on_way[question.conversation_id] -= 1
        return _answer(reply, within)

    def times(self) -> list[datetime]:
        """When it was asked."""
        return [asked.at for asked in self.asked]

    def texts(self) -> list[list[str]]:
        """What it was asked about, each time."""
        return [asked.texts for asked in self.asked]


def _answer(reply: Reply, within: timedelta) -> Answer:
    if reply.broken is not None:
        raise reply.broken
    failure = "response_timeout" if reply.takes > within else reply.failure
    if failure is not None:
        raise AskError(failure, "It did not work.", retry_after=reply.retry_after)
    return Answer(reply.texts, reply.wish)
