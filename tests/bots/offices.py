"""A process that has bots asked, without the process: real attendants with a ledger of their own on a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

from parley.actions.bots import RemoveBot, SetBot
from parley.actions.conversations import ChangeTakeover
from parley.actions.draft import Action
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.actions.teammates import AddTeammate
from parley.bots.attendants import Attendants
from parley.core.bots import Bot, BotKind, Turn
from parley.core.conversations import Conversation, Handover
from parley.core.events import Event, MessageAdded, TakeoverChanged
from parley.core.leases import Lease
from parley.core.people import Author, Role
from parley.feeds.tail import LogTail
from parley.ledger import Ledger
from parley.ports import Page, Reader
from parley.shifts import Shifts
from tests.bots.scripted import ScriptedBot
from tests.builders import SHOP, author, create, manners
from tests.feeds.listening import Ear, running
from tests.ledger import books as ledgers
from tests.ledger.books import Books
from tests.storage.databases import Database
from tests.webhooks.post_office import Desk
from tests.webhooks.virtual_clock import VirtualClock

ALL = Page(take=1_000_000, is_ascending=True)


class Pen:
    """A ledger that takes what `refuses` has no failure for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.refuses: Callable[[Action[Any]], Exception | None] = lambda _: None

    async def submit(self, action: Action[Any]) -> Any:
        """Do the action, or fail."""
        failure = self.refuses(action)
        if failure is not None:
            raise failure
        return await self._ledger.submit(action)


