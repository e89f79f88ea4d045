"""A process that sends webhooks, without the process: the real postman with a ledger of its own on a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from parley.actions.deliveries import Ended, QueueReplay, Wanted
from parley.actions.endpoints import AddEndpoint
from parley.actions.messages import AddMessages, NewMessage
from parley.core.errors import StorageUnavailableError
from parley.core.events import Event, Happening, WebhookStatusChanged
from parley.core.leases import Lease
from parley.core.webhooks import EVENT_TYPES, Attempt, Delivery, Endpoint
from parley.feeds.tail import LogTail
from parley.ports import DeliveryPage, Reader
from parley.shifts import Shifts
from parley.webhooks.courier import LAST_WORDS
from parley.webhooks.postman import Postman
from tests.builders import SHOP, author, create
from tests.feeds.listening import Ear, running
from tests.ledger import books as ledgers
from tests.ledger.books import Books
from tests.storage.databases import Database
from tests.webhooks.receiving import Receiver
from tests.webhooks.virtual_clock import VirtualClock


class Desk:
    """A reader that can be away, or have faults: `faults` has them by the name of what is read.

    What `beforehand` has for a name happens once, just before that is read.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.is_away = False
        self.faults: dict[str, Exception] = {}
        self.beforehand: dict[str, Awaitable[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        """What the reader reads, unless it is away."""
        if name in self.faults or self.is_away:
            return partial(self._fail, self.faults.get(name, StorageUnavailableError("Away.")))
        return partial(self._read, name) if name in self.beforehand else getattr(self._reader, name)

    async def _read(self, name: str, *arguments: Any, **more: Any) -> Any:
        await self.beforehand.pop(name)
        return await getattr(self._reader, name)(*arguments, **more)

    async def _fail(self, failure: Exception, *_: Any, **__: Any) -> None:
        raise failure


class PostOffice:
    """Books, the log's tail, and a postman once it is opened."""

    def __init__(self, books: Books, tail: LogTail, clock: VirtualClock, receiver: Receiver, name: str) -> None:
        self.books = books
        self.clock = clock
        self.receiver = receiver
        self.name = name
        self.reader = Desk(books.reader)
        self.gone: set[str] = set()  # holders that are known to have ended
        self._tail = tail
        self._ear = Ear()
        self._task: asyncio.Task[None] | None = None
        self._deliveries: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Begin to send."""
        await self._tail.follow(self._ear)
        reader = cast("Reader", self.reader)
        postman = Postman(
            ledger=self.books.ledger,
            reader=reader,
            tail=self._tail,
            attempt=self._attempt,
            clock=self.clock,
            holder=self.name,
        )
        shifts = Shifts(
            postman,
            ledger=self.books.ledger,
            reader=reader,
            clock=self.clock,
            holder=self.name,
            gone=self._gone_of,
        )
        self._task = asyncio.create_task(shifts.run(), name=f"postman {self.name}")
        await self.clock.settle()

    async def close(self) -> None:
        """Stop sending, in an orderly way, with time for last words."""
        task, self._task = self._task, None
        if task is not None:
            task.set_name("leaving")
            task.cancel()
            for _ in range(5):
                await asyncio.sleep(0)  # it hears of it and tells its couriers, who begin with their last words
            await self.clock.pass_by(LAST_WORDS)
            await asyncio.wait([task])

    async def crash(self) -> None:
        """Drop everything without goodbye: what is on its way, what ended and is not written, the leases."""
        task, self._task = self._task, None
        assert task is not None
        await self.books.ledger.close()  # nothing is written any more
        for delivery in self._deliveries:
            delivery.cancel()
        task.set_name("leaving")
        task.cancel()
        await asyncio.wait([task])

    async def tell(self) -> None:
        """Let everybody hear what was written, and everything happen that happens now."""
        self._tail.wake()
        await self._ear.until_number(await self.books.reader.last_number())
        await self.clock.settle()

    async def add_endpoint(self, **changes: Any) -> Endpoint:
        """One more endpoint of the Shop, which wants everything."""
        filled = {
            "community_id": SHOP,
            "url": "https://hooks.example/shop",
            "event_types": EVENT_TYPES,
            "allowed_hosts": (),
            "verify_token": b"plain:verify",
            "secret": b"plain:secret",
            "by": "operator",
        }
        return await self.books.do(AddEndpoint(**{**filled, **changes}))

    async def begin(self, count: int = 1) -> list[int]:
        """New conversations, one event each; their ids."""
        made = await asyncio.gather(*(self.books.do(create(author=author())) for _ in range(count)))
        return [each.conversation.id for each in made]

    async def say(self, conversation_id: int, count: int = 1) -> None:
        """Messages, one event each."""
        messages = tuple(NewMessage(author=author(), text="Hi") for _ in range(count))
        await self.books.do(
            AddMessages(community_id=SHOP, conversation_id=conversation_id, messages=messages, by="token:1")
        )

    async def replay(self, events: list[Event], *, to_url: str = "") -> None:
        """Send these to endpoint 1 once more, as far as webhooks tell of them."""
        some = tuple(wanted(event) for event in events if event.type in EVENT_TYPES)
        await self.books.do(QueueReplay(community_id=SHOP, endpoint_id=1, wanted=some, by="operator", to_url=to_url))

    async def published(self) -> list[int]:
        """The seqs of all that webhooks tell of."""
        return [event.seq or 0 for event in await self.events() if event.type in EVENT_TYPES]

    async def events(self) -> list[Event]:
        """The Shop's log."""
        return await self.books.reader.events_of(SHOP, after=0, take=1_000_000)

    async def deliveries(self) -> list[Delivery]:
        """All of them, the oldest first."""
        return (await self.books.reader.deliveries(SHOP, DeliveryPage(take=1_000_000)))[::-1]

    async def attempts(self, delivery_id: int) -> list[Attempt]:
        """Of one delivery."""
        found = await self.books.reader.delivery(SHOP, delivery_id)
        return [] if found is None else found[1]

    async def endpoint(self, number: int = 1) -> Endpoint:
        """An endpoint as it is stored."""
        return next(found for found in await self.books.reader.endpoints(SHOP) if found.id == number)

    async def stops(self) -> list[Happening]:
        """What was recorded of endpoints that were stopped or enabled."""
        return [event.what for event in await self.events() if isinstance(event.what, WebhookStatusChanged)]

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery, event: Event, community_name: str) -> Ended:
        task = asyncio.current_task()
        assert task is not None
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
        return await self.receiver.attempt(endpoint, delivery, event, community_name)

    def _gone_of(self, leases: Collection[Lease]) -> tuple[str, ...]:
        return tuple(lease.holder for lease in leases if lease.holder in self.gone)


def wanted(event: Event) -> Wanted:
    """An event as a courier hands it on."""
    return Wanted(event.seq or 0, event.conversation_id or 0, event.type, event.at)


@asynccontextmanager
async def post_office(
    database: Database, clock: VirtualClock, receiver: Receiver, *, name: str = "first"
) -> AsyncIterator[PostOffice]:
    """A process on the database, which does not send yet; it ends with the block."""
    async with ledgers.opened(database, clock) as books, running(books.reader) as tail:
        office = PostOffice(books, tail, clock, receiver, name)
        try:
            yield office
        finally:
            await office.close()
