"""A community: one customer account of the server, with its counters."""

from datetime import datetime, timedelta

import msgspec

from parley.core import texts
from parley.core.attendance import RETURN_AFTER_S
from parley.core.errors import Problems
from parley.core.routing import RoutingMode

_MILLISECOND = timedelta(milliseconds=1)


class Community(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant. `client_id` is what its integrators sign in with; `catalogue_version` rises with every change of
    its categories and fields, so that other processes notice. `routing` says who gives out what waits; `return_after_s`
    after how long what a teammate who is gone did not answer goes back to the queue, in seconds.
    """

    id: int
    name: str
    client_id: str
    bot_id: str
    catalogue_version: int
    created_at: datetime
    routing: RoutingMode = RoutingMode.MANUAL
    return_after_s: int = RETURN_AFTER_S

    @property
    def return_after(self) -> timedelta:
        """After how long what a teammate who is gone did not answer goes back to the queue."""
        return timedelta(seconds=self.return_after_s)


class Tally(msgspec.Struct, frozen=True):
    """A community's running numbers.

    The last `seq` and queue number given; how many wait, and how many a teammate has; the seats of the teammates who
    are present; how long all have waited together up to `counted_at` (the last time the queue changed), and how many
    gave up; how many the bot has; the last day (since 1970, UTC) on which one was closed, and how many were on it.
    """

    last_seq: int = 0
    last_queue_number: int = 0
    waiting: int = 0
    assigned: int = 0
    seats: int = 0
    waited: timedelta = timedelta()
    gave_up: int = 0
    counted_at: datetime | None = None
    with_bot: int = 0
    closed_day: int = 0
    closed_today: int = 0

    def waited_until(self, now: datetime) -> timedelta:
        """The waiting of all together up to now: since the queue last changed, each of those in it waited on."""
        if self.counted_at is None or now <= self.counted_at:
            return self.waited
        return self.waited + self.waiting * (now - self.counted_at)

    def counted(self, at: datetime) -> "Tally":
        """The tally when the queue changes. The waiting is in whole milliseconds, as it is stored: what comes of many
        changes must not depend on which of them are stored together.
        """
        waited = self.waited_until(at)
        return msgspec.structs.replace(self, waited=waited - waited % _MILLISECOND, counted_at=at)

    def closing(self, day: int) -> "Tally":
        """The tally when a conversation is closed on this day. What a clock set back closes before is not counted."""
        if day < self.closed_day:
            return self
        before = self.closed_today if day == self.closed_day else 0
        return msgspec.structs.replace(self, closed_day=day, closed_today=before + 1)


def read_name(value: str, path: str, problems: Problems) -> str:
    """A community's name: one line, not blank, and not only digits, which would read as an id."""
    name = texts.read_line(value, path, problems, limit=texts.NAME_LIMIT)
    if name is None:
        problems.add(path, f"must be 1 to {texts.NAME_LIMIT} characters long, but it is blank")
        return ""
    if name.isdecimal():
        problems.add(path, f"may not be only digits, which would read as an id, but {texts.shown(name)} was given")
    return name
