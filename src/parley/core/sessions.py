"""Teammates' passwords and sessions: how long one lasts, and what ends it."""

from datetime import datetime, timedelta

import msgspec

from parley.core.communities import Community
from parley.core.errors import Problems
from parley.core.people import Teammate, User

IDLE = timedelta(hours=12)  # a session nobody uses for so long is over
LIFE = timedelta(days=7)  # and none lasts longer
NOTED_EVERY = timedelta(minutes=1)  # its use is written down at most so often
SECRET_BYTES = 32

PASSWORD_LEAST = 12  # characters; length is what makes a password hard to guess (NIST SP 800-63B §5.1.1)
PASSWORD_LIMIT = 1_000  # a longer one costs us more to hash than it is worth


class Password(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a teammate's password: an Argon2id hash in its own notation."""

    user_id: str
    community_id: int
    hash: str
    set_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in of a teammate in one browser. Only the SHA-256 of its secret is kept, in hexadecimal."""

    secret_hash: str
    community_id: int
    user_id: str
    begun_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None

    def is_good(self, teammate: Teammate, now: datetime) -> bool:
        """Whether it still opens anything: not ended, idle or old, and nothing happened that ends all of theirs."""
        began_since = teammate.sessions_from is None or self.begun_at >= teammate.sessions_from
        lasts = now - self.begun_at < LIFE and now - self.seen_at < IDLE
        return self.ended_at is None and teammate.is_active and began_since and lasts

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether its use has not been written down for a while."""
        return now - self.seen_at >= NOTED_EVERY


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate who may sign in with a password: of one community among those that have this e-mail."""

    community: Community
    user: User
    teammate: Teammate
    hash: str


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who a session is, and of which community."""

    session: Session
    community: Community
    user: User
    teammate: Teammate


def check_password(given: str, path: str, problems: Problems) -> str:
    """A password that may be set. What it is is never repeated."""
    if not PASSWORD_LEAST <= len(given) <= PASSWORD_LIMIT:
        problems.add(path, f"must be {PASSWORD_LEAST} to {PASSWORD_LIMIT} characters long, but {len(given)} were given")
    return given
