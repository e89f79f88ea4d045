"""A ledger on a real database, with the clock and the supply of ids handed in, and a gate before the writer."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from parley.actions.communities import AddCommunity
from parley.actions.draft import Action, Fresh
from parley.core.events import Event, Happening
from parley.ledger import LINE_LIMIT, Answer, Group, Ledger, Once
from parley.ports import GroupOfActions, Storage
from tests.builders import guids
from tests.clock import ManualClock
from tests.storage.databases import Database

R = TypeVar("R")
_GUID = re.compile(r"00000000-0000-4000-9000-[0-9a-f]{12}")


class Gate:
    """A storage whose groups can be held on their way in, for a test to say what goes into one, or on their way out."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lets_in = asyncio.Event()
        self._lets_out = asyncio.Event()
        self._has_written = asyncio.Event()
        self.release()
        self._failure: Exception | None = None
        self._fails_taken = False
        self._late_failure: Exception | None = None
        self.sizes: list[int] = []  # of the groups written

    def hold(self) -> None:
        """Let nobody write."""
        self._lets_in.clear()

    def hold_written(self) -> None:
        """Let no group out that is written: its callers wait on."""
        self._lets_out.clear()
        self._has_written.clear()

    async def written(self) -> None:
        """Wait until a group is held on its way out."""
        await self._has_written.wait()

    def release(self) -> None:
        """Let everybody in and out."""
        self._lets_in.set()
        self._lets_out.set()

    def break_once(self, failure: Exception, *, when_taken: bool) -> None:
        """Let the next write fail, before the group is taken or after."""
        self._failure, self._fails_taken = failure, when_taken

    def break_written_once(self, failure: Exception) -> None:
        """Let the next write happen, and nobody know."""
        self._late_failure = failure

    async def migrate(self) -> list[str]:
        """As the storage behind does."""
        return await self._storage.migrate()

    async def write(self, group: GroupOfActions) -> None:
        """Wait to be let in, write, and wait to be let out."""
        await self._lets_in.wait()
        if (failure := self._failure) is not None:
            self._failure = None
            if self._fails_taken:
                group.take()
            raise failure
        await self._storage.write(group)
        self.sizes.append(len(cast("Group", group).entries))
        if (failure := self._late_failure) is not None:
            self._late_failure = None
            raise failure
        self._has_written.set()
        await self._lets_out.wait()

    async def close(self) -> None:
        """As the storage behind does."""
        await self._storage.close()


class Books:
    """The ledger and what can be read of it."""

    def __init__(self, database: Database, clock: ManualClock, *, fresh: Fresh, line_limit: int = LINE_LIMIT) -> None:
        self.database = database
        self.clock = clock
        self.gate = Gate(database.storage())
        self.reader = database.reader()
        self.ledger = Ledger(self.gate, now=clock, fresh=fresh, line_limit=line_limit)
        self._told = 0

    async def add_communities(self) -> None:
        """The Shop, number 1, and the Rival, number 2; what that records is not told."""
        for name in ("Shop", "Rival"):
            await self.do(AddCommunity(name=name, secret_hash=name.encode(), by="operator"))
        await self.recorded()

    async def do(self, action: Action[R]) -> R:
        """Do the action and wait for its reply."""
        return await self.ledger.submit(action)

    async def do_once(self, action: Action[Any], once: Once) -> Answer:
        """Do the action at most once for the key."""
        return await self.ledger.submit_once(action, once)

    async def together(self, actions: Iterable[Action[Any]]) -> list[Any]:
        """Have all of them written as one group; the reply or the error of each."""
        return await self.in_one_group(self.do(action) for action in actions)

    async def in_one_group(self, calls: Iterable[Awaitable[Any]]) -> list[Any]:
        """Make all the calls while the writer is held; the result or the error of each."""
        self.gate.hold()
        callers = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0)  # now each stands in the line
        self.gate.release()
        return await asyncio.gather(*callers, return_exceptions=True)

    async def events(self) -> list[Event]:
        """The whole log."""
        return await self.reader.events(after=0, take=10_000)

    async def recorded(self) -> list[Happening]:
        """What happened since this was last asked."""
        new = await self.reader.events(after=self._told, take=10_000)
        self._told += len(new)
        return [event.what for event in new]

    async def failing_checks(self) -> list[str]:
        """The checks of `parley verify` that do not hold."""
        findings = await self.reader.audit(lambda done, of: None)
        return [finding.check for finding in findings if not finding.holds]

    def lines(self) -> list[str]:
        """Every row of every table as a line of text, the random ids renamed in order of their making."""
        rows = [f"{table} {row}" for table, rows in self.database.dump().items() for row in rows]
        return renamed("\n".join(rows)).splitlines()


@asynccontextmanager
async def opened(
    database: Database,
    clock: ManualClock | None = None,
    *,
    fresh: Fresh | None = None,
    line_limit: int = LINE_LIMIT,
) -> AsyncIterator[Books]:
    """The books of a database, open until the block ends; the database is closed by whoever made it."""
    books = Books(database, clock or ManualClock(), fresh=fresh or guids(), line_limit=line_limit)
    await books.gate.migrate()
    books.ledger.start()
    yield books
    books.gate.release()
    await books.ledger.close()


def renamed(text: str) -> str:
    """The text with its random ids renamed to 1, 2, 3 … in order of their making: our supply of them rises."""
    order = {guid: f"guid {number}" for number, guid in enumerate(sorted(set(_GUID.findall(text))), 1)}
    return _GUID.sub(lambda found: order[found.group()], text)
