"""Who gets the conversation that has waited longest, in a community where the server says so."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from parley.core.people import Presence, Role, Teammate

_NEVER = datetime.min.replace(tzinfo=UTC)


class RoutingMode(StrEnum):
    """Who decides which teammate gets a conversation."""

    MANUAL = "manual"  # teammates take them
    AUTOMATIC = "automatic"  # the server gives them out


class Candidate(msgspec.Struct, frozen=True):
    """A teammate, and how many conversations they have now."""

    teammate: Teammate
    open_chats: int

    @property
    def free_seats(self) -> int:
        """How many more they may be given: none unless they are there, online, and may answer at all."""
        who = self.teammate
        takes = who.is_present and who.status is Presence.ONLINE and who.role is not Role.READ_ONLY
        return max(who.seats - self.open_chats, 0) if takes else 0


class Choice(msgspec.Struct, frozen=True):
    """Whoever was chosen, and how many could have been."""

    chosen: Candidate
    candidates: int


def choose(team: Iterable[Candidate]) -> Choice | None:
    """Who gets the next one: the fewest open chats, then whoever was given one longest ago, then the smallest id.

    None when nobody has a free seat.
    """
    able = [candidate for candidate in team if candidate.free_seats]
    return Choice(min(able, key=_rank), len(able)) if able else None


def _rank(candidate: Candidate) -> tuple[int, datetime, str]:
    who = candidate.teammate
    return candidate.open_chats, who.given_at or _NEVER, who.user_id
