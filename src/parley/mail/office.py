"""One process has the clerk; where no mail is sent, one has the porter."""

from collections.abc import Mapping

from parley.ledger import Ledger
from parley.mail.clerk import Clerk, Porter, Posting
from parley.ports import SERVER, Reader, Tail
from parley.shifts import Clock


class Office:
    """Appoints the clerk. Satisfies `parley.shifts.Trade`."""

    name = "mail"

    def __init__(self, *, ledger: Ledger, reader: Reader, tail: Tail, post: Posting, clock: Clock) -> None:
        self._ledger = ledger
        self._reader = reader
        self._tail = tail
        self._post = post
        self._clock = clock
        self._clerk: Clerk | None = None

    async def things(self) -> Mapping[int, None]:
        """The whole server's mail."""
        return {SERVER: None}

    async def begin(self, number: int, thing: None) -> Clerk:
        """A clerk, who hears of everything from now on."""
        clerk = Clerk(ledger=self._ledger, reader=self._reader, post=self._post, clock=self._clock)
        await self._tail.follow(clerk)
        self._clerk = clerk
        return clerk

    def end(self, number: int) -> None:
        """The clerk hears no more."""
        if self._clerk is not None:
            self._tail.leave(self._clerk)


class ClosedOffice:
    """Appoints the porter. Satisfies `parley.shifts.Trade`."""

    name = "mail closed"  # a lease of its own: it must never keep a clerk elsewhere from sending

    def __init__(self, *, ledger: Ledger, reader: Reader, clock: Clock) -> None:
        self._ledger = ledger
        self._reader = reader
        self._clock = clock

    async def things(self) -> Mapping[int, None]:
        """The whole server's mail."""
        return {SERVER: None}

    async def begin(self, number: int, thing: None) -> Porter:
        """A porter."""
        return Porter(ledger=self._ledger, reader=self._reader, clock=self._clock)

    def end(self, number: int) -> None:
        """There is nothing to undo."""
