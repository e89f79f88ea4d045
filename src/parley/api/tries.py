"""Wrong passwords, counted: whoever guesses is slowed down long before they are lucky."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

from parley.api.errors import TooManyTriesError

ALLOWED = 5
WITHIN = timedelta(minutes=1)
REMEMBERED = 10_000  # e-mails and addresses that failed last; a process has its own count

Key = tuple[str, str]


class Tries:
    """The wrong tries of the last minute, for each e-mail together with the address it was tried from.

    By both, so that nobody locks a teammate out who sits elsewhere. Behind a proxy all sit at its address.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._failed: OrderedDict[Key, list[datetime]] = OrderedDict()

    def begin(self, key: Key) -> None:
        """Count a try as a wrong one until `succeed`. Raises TooManyTriesError when there were too many.

        It counts before the password is looked at, which takes a while: those that come meanwhile are counted with it.
        """
        recent = self._recent(key)
        if len(recent) >= ALLOWED:
            wait = ceil((recent[0] + WITHIN - self._now()).total_seconds())
            msg = f"There were {ALLOWED} wrong tries within a minute. Try again in {wait} seconds."
            raise TooManyTriesError(msg, retry_after=wait)
        self._failed[key] = [*recent, self._now()]
        self._failed.move_to_end(key)
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def succeed(self, key: Key) -> None:
        """Forget the wrong ones."""
        self._failed.pop(key, None)

    def _recent(self, key: Key) -> list[datetime]:
        now = self._now()
        return [at for at in self._failed.get(key, ()) if timedelta() <= now - at < WITHIN]
