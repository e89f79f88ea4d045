"""Add teammates, disable and enable them, say whether they take chats."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import texts
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import (
    Happening,
    TeammateAdded,
    TeammateChanged,
    TeammateDisabled,
    TeammateEnabled,
    TeammateRoleChanged,
    TeammateStatusChanged,
)
from parley.core.people import Kind, Presence, Role, Teammate, User
from parley.ports import Need


class AddTeammate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody joins the team. Refused with ConflictError when the e-mail belongs to a user of the community."""

    community_id: int
    name: str
    email: str
    role: Role
    by: str

    def needs(self, need: Need) -> None:
        """The community and whether the e-mail is free."""
        need.communities.add(self.community_id)
        need.emails.add((self.community_id, texts.key_of(self.email)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Add the user and the teammate."""
        draft.community(self.community_id)
        email_key = texts.key_of(self.email)
        owner = draft.user_by_email(self.community_id, email_key)
        if owner is not None:
            msg = f"This e-mail belongs to a {owner.kind} of this community already ({owner.id})."
            raise ConflictError(msg)
        user = User(
            id=fresh(),
            community_id=self.community_id,
            kind=Kind.TEAMMATE,
            created_at=now,
            name=self.name,
            email=self.email,
            email_key=email_key,
        )
        teammate = Teammate(user_id=user.id, community_id=self.community_id, role=self.role)
        draft.put_user(user)
        draft.put_teammate(teammate)
        draft.record(TeammateAdded(user, self.role), community_id=self.community_id, by=self.by, at=now)
        return user, teammate


class SetTeammateActive(msgspec.Struct, frozen=True, kw_only=True):
    """Disable a teammate, which ends their sessions, or let a disabled one back.

    Refused with NotFoundError when the e-mail is no teammate's.
    """

    community_id: int
    email: str
    is_active: bool
    by: str

    def needs(self, need: Need) -> None:
        """The teammate."""
        need.communities.add(self.community_id)
        need.teammates.add((self.community_id, texts.key_of(self.email)))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Change it; already so is fine and records nothing."""
        user, teammate = find_teammate(draft, self.community_id, self.email)
        if teammate.is_active != self.is_active:
            since = teammate.sessions_from if self.is_active else now
            teammate = msgspec.structs.replace(teammate, is_active=self.is_active, sessions_from=since)
            draft.put_teammate(teammate)
            what = TeammateEnabled(user.id) if self.is_active else TeammateDisabled(user.id)
            draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return user, teammate


class SetTeammateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a teammate takes chats, and how many at a time; it holds until changed.

    Refused with NotFoundError when the e-mail is no teammate's.
    """

    community_id: int
    email: str
    status: Presence
    by: str
    seats: int | None = None

    def needs(self, need: Need) -> None:
        """The teammate."""
        need.communities.add(self.community_id)
        need.teammates.add((self.community_id, texts.key_of(self.email)))
        need.seats += self.seats or 0

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Change it; already so is fine and records nothing."""
        user, teammate = find_teammate(draft, self.community_id, self.email)
        seats = teammate.seats if self.seats is None else self.seats
        changed = msgspec.structs.replace(teammate, status=self.status, seats=seats)
        if changed != teammate:
            draft.put_teammate(changed)
            what = TeammateStatusChanged(user.id, self.status, seats)
            draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return user, changed


class ChangeTeammate(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin changes of a teammate: name, role, whether they are active, seats; None changes nothing.

    Another role ends their sessions, and so does disabling. `admins` are those whom whoever asks knew as admins: one of
    them at least must stay an active admin. Refused with NotFoundError and, when nobody would be left who may change
    anything, ConflictError.
    """

    community_id: int
    user_id: str
    by: str
    admins: tuple[str, ...]
    name: str | None = None
    role: Role | None = None
    is_active: bool | None = None
    seats: int | None = None

    def needs(self, need: Need) -> None:
        """The teammate and the admins."""
        need.communities.add(self.community_id)
        need.assignees |= {(self.community_id, user_id) for user_id in (self.user_id, *self.admins)}
        need.seats += self.seats or 0

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[User, Teammate]:
        """Change it, each with its own event; already so is fine and records nothing."""
        found = draft.teammate(self.community_id, self.user_id)
        user = draft.user(self.community_id, self.user_id)
        if found is None or user is None:
            msg = f"There is no teammate {texts.shown(self.user_id)} in this community."
            raise NotFoundError(msg)
        changed = msgspec.structs.replace(
            found,
            role=self.role or found.role,
            is_active=found.is_active if self.is_active is None else self.is_active,
            seats=found.seats if self.seats is None else self.seats,
        )
        if _is_admin(found) and not _is_admin(changed) and not self._others_may(draft):
            msg = "This is the last active admin: make somebody else an admin first."
            raise ConflictError(msg)
        if changed.role is not found.role or (found.is_active and not changed.is_active):
            changed = msgspec.structs.replace(changed, sessions_from=now)
        if changed != found:
            draft.put_teammate(changed)
        renamed = msgspec.structs.replace(user, name=self.name or user.name)
        if renamed != user:
            draft.put_user(renamed)
        for what in _differences(user, renamed, found, changed):
            draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return renamed, changed

    def _others_may(self, draft: Draft) -> bool:
        known = (draft.teammate(self.community_id, user_id) for user_id in self.admins if user_id != self.user_id)
        return any(teammate is not None and _is_admin(teammate) for teammate in known)


def _is_admin(teammate: Teammate) -> bool:
    return teammate.is_active and teammate.role is Role.ADMIN


def _differences(user: User, renamed: User, before: Teammate, after: Teammate) -> list[Happening]:
    """What happened, in a word for each."""
    found: list[Happening] = []
    if renamed.name != user.name:
        found.append(TeammateChanged(user.id, renamed.name or ""))
    if after.role is not before.role:
        found.append(TeammateRoleChanged(user.id, after.role))
    if after.is_active != before.is_active:
        found.append(TeammateEnabled(user.id) if after.is_active else TeammateDisabled(user.id))
    if after.seats != before.seats:
        found.append(TeammateStatusChanged(user.id, after.status, after.seats))
    return found


def find_teammate(draft: Draft, community_id: int, email: str) -> tuple[User, Teammate]:
    """A teammate by their e-mail. Raises NotFoundError."""
    user = draft.user_by_email(community_id, texts.key_of(email))
    teammate = None if user is None else draft.teammate(community_id, user.id)
    if user is None or teammate is None:
        msg = f"There is no teammate {texts.shown(email)} in this community."
        raise NotFoundError(msg)
    return user, teammate
