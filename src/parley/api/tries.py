"""Wrong passwords, counted by all processes together: whoever guesses is slowed down long before they are lucky."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

from parley.api.errors import TooManyTriesError
from parley.api.words import Tried, written
from parley.ports import Neighbours

ALLOWED = 5
WITHIN = timedelta(minutes=1)
REMEMBERED = 10_000  # e-mails and addresses that failed last


class Tries:
    """The wrong tries of the last minute, for each e-mail together with the address it was tried from.

    By both, so that nobody locks a teammate out who sits elsewhere. Behind a proxy all sit at its address. What other
    processes count is heard a moment later, and lost while the database is away: each alone still counts its own.
    """

    def __init__(self, neighbours: Neighbours, *, now: Callable[[], datetime]) -> None:
        self._neighbours = neighbours
        self._now = now
        self._failed: OrderedDict[str, list[datetime]] = OrderedDict()

    def begin(self, email_key: str, address: str) -> str:
        """Count a try as a wrong one until `succeed` is told the name that this returns for whoever tries.

        It counts before the password is looked at, which takes a while: those that come meanwhile are counted with it.
        Raises TooManyTriesError when there were too many.
        """
        who = hashlib.sha256(f"{email_key}\n{address}".encode()).hexdigest()
        recent = self._recent(who)
        if len(recent) >= ALLOWED:
            wait = ceil((recent[0] + WITHIN - self._now()).total_seconds())
            msg = f"There were {ALLOWED} wrong tries within a minute. Try again in {wait} seconds."
            raise TooManyTriesError(msg, retry_after=wait)
        self._tell(Tried(who, is_right=False))
        return who

    def succeed(self, who: str) -> None:
        """Forget the wrong ones."""
        self._tell(Tried(who, is_right=True))

    def hear(self, tried: Tried) -> None:
        """Count, or forget, what another process tells."""
        if tried.is_right:
            self._failed.pop(tried.who, None)
            return
        self._failed[tried.who] = [*self._recent(tried.who), self._now()]
        self._failed.move_to_end(tried.who)
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def _tell(self, tried: Tried) -> None:
        self.hear(tried)
        self._neighbours.tell(written(tried))

    def _recent(self, who: str) -> list[datetime]:
        now = self._now()
        return [at for at in self._failed.get(who, ()) if timedelta() <= now - at < WITHIN]
