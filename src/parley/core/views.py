"""The lists that the team works from."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class View(StrEnum):
    """Which conversations: those that wait, the longest waiting first; of all others the newest change first."""

    WAITING = "waiting"
    MINE = "mine"
    BOT = "bot"
    OPEN = "open"
    CLOSED_TODAY = "closed_today"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many conversations each view has for one teammate, and since when the first of the queue waits."""

    waiting: int
    mine: int
    bot: int
    assigned: int
    closed_today: int
    first_since: datetime | None = None

    def of(self, view: View) -> int:
        """How many a view has."""
        return {
            View.WAITING: self.waiting,
            View.MINE: self.mine,
            View.BOT: self.bot,
            View.OPEN: self.waiting + self.bot + self.assigned,
            View.CLOSED_TODAY: self.closed_today,
        }[view]


def day_of(at: datetime) -> int:
    """The day since 1970, UTC."""
    return (at - _EPOCH) // _DAY


def midnight(now: datetime) -> datetime:
    """When today began, in UTC."""
    return _EPOCH + day_of(now) * _DAY


def seconds(span: timedelta) -> int:
    """A span in whole seconds, never less than none: clocks are set back."""
    return max(span // timedelta(seconds=1), 0)