class Office:
    """Books, the log's tail, and attendants once it is opened."""

    def __init__(self, books: Books, tail: LogTail, clock: VirtualClock, bot: ScriptedBot, name: str) -> None:
        self.books = books
        self.clock = clock
        self.bot = bot
        self.name = name
        self.reader = Desk(books.reader)
        self.pen = Pen(books.ledger)
        self.gone: set[str] = set()  # holders that are known to have ended
        self.dice = 0.0
        self._tail = tail
        self._ear = Ear()
        self._hears_after = 0
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to ask."""
        await self._tail.follow(self._ear)
        self._hears_after = await self.books.reader.last_number()
        reader, ledger = cast("Reader", self.reader), cast("Ledger", self.pen)
        attendants = Attendants(
            ledger=ledger,
            reader=reader,
            tail=self._tail,
            asking=self.bot,
            clock=self.clock,
            dice=lambda: self.dice,
        )
        shifts = Shifts(
            attendants,
            ledger=ledger,
            reader=reader,
            clock=self.clock,
            holder=self.name,
            gone=self._gone_of,
        )
        self._task = asyncio.create_task(shifts.run(), name=f"attendants {self.name}")
        await self.clock.settle()

    async def close(self) -> None:
        """Stop asking, in an orderly way."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def crash(self) -> None:
        """Drop everything without goodbye: what is on its way, what was answered and is not written, the leases."""
        await self.books.ledger.close()  # nothing is written any more
        await self.close()

    async def tell(self) -> None:
        """Let everybody hear what was written, and everything happen that happens now."""
        self._tail.wake()
        number = await self.books.reader.last_number()
        if number > self._hears_after:
            await self._ear.until_number(number)
        await self.clock.settle()

    async def pass_by(self, time: timedelta) -> None:
        """Let everybody hear what was written, so much time pass, and everybody hear what was written meanwhile."""
        await self.tell()
        await self.clock.pass_by(time)
        await self.tell()

    async def set_bot(self, *, community_id: int = SHOP, **of_manners: Any) -> Bot:
        """The community's bot from now on: asked by webhook, and silent for half a minute at most."""
        return await self.books.do(
            SetBot(
                community_id=community_id,
                manners=manners(**of_manners),
                by="operator",
                url=None if of_manners.get("kind") is BotKind.NONE else "https://bots.example/shop",
                key=b"plain:key",
            )
        )

    async def remove_bot(self) -> None:
        """The integrator speaks for the Shop's bot from now on."""
        await self.books.do(RemoveBot(community_id=SHOP, by="operator"))

    async def begin(self, text: str | None = "Hello?", **changes: Any) -> int:
        """A new conversation, which the bot has; its id."""
        made = await self.books.do(create(message=text, **{"is_bot_enabled": True, **changes}))
        return made.conversation.id

    async def begin_many(self, count: int) -> list[int]:
        """New conversations, which the bot has."""
        return await asyncio.gather(*(self.begin() for _ in range(count)))

    async def write(self, conversation_id: int, *texts: str, by: Author | None = None, **changes: Any) -> None:
        """Somebody writes, Alice unless told otherwise, and everybody hears it."""
        await self.books.do(added(conversation_id, *texts, by=by, **changes))
        await self.tell()

    async def bring(self, conversation_id: int, *texts: str, **changes: Any) -> None:
        """Alice's earlier messages are imported."""
        messages = tuple(NewMessage(author=author(), text=text, **changes) for text in texts)
        await self.books.do(
            ImportMessages(community_id=SHOP, conversation_id=conversation_id, messages=messages, by="token:1")
        )

    async def hire(self, name: str = "Charlie") -> str:
        """A new teammate; the id."""
        email = f"{name.lower()}@shop.example"
        user, _ = await self.books.do(
            AddTeammate(community_id=SHOP, name=name, email=email, role=Role.AGENT, by="operator")
        )
        return user.id

    async def hand(self, conversation_id: int, *, to: str | None = None, to_bot: bool = False) -> None:
        """Give it to a teammate, to the bot, or to the queue, and let everybody hear it."""
        await self.books.do(handed(conversation_id, to=to, to_bot=to_bot))
        await self.tell()

    async def said(self, conversation_id: int = 1) -> list[str]:
        """What stands in a conversation, in order of arrival; what the team said is marked."""
        thread = await self.books.reader.messages(SHOP, conversation_id, ALL)
        assert thread is not None
        messages = sorted((message for message, _ in thread.messages), key=lambda message: message.id)
        return [f"> {message.text}" if message.is_team else message.text for message in messages]

    async def turns(self) -> list[Turn]:
        """What the Shop's bot owes."""
        return await self.books.reader.turns(SHOP)

    async def conversation(self, conversation_id: int = 1) -> Conversation:
        """A conversation as it is."""
        opened = await self.books.reader.conversation(SHOP, conversation_id, messages=None)
        assert opened is not None
        return opened.conversation

    async def card(self, conversation_id: int = 1) -> Handover | None:
        """Why the bot lost it."""
        return (await self.conversation(conversation_id)).handover

    async def spoken(self) -> list[Event]:
        """What was recorded of the bot: what it said, and what it handed over."""
        events = await self.books.events()
        return [
            event for event in events if event.by == "bot" and isinstance(event.what, MessageAdded | TakeoverChanged)
        ]

    def _gone_of(self, leases: Collection[Lease]) -> tuple[str, ...]:
        return tuple(lease.holder for lease in leases if lease.holder in self.gone)


def added(conversation_id: int, *texts: str, by: Author | None = None, **changes: Any) -> AddMessages:
    """Somebody writes, Alice unless told otherwise."""
    messages = tuple(NewMessage(author=by or author(), text=text, **changes) for text in texts)
    return AddMessages(community_id=SHOP, conversation_id=conversation_id, messages=messages, by="token:1")


def handed(conversation_id: int, *, to: str | None = None, to_bot: bool = False) -> ChangeTakeover:
    """It is given to a teammate, to the bot, or to the queue."""
    return ChangeTakeover(
        community_id=SHOP, conversation_id=conversation_id, is_assigned_to_bot=to_bot, assignee_id=to, by="token:1"
    )


@asynccontextmanager
async def office_of(
    database: Database, clock: VirtualClock, bot: ScriptedBot, *, name: str = "first"
) -> AsyncIterator[Office]:
    """A process on the database, which does not ask yet; it ends with the block."""
    async with ledgers.opened(database, clock) as books, running(books.reader) as tail:
        office = Office(books, tail, clock, bot, name)
        try:
            yield office
        finally:
            await office.close()
