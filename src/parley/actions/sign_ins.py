"""Teammates' passwords and sessions. Signing in and out is no event of the log; another password is."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.actions.teammates import find_teammate
from parley.core import texts
from parley.core.errors import NotFoundError
from parley.core.events import PasswordChanged
from parley.core.people import Teammate, User
from parley.core.sessions import LIFE, Password, Session
from parley.ports import SERVER, Need


class SetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """Give a teammate a password, by its hash; all their sessions end.

    Refused with NotFoundError when the e-mail is no teammate's.
    """

    community_id: int
    email: str
    hash: str
    by: str

    def needs(self, need: Need) -> None:
        """The teammate."""
        need.communities.add(self.community_id)
        need.teammates.add((self.community_id, texts.key_of(self.email)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Put it in place of the former."""
        user, teammate = find_teammate(draft, self.community_id, self.email)
        password = Password(user_id=user.id, community_id=self.community_id, hash=self.hash, set_at=now)
        draft.put_password(password)
        changed = msgspec.structs.replace(teammate, sessions_from=now)
        draft.put_teammate(changed)
        draft.record(PasswordChanged(user.id), community_id=self.community_id, by=self.by, at=now)
        return user, changed


class BeginSession(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate signs in. Refused with NotFoundError when they are no active teammate by now.

    `sessions_from` is theirs of when the password was looked at. What moved it since, such as another password, would
    not end a session that begins only now: so it is refused as well.
    """

    community_id: int
    user_id: str
    secret_hash: str
    sessions_from: datetime | None

    def needs(self, need: Need) -> None:
        """The teammate."""
        need.assignees.add((self.community_id, self.user_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Session:
        """Begin it."""
        teammate = draft.teammate(self.community_id, self.user_id)
        if teammate is None or not teammate.is_active or teammate.sessions_from != self.sessions_from:
            msg = "There is no such active teammate, or their sessions ended meanwhile."
            raise NotFoundError(msg)
        session = Session(
            secret_hash=self.secret_hash,
            community_id=self.community_id,
            user_id=self.user_id,
            begun_at=now,
            seen_at=now,
        )
        draft.put_session(session)
        return session


class NoteSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session is in use: it is not idle. Of one that is over nothing happens."""

    community_id: int
    secret_hash: str

    def needs(self, need: Need) -> None:
        """The session."""
        need.sessions.add(self.secret_hash)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Write down when."""
        found = draft.session(self.secret_hash)
        if found is not None and found.ended_at is None and found.seen_at < now:
            draft.put_session(msgspec.structs.replace(found, seen_at=now))


class EndSession(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate signs out. Of a session that is over already nothing happens."""

    community_id: int
    secret_hash: str

    def needs(self, need: Need) -> None:
        """The session."""
        need.sessions.add(self.secret_hash)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """End it."""
        found = draft.session(self.secret_hash)
        if found is not None and found.ended_at is None:
            draft.put_session(msgspec.structs.replace(found, ended_at=now))


class ForgetSessions(msgspec.Struct, frozen=True):
    """Drop a bounded number of sessions that are too old to be good; whether there are any. No event."""

    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Whether there are any."""
        need.sessions_before = need.at - LIFE

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> bool:
        """Drop them."""
        return draft.forget_sessions(before=now - LIFE)
