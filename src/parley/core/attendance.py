"""Whether a teammate is there: for a minute after each sign of life, which is a live stream that they have open.

Their status says what they want, this whether they can. Whoever never had a stream is taken at their word: integrators
and commands may speak for people who work elsewhere.
"""

from datetime import datetime, timedelta

import msgspec

from parley.core.people import Teammate

SEEN_FOR = timedelta(seconds=60)  # after the last sign of life a teammate is gone
RETURN_AFTER_S = 120  # unless a community says otherwise: then what nobody answers goes back to the queue
RETURN_AFTER_LIMIT_S = 86_400
AGAIN_AT_LEAST = timedelta(seconds=10)  # between two looks at what somebody who is gone has


def see(teammate: Teammate, at: datetime, *, now: datetime) -> Teammate:
    """The teammate with a sign of life of this time. One that is too old, or that a later one followed, says nothing.

    A later one that has yet to come was seen before the clock was set back, and counts no more.
    """
    if now - at >= SEEN_FOR or (teammate.seen_at is not None and at <= teammate.seen_at <= now):
        return teammate
    return msgspec.structs.replace(teammate, seen_at=at, left_at=None, due_at=at + SEEN_FOR)


def expire(teammate: Teammate, *, now: datetime, return_after: timedelta) -> Teammate:
    """The teammate as gone, if there was no sign of life for so long."""
    if teammate.left_at is not None or teammate.seen_at is None or now < teammate.seen_at + SEEN_FOR:
        return teammate
    return msgspec.structs.replace(teammate, left_at=now, due_at=now + return_after)


def is_to_give_back(teammate: Teammate, *, now: datetime, return_after: timedelta) -> bool:
    """Whether they have been gone for so long that what nobody answers goes back."""
    return teammate.left_at is not None and now >= teammate.left_at + return_after


def look_again(teammate: Teammate, *, now: datetime, return_after: timedelta, has_chats: bool) -> Teammate:
    """When to look next after somebody who is gone: when time is up, then as long as they have conversations.

    For in one of these that was answered the client may write again.
    """
    assert teammate.left_at is not None  # noqa: S101 - whoever asks has looked
    due_at: datetime | None = teammate.left_at + return_after
    if is_to_give_back(teammate, now=now, return_after=return_after):
        due_at = now + max(return_after, AGAIN_AT_LEAST) if has_chats else None
    return msgspec.structs.replace(teammate, due_at=due_at)


def entrust(teammate: Teammate, *, now: datetime, return_after: timedelta) -> Teammate:
    """The teammate when they are given a conversation: of somebody who is gone it goes back in time."""
    if teammate.left_at is None or teammate.due_at is not None:
        return teammate
    return msgspec.structs.replace(teammate, due_at=now + return_after)
