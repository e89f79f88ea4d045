"""What the log tells of a team, for `parley verify` to hold the tables against."""

from msgspec import Struct
from msgspec.structs import replace

from parley.core.events import (
    Happening,
    TeammateAdded,
    TeammateDisabled,
    TeammateEnabled,
    TeammatePresenceChanged,
    TeammateRoleChanged,
    TeammateStatusChanged,
)
from parley.core.people import DEFAULT_SEATS, Presence, Role, Teammate

TOLD_BY = (
    TeammateAdded,
    TeammateDisabled,
    TeammateEnabled,
    TeammateRoleChanged,
    TeammateStatusChanged,
    TeammatePresenceChanged,
)


class Member(Struct, frozen=True, kw_only=True):
    """A teammate as far as events tell of them. Whether the disabled are gone they do not tell: `is_gone` is None."""

    role: Role
    status: Presence = Presence.AWAY
    seats: int = DEFAULT_SEATS
    is_active: bool = True
    is_gone: bool | None = False


def whom(what: Happening) -> str:
    """The user id of the teammate whom one of TOLD_BY is about."""
    return what.user.id if isinstance(what, TeammateAdded) else what.user_id  # type: ignore[union-attr]


def apply(member: Member | None, what: Happening) -> Member | None:
    """The teammate after the event."""
    match what:
        case TeammateAdded(role=role):
            return Member(role=role)
        case _ if member is None:
            return None
        case TeammateDisabled():
            return replace(member, is_active=False, is_gone=None)
        case TeammateEnabled():
            return replace(member, is_active=True)
        case TeammateRoleChanged(role=role):
            return replace(member, role=role)
        case TeammateStatusChanged(status=status, seats=seats):
            return replace(member, status=status, seats=seats)
        case TeammatePresenceChanged(is_present=is_present):
            return replace(member, is_gone=not is_present)
        case _:
            return member


def agrees(told: Member | None, kept: Teammate | None) -> bool:
    """Whether what is kept of a teammate is what the log tells."""
    if told is None or kept is None:
        return told is None and kept is None
    is_gone = None if told.is_gone is None else kept.left_at is not None
    return told == Member(
        role=kept.role, status=kept.status, seats=kept.seats, is_active=kept.is_active, is_gone=is_gone
    )
