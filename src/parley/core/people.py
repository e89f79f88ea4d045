"""Clients, teammates and the bot: one set of users per community, and whom a UserValue means."""

from datetime import datetime
from enum import StrEnum

import msgspec

from parley.core import texts
from parley.core.errors import Problems


class Kind(StrEnum):
    """What a user is to the community."""

    CLIENT = "client"
    TEAMMATE = "teammate"
    BOT = "bot"


class Role(StrEnum):
    """What a teammate may do on the agents' side."""

    ADMIN = "admin"
    AGENT = "agent"
    READ_ONLY = "read_only"


class Presence(StrEnum):
    """Whether a teammate takes chats now. Seats count for those who are online or busy, and not known to be gone."""

    ONLINE = "online"
    BUSY = "busy"
    AWAY = "away"
    FINISHING = "finishing"


DEFAULT_SEATS = 3  # chats at a time that a teammate takes unless told otherwise
SEATS_LIMIT = 100


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person or bot of a community.

    `email_key` is the compared form of `email`; `identifier` (the API's customIdentifier) is kept in its compared,
    lower-case form. Both are unique in the community, over all kinds of users.
    """

    id: str
    community_id: int
    kind: Kind
    created_at: datetime
    name: str | None = None
    email: str | None = None
    email_key: str | None = None
    identifier: str | None = None
    image: str | None = None

    @property
    def is_bot(self) -> bool:
        """Whether this is the community's bot."""
        return self.kind is Kind.BOT

    @property
    def is_team(self) -> bool:
        """Whether this one speaks for the community: a teammate or the bot."""
        return self.kind is not Kind.CLIENT


class Teammate(msgspec.Struct, frozen=True, kw_only=True):
    """What a teammate has beside the user they are. Sessions begun before `sessions_from` are over.

    `given_at` is when the server last gave them a conversation. `seen_at` is when they were last seen at work, None if
    never; `left_at` since when they are known to be gone, and `due_at` when to look after them next
    (`parley.core.attendance`).
    """

    user_id: str
    community_id: int
    role: Role
    status: Presence = Presence.AWAY
    seats: int = DEFAULT_SEATS
    is_active: bool = True
    sessions_from: datetime | None = None
    given_at: datetime | None = None
    seen_at: datetime | None = None
    left_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def is_present(self) -> bool:
        """Whether they are at work. Of somebody who was never seen there, what their status says counts."""
        was_seen = self.seen_at is not None
        return self.is_active and self.left_at is None and (was_seen or self.status is not Presence.AWAY)

    @property
    def open_seats(self) -> int:
        """The chats they may have at a time now: their seats when they are present and online or busy, else none."""
        return self.seats if self.is_present and self.status in {Presence.ONLINE, Presence.BUSY} else 0


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """A UserValue in good form: trimmed, blank made absent, keys in lower case."""

    id: str | None = None
    email: str | None = None
    identifier: str | None = None
    name: str | None = None
    image: str | None = None
    is_bot: bool = False

    @property
    def email_key(self) -> str | None:
        """The form in which e-mails are compared."""
        return None if self.email is None else texts.key_of(self.email)


def read_author(
    path: str,
    problems: Problems,
    *,
    id: str | None,  # noqa: A002 - the published name
    email: str | None,
    identifier: str | None,
    name: str | None,
    image: str | None,
    is_bot: bool,
) -> Author:
    """Check a UserValue's form (spec §4). Who it means is decided later, by `find` and `refresh`."""
    if is_bot:
        return Author(is_bot=True)
    author = Author(
        id=_lower(texts.read_line(id, f"{path}.id", problems, limit=texts.IDENTIFIER_LIMIT)),
        email=texts.read_email(email, f"{path}.email", problems),
        identifier=_lower(
            texts.read_line(identifier, f"{path}.customIdentifier", problems, limit=texts.IDENTIFIER_LIMIT)
        ),
        name=texts.read_line(name, f"{path}.name", problems, limit=texts.NAME_LIMIT),
        image=texts.read_url(image, f"{path}.image", problems),
    )
    if author.id is None and author.email is None and author.identifier is None:
        problems.add(path, "needs at least one of id, email and customIdentifier, or isBot: true; none was given")
    return author


def refresh(user: User, author: Author, *, email_is_free: bool, identifier_is_free: bool) -> User:
    """What is known of `user` after `author` was found to mean them (spec §4).

    A missing e-mail or identifier is attached when it belongs to nobody; one that belongs to somebody else stays
    with them. A name or image that is given replaces a client's; a teammate's come from the administration only.
    """
    if user.is_bot:
        return user
    changed: dict[str, object] = {}
    if author.email is not None and user.email is None and email_is_free:
        changed |= {"email": author.email, "email_key": author.email_key}
    if author.identifier is not None and user.identifier is None and identifier_is_free:
        changed["identifier"] = author.identifier
    if user.kind is Kind.CLIENT:
        if author.name is not None and author.name != user.name:
            changed["name"] = author.name
        if author.image is not None and author.image != user.image:
            changed["image"] = author.image
    return msgspec.structs.replace(user, **changed) if changed else user


def new_client(author: Author, *, id: str, community_id: int, now: datetime) -> User:  # noqa: A002 - as User has it
    """The client that an unknown e-mail or identifier makes."""
    return User(
        id=id,
        community_id=community_id,
        kind=Kind.CLIENT,
        created_at=now,
        name=author.name,
        email=author.email,
        email_key=author.email_key,
        identifier=author.identifier,
        image=author.image,
    )


def _lower(text: str | None) -> str | None:
    return None if text is None else texts.key_of(text)
