"""What happened before the visitor came: four hours of a shop's morning, written through the ledger at its own time.

The same actions that a running server submits, decided at the times they would have had, so that lists, the queue page
and the reports have something true to show.
"""

import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from parley.actions.conversations import ChangeTakeover, CloseConversation, GiveFeedback
from parley.actions.create_conversation import CreateConversation
from parley.actions.draft import Action
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.teammates import SetTeammateStatus
from parley.core.conversations import Feedback
from parley.core.people import Author, Presence
from parley.demo.scripts import CLIENTS, SCRIPTS, Script, email_of
from parley.ledger import Ledger

LASTS = timedelta(hours=4)
EVERY_S = 140.0  # on average, between two clients: about as many as the team can serve
NOTICES_AFTER_S = (5.0, 60.0)  # whoever is free sees that somebody waits, and takes the next one
ANSWERS_AFTER_S = (25.0, 150.0)
GIVES_UP_AFTER_S = 600.0
CHATS_EACH = 1  # that a teammate has at a time

BY = "server"

R = TypeVar("R")
Step = Callable[[], Awaitable[None]]


class SetClock:
    """A clock that stands where it was put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The time it shows."""
        return self.at


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """The community of the demo, with what its past needs to know."""

    community_id: int
    category_ids: dict[str, int]
    team: tuple[str, ...]  # user ids
    emails: tuple[str, ...]  # of the same


class Chat(msgspec.Struct, kw_only=True, eq=False):
    """One conversation of the past."""

    id: int
    script: Script
    author: Author
    assignee: str | None = None


class Past:
    """A small simulation: clients come, wait, are taken in order, talk, and leave."""

    def __init__(self, shop: Shop, ledger: Ledger, clock: SetClock, *, seed: int = 1) -> None:
        self._shop = shop
        self._ledger = ledger
        self._clock = clock
        self._dice = random.Random(seed)  # noqa: S311 - a made-up morning, not a key
        self._agenda: list[tuple[datetime, int, Step]] = []
        self._order = itertools.count()
        self._waiting: list[Chat] = []
        self._open: list[Chat] = []
        self._free = list(shop.team) * CHATS_EACH
        self._on_their_way = 0  # who has seen that somebody waits

    async def happen(self) -> None:
        """Let it all happen, from four hours ago until now."""
        end = datetime.now(UTC)
        self._clock.at = end - LASTS
        await self._turn_up(Presence.ONLINE)
        self._plan_arrivals(end)
        while self._agenda and self._agenda[0][0] < end:
            self._clock.at, _, step = heapq.heappop(self._agenda)
            await step()
        self._clock.at = end
        for chat in self._open:
            await self._close(chat)
        await self._turn_up(Presence.AWAY)

    async def _turn_up(self, status: Presence) -> None:
        for email in self._shop.emails:
            await self._do(
                SetTeammateStatus(
                    community_id=self._shop.community_id, email=email, status=status, seats=CHATS_EACH, by=BY
                )
            )

    def _plan_arrivals(self, end: datetime) -> None:
        at = self._clock.at
        for script, name in zip(itertools.cycle(SCRIPTS), itertools.cycle(CLIENTS), strict=False):
            at += timedelta(seconds=self._dice.expovariate(1 / EVERY_S))
            if at >= end:
                break
            self._plan(at, self._arrive, script, name)

    def _plan(self, at: datetime, what: Callable[..., Awaitable[None]], *about: object) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), lambda: what(*about)))

    def _soon(
        self, what: Callable[..., Awaitable[None]], *about: object, after: tuple[float, float] = ANSWERS_AFTER_S
    ) -> None:
        self._plan(self._clock.at + timedelta(seconds=self._dice.uniform(*after)), what, *about)

    async def _arrive(self, script: Script, name: str) -> None:
        author = Author(name=name, email=email_of(name))
        create = CreateConversation(
            community_id=self._shop.community_id,
            by=BY,
            author=author,
            title=script.title,
            category_id=self._shop.category_ids[script.category],
            sentiment=script.sentiment,
            url="https://shop.example/help",
            is_bot_enabled=bool(script.bot),
            message=script.client[0],
        )
        opened = await self._do(create)
        chat = Chat(id=opened.conversation.id, script=script, author=author)
        for words in script.bot:
            await self._say(chat, Author(is_bot=True), words)
        if script.bot:
            await self._do(self._takeover(chat, None))
        self._open.append(chat)
        self._waiting.append(chat)
        self._plan(self._clock.at + timedelta(seconds=GIVES_UP_AFTER_S), self._give_up, chat)
        self._notice()

    def _notice(self) -> None:
        """For each who waits somebody comes, as long as anybody is free."""
        while self._free and self._on_their_way < len(self._waiting):
            self._on_their_way += 1
            self._soon(self._take, self._free.pop(0), after=NOTICES_AFTER_S)

    async def _take(self, teammate: str) -> None:
        self._on_their_way -= 1
        if not self._waiting:  # whoever it was has given up
            self._free.append(teammate)
            return
        chat = self._waiting.pop(0)
        chat.assignee = teammate
        await self._do(self._takeover(chat, teammate))
        self._soon(self._answer, chat, 0)

    async def _answer(self, chat: Chat, number: int) -> None:
        await self._say(chat, Author(id=chat.assignee), chat.script.team[number])
        if number + 1 < len(chat.script.team):
            self._soon(self._ask, chat, number + 1)
        else:
            self._soon(self._end, chat)

    async def _ask(self, chat: Chat, number: int) -> None:
        words = chat.script.client[min(number, len(chat.script.client) - 1)]
        await self._say(chat, chat.author, words)
        self._soon(self._answer, chat, number)

    async def _end(self, chat: Chat) -> None:
        self._open.remove(chat)
        await self._close(chat)
        if chat.script.is_liked is not None:
            feedback = Feedback(chat.script.is_liked, None)
            await self._do(
                GiveFeedback(community_id=self._shop.community_id, conversation_id=chat.id, feedback=feedback, by=BY)
            )
        if chat.assignee is not None:
            self._free.append(chat.assignee)
        self._notice()

    async def _give_up(self, chat: Chat) -> None:
        if chat in self._waiting:
            self._waiting.remove(chat)
            self._open.remove(chat)
            await self._close(chat)

    async def _close(self, chat: Chat) -> None:
        await self._do(CloseConversation(community_id=self._shop.community_id, conversation_id=chat.id, by=BY))

    async def _say(self, chat: Chat, author: Author, text: str) -> None:
        await self._do(
            AddMessages(
                community_id=self._shop.community_id,
                conversation_id=chat.id,
                messages=(NewMessage(author=author, text=text),),
                by=BY,
            )
        )

    def _takeover(self, chat: Chat, assignee_id: str | None) -> ChangeTakeover:
        return ChangeTakeover(
            community_id=self._shop.community_id,
            conversation_id=chat.id,
            is_assigned_to_bot=False,
            assignee_id=assignee_id,
            by=BY if assignee_id is None else f"teammate:{assignee_id}",
        )

    async def _do(self, action: Action[R]) -> R:
        return await self._ledger.submit(action)
