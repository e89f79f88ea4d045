"""Sample life: simulated clients, the shop's bot and three teammates, so that a visitor sees the inbox breathing.

Clients come over the External Chat API and hear the team over the live stream, teammates work over the agents' API: as
any program of the visitor's own would. Whoever a visitor answers in the inbox answers back.
"""

import asyncio
import contextlib
import itertools
import random
from enum import Enum, auto
from typing import Any

import aiohttp
import msgspec

from parley.demo.people import Integrator, RefusedError, Seat
from parley.demo.scripts import CLIENTS, SCRIPTS, THANKS, Script, email_of

CLIENT_COMES_AFTER_S = 25.0  # on average
CLIENT_ANSWERS_AFTER_S = (4.0, 12.0)
CLIENT_GIVES_UP_AFTER_S = 420.0
CLIENT_IS_GONE_AFTER_S = 900.0
BOT_ANSWERS_AFTER_S = (1.0, 3.0)
TEAM_ANSWERS_AFTER_S = (5.0, 15.0)
TEAM_LOOKS_EVERY_S = 6.0
CHATS_EACH = 2
LEFT_FOR_THE_VISITOR = 2  # so many always wait, or there would be nothing to take
AT_THE_DOOR = 4  # so many come at once in the beginning
OPEN_LIMIT = 24


class News(Enum):
    """What a client waits for."""

    ANSWERED = auto()
    OVER = auto()


class Visit(msgspec.Struct, kw_only=True, eq=False):
    """A client's conversation while it lasts."""

    script: Script
    news: "asyncio.Queue[News]"


class Life:
    """Everybody. `pace` is how many times faster than people they live."""

    def __init__(
        self, integrator: Integrator, seats: list[Seat], *, category_ids: dict[str, int], pace: float = 1.0
    ) -> None:
        self._integrator = integrator
        self._seats = seats
        self._category_ids = category_ids
        self._pace = pace
        self._dice = random.Random()  # noqa: S311 - whoever comes next, not a key
        self._visits: dict[int, Visit] = {}
        self._scripts = itertools.cycle(self._dice.sample(SCRIPTS, len(SCRIPTS)))

    async def go_on(self, http: aiohttp.ClientSession) -> None:
        """Live until cancelled. Raises RefusedError when a teammate cannot sign in."""
        async with asyncio.TaskGroup() as people:
            people.create_task(self._listen())
            people.create_task(self._let_in(people))
            for seat in self._seats:
                await seat.sign_in(http)
                people.create_task(self._work(http, seat))

    async def _let_in(self, people: asyncio.TaskGroup) -> None:
        for number, script in enumerate(self._scripts):
            if len(self._visits) < OPEN_LIMIT:
                people.create_task(self._visit(script))
            if number >= AT_THE_DOOR:
                await self._pass(self._dice.expovariate(1 / CLIENT_COMES_AFTER_S))

    async def _listen(self) -> None:
        async for event in self._integrator.events():
            visit = self._visits.get(event.get("conversationId") or 0)
            if visit is None:
                continue
            match event:
                case {"type": "conversation_message_added", "message": {"author": {"status": "team", "isBot": False}}}:
                    visit.news.put_nowait(News.ANSWERED)
                case {"type": "conversation_closed"}:
                    visit.news.put_nowait(News.OVER)

    async def _visit(self, script: Script) -> None:
        """One client's conversation, from the first words to the last."""
        name = self._dice.choice(CLIENTS)
        author = {"name": name, "email": email_of(name)}
        visit = Visit(script=script, news=asyncio.Queue())
        conversation_id = await self._integrator.create(
            {
                "author": author,
                "title": script.title,
                "categoryId": self._category_ids[script.category],
                "sentiment": script.sentiment,
                "url": "https://shop.example/help",
                "isBotEnabled": bool(script.bot),
                "message": script.client[0],
            }
        )
        self._visits[conversation_id] = visit
        try:
            with contextlib.suppress(RefusedError):  # somebody was faster: closed, or taken from the bot
                await self._hear_the_bot(conversation_id, script)
                await self._talk(conversation_id, author, visit)
        finally:
            del self._visits[conversation_id]

    async def _hear_the_bot(self, conversation_id: int, script: Script) -> None:
        for words in script.bot:
            await self._pass(self._dice.uniform(*BOT_ANSWERS_AFTER_S))
            await self._integrator.say(conversation_id, {"isBot": True}, words)
        if script.bot:
            await self._pass(self._dice.uniform(*CLIENT_ANSWERS_AFTER_S))
            await self._integrator.hand_over(conversation_id)

    async def _talk(self, conversation_id: int, author: dict[str, Any], visit: Visit) -> None:
        patience, words = CLIENT_GIVES_UP_AFTER_S, list(visit.script.client[1:])
        while await self._is_answered(visit, patience):
            await self._pass(self._dice.uniform(*CLIENT_ANSWERS_AFTER_S))
            await self._integrator.say(conversation_id, author, words.pop(0) if words else self._dice.choice(THANKS))
            patience = CLIENT_IS_GONE_AFTER_S
        if visit.script.is_liked is not None:
            await self._integrator.judge(conversation_id, is_positive=visit.script.is_liked)
        await self._integrator.close(conversation_id)

    async def _is_answered(self, visit: Visit, patience: float) -> bool:
        """Whether the team says something before patience ends, and before the conversation does."""
        try:
            async with asyncio.timeout(patience / self._pace):
                return await visit.news.get() is News.ANSWERED
        except TimeoutError:
            return False

    async def _work(self, http: aiohttp.ClientSession, seat: Seat) -> None:
        """A teammate: takes who waited longest, while some are left for the visitor."""
        async with asyncio.TaskGroup() as chats:
            free = asyncio.Semaphore(CHATS_EACH)
            await seat.send(http, "PATCH", "/me", {"status": "online", "seats": CHATS_EACH})
            while True:
                await self._pass(self._dice.uniform(0.5, 1.5) * TEAM_LOOKS_EVERY_S)
                await free.acquire()
                taken = await self._next(http, seat)
                if taken is None:
                    free.release()
                else:
                    chat = chats.create_task(self._answer(http, seat, taken))
                    chat.add_done_callback(lambda _: free.release())

    async def _next(self, http: aiohttp.ClientSession, seat: Seat) -> dict[str, Any] | None:
        views = {view["id"]: view["count"] for view in await seat.send(http, "GET", "/views")}
        if views["waiting"] <= LEFT_FOR_THE_VISITOR:
            return None
        taken: dict[str, Any] | None = await seat.send(http, "POST", "/next")
        return taken

    async def _answer(self, http: aiohttp.ClientSession, seat: Seat, taken: dict[str, Any]) -> None:
        """Answer a conversation to its end. When the visitor takes it over, leave it to them."""
        path = f"/conversations/{taken['id']}"
        script = next((script for script in SCRIPTS if script.title == taken["title"]), None)
        with contextlib.suppress(RefusedError):
            if script is not None and script.note is not None:
                await seat.send(http, "POST", f"{path}/notes", {"message": script.note})
            for words in ("Hello! How can I help?",) if script is None else script.team:
                await self._pass(self._dice.uniform(*TEAM_ANSWERS_AFTER_S))
                await seat.send(http, "POST", f"{path}/replies", {"message": words})
                await self._pass(CLIENT_ANSWERS_AFTER_S[1])
                now = await seat.send(http, "GET", path)
                if now["assignee"] != taken["assignee"]:
                    return
            await seat.send(http, "POST", f"{path}/close")

    async def _pass(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._pace)
