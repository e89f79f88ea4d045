"""Who gets the conversation that has waited longest, in a community where the server says so."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from parley.core.conversations import Conversation, PassedOver
from parley.core.people import Presence, Role, Teammate

Rank = tuple[int, datetime, str]

_NEVER = datetime.min.replace(tzinfo=UTC)


class RoutingMode(StrEnum):
    """Who decides which teammate gets a conversation."""

    MANUAL = "manual"  # teammates take them
    AUTOMATIC = "automatic"  # the server gives them out


class Standing(StrEnum):
    """Whether a teammate can be given a conversation, or why not: the first of these that holds."""

    OUTSIDE = "outside"  # may not answer: disabled or read-only
    GONE = "gone"  # no sign of life
    AWAY = "away"
    BUSY = "busy"
    FINISHING = "finishing"
    FULL = "full"  # as many chats as seats
    FREE = "free"


_REASONS = (Standing.GONE, Standing.AWAY, Standing.BUSY, Standing.FINISHING, Standing.FULL)


class Candidate(msgspec.Struct, frozen=True):
    """A teammate, and how many conversations they have now."""

    teammate: Teammate
    open_chats: int

    @property
    def standing(self) -> Standing:
        """Whether they can be given one more."""
        who = self.teammate
        return standing(
            who.role,
            who.status,
            is_active=who.is_active,
            is_gone=who.left_at is not None,
            has_seat=self.open_chats < who.seats,
        )


def standing(role: Role, status: Presence, *, is_active: bool, is_gone: bool, has_seat: bool) -> Standing:
    """Where somebody stands of whom this is known."""
    if not is_active or role is Role.READ_ONLY:
        return Standing.OUTSIDE
    if is_gone:
        return Standing.GONE
    if status is not Presence.ONLINE:
        return Standing(status.value)
    return Standing.FREE if has_seat else Standing.FULL


def rank_of(candidate: Candidate) -> Rank | None:
    """Who gets the next one is the lowest: the fewest open chats, then whoever was given one longest ago, then the id.

    None when they can be given none.
    """
    who = candidate.teammate
    if candidate.standing is not Standing.FREE:
        return None
    return candidate.open_chats, who.given_at or _NEVER, who.user_id


def passed_over(team: Mapping[Standing, int]) -> PassedOver:
    """Why the others could not get it, of a team of whom so many stand so."""
    return PassedOver(**{each.value: team.get(each, 0) for each in _REASONS})


def count_chats(changes: Iterable[tuple[Conversation | None, Conversation]]) -> dict[tuple[int, str], int]:
    """How the open chats per (community, user id) change, from conversations before and after."""
    steps: dict[tuple[int, str], int] = {}
    for before, after in changes:
        for conversation, step in ((before, -1), (after, 1)):
            if conversation is not None and conversation.is_assigned and conversation.assignee_id is not None:
                key = (conversation.community_id, conversation.assignee_id)
                steps[key] = steps.get(key, 0) + step
    return {key: step for key, step in steps.items() if step}
