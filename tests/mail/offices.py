"""A process that sends mail, without the process: the real office with a ledger of its own on a real database."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

from parley.actions.conversations import CloseConversation
from parley.actions.mail import RemoveSender, SetSender
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.teammates import AddTeammate
from parley.core.events import Happening, MailFailed, MailSent
from parley.core.leases import Lease
from parley.core.mail import Mail, Relay, Sender
from parley.core.people import Author, Role
from parley.feeds.tail import LogTail
from parley.ledger import Ledger
from parley.mail.office import ClosedOffice, Office
from parley.mail.post import Post
from parley.ports import Reader
from parley.shifts import Shifts
from tests.bots.offices import Pen
from tests.builders import SHOP, author, create
from tests.feeds.listening import Ear, running
from tests.ledger import books as ledgers
from tests.ledger.books import Books
from tests.storage.databases import Database
from tests.webhooks.post_office import Desk
from tests.webhooks.virtual_clock import VirtualClock

CHARLIE = "charlie@shop.example"


class MailOffice:
    """Books, the log's tail, and an office once it is opened."""

    def __init__(self, books: Books, tail: LogTail, clock: VirtualClock, name: str) -> None:
        self.books = books
        self.clock = clock
        self.name = name
        self.pen = Pen(books.ledger)
        self.reader = Desk(books.reader)
        self.gone: set[str] = set()
        self._tail = tail
        self._ear = Ear()
        self._hears_after = 0
        self._task: asyncio.Task[None] | None = None

    async def open(self, relay: Relay | None) -> None:
        """Begin to send, or to see to it where no mail is sent."""
        await self._tail.follow(self._ear)
        self._hears_after = await self.books.reader.last_number()
        ledger, reader = cast("Ledger", self.pen), cast("Reader", self.reader)
        trade: Any = ClosedOffice(ledger=ledger, reader=reader, clock=self.clock)
        if relay is not None:
            trade = Office(ledger=ledger, reader=reader, tail=self._tail, post=Post(relay), clock=self.clock)
        shifts = Shifts(trade, ledger=ledger, reader=reader, clock=self.clock, holder=self.name, gone=self._gone_of)
        self._task = asyncio.create_task(shifts.run(), name=f"mail office {self.name}")
        await self.clock.settle()

    async def close(self) -> None:
        """Stop sending, in an orderly way."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def crash(self) -> None:
        """Drop everything without goodbye: nothing is written any more, be it sent or not."""
        await self.books.ledger.close()
        for task in asyncio.all_tasks():
            if task.get_name().startswith(("mail:", "mail ")) and not task.get_name().startswith("mail office"):
                task.cancel()
        await self.close()

    async def tell(self) -> None:
        """Let everybody hear what was written, and everything happen that happens now."""
        self._tail.wake()
        number = await self.books.reader.last_number()
        if self._task is not None and number > self._hears_after:
            await self._ear.until_number(number)
        await self.clock.settle()

    async def pass_by(self, time: timedelta) -> None:
        """Let so much time pass, and everything happen that happens meanwhile."""
        await self.tell()
        await self.clock.pass_by(time)

    async def switch_on(self, *, address: str = "help@shop.example", name: str | None = "Shop's help") -> Sender:
        """The Shop sends mail from now on."""
        return await self.books.do(SetSender(community_id=SHOP, address=address, name=name, by="operator"))

    async def switch_off(self) -> None:
        """It sends none any more."""
        await self.books.do(RemoveSender(community_id=SHOP, by="operator"))

    async def add_charlie(self, name: str = "Charlie") -> None:
        """A teammate, who writes."""
        await self.books.do(AddTeammate(community_id=SHOP, email=CHARLIE, name=name, role=Role.AGENT, by="operator"))

    async def begin(self, *, client: Author | None = None, **changes: Any) -> int:
        """A conversation that is closed already; its id."""
        made = await self.books.do(create(author=client or author(email="alice@example.org", name="Alice"), **changes))
        number = made.conversation.id
        await self.books.do(CloseConversation(community_id=SHOP, conversation_id=number, by="token:1"))
        return number

    async def write(self, conversation_id: int, *texts: str) -> None:
        """Charlie writes."""
        messages = tuple(NewMessage(author=author(email=CHARLIE), text=text) for text in texts)
        await self.books.do(
            AddMessages(community_id=SHOP, conversation_id=conversation_id, messages=messages, by="token:1")
        )
        await self.tell()

    async def mails(self, conversation_id: int = 1) -> list[Mail]:
        """What is or was owed."""
        return await self.books.reader.mails(SHOP, conversation_id)

    async def ends(self) -> list[Happening]:
        """How mails ended, as the log has it."""
        return [event.what for event in await self.books.events() if isinstance(event.what, MailSent | MailFailed)]

    def _gone_of(self, leases: Collection[Lease]) -> tuple[str, ...]:
        return tuple(lease.holder for lease in leases if lease.holder in self.gone)


@asynccontextmanager
async def mail_office(database: Database, clock: VirtualClock, *, name: str = "first") -> AsyncIterator[MailOffice]:
    """A process on the database, which does not send yet; it ends with the block."""
    async with ledgers.opened(database, clock) as books, running(books.reader) as tail:
        office = MailOffice(books, tail, clock, name)
        try:
            yield office
        finally:
            await office.close()
