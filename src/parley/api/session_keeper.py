"""Who is signed in: sessions looked up, and what they may do checked (RFC 6265 cookies, a proof against forgery)."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from parley.actions.sign_ins import NoteSession
from parley.api.errors import SignInError
from parley.core.errors import UnavailableError
from parley.core.people import Role
from parley.core.sessions import Visitor
from parley.ledger import Ledger
from parley.ports import Reader

COOKIE = "parley_session"
KNOWN_FOR = timedelta(seconds=60)  # a stream goes on for so long while the database cannot be asked
REMEMBERED = 10_000

NOBODY = "Nobody is signed in here. POST /agents/session signs in."


class Agent(msgspec.Struct, frozen=True):
    """A teammate at work: whose session it is."""

    visitor: Visitor

    @property
    def community_id(self) -> int:
        """The community they work for."""
        return self.visitor.community.id

    @property
    def user_id(self) -> str:
        """Who they are."""
        return self.visitor.user.id

    @property
    def role(self) -> Role:
        """What they may do."""
        return self.visitor.teammate.role

    @property
    def session(self) -> str:
        """The session's name: the hash of its secret."""
        return self.visitor.session.secret_hash

    @property
    def by(self) -> str:
        """Who did it, as events record it."""
        return f"teammate:{self.user_id}"


class SessionKeeper:
    """Looks sessions up. Nothing is remembered that opens anything: what ended opens nothing from then on."""

    def __init__(self, reader: Reader, ledger: Ledger, *, now: Callable[[], datetime]) -> None:
        self._reader = reader
        self._ledger = ledger
        self._now = now
        self._seen: OrderedDict[str, datetime] = OrderedDict()  # when a session was last found good

    async def admit(self, secret: str, *, is_use: bool) -> Agent:
        """Whose session this is; its use keeps it from running out. Raises SignInError when it is nobody's, or over."""
        found = await self._verified(hash_of(secret))
        if is_use and found.session.is_to_be_noted(self._now()):
            await self._note(found)
        return Agent(found)

    async def verify(self, session: str) -> None:
        """Raise SignInError when a session that was good is over. It is named by its hash."""
        await self._verified(session)

    def remembered(self, session: str) -> None:
        """Nothing: a session is looked up each time."""

    def known(self, session: str) -> datetime | None:
        """When a session was found good, if that was within the last minute: enough while the database is away."""
        at = self._seen.get(session)
        return at if at is not None and timedelta() <= self._now() - at < KNOWN_FOR else None

    async def _verified(self, session: str) -> Visitor:
        found = await self._reader.visitor(session)
        now = self._now()
        if found is None or not found.session.is_good(found.teammate, now):
            self._seen.pop(session, None)
            raise SignInError(NOBODY)
        self._seen[session] = now
        self._seen.move_to_end(session)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return found

    async def _note(self, found: Visitor) -> None:
        note = NoteSession(community_id=found.community.id, secret_hash=found.session.secret_hash)
        try:
            await self._ledger.submit(note)
        except UnavailableError:
            return  # the next call notes it


def hash_of(secret: str) -> str:
    """The name under which a session is kept. Its secret is 32 random bytes, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def proof_of(secret: str) -> str:
    """What a page sends with every write to show that it is ours: made from the secret, which no page can read."""
    digest = hmac.digest(secret.encode(), b"parley csrf", hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def is_proof(given: bytes | None, secret: str) -> bool:
    """Whether this is the session's proof, compared in constant time."""
    return given is not None and hmac.compare_digest(given, proof_of(secret).encode())


def read_cookie(header: bytes | None) -> str | None:
    """The session's secret in a Cookie header."""
    for part in (header or b"").split(b";"):  # by hand: SimpleCookie gives up at the first cookie it does not like
        name, _, value = part.partition(b"=")
        if name.strip() == COOKIE.encode():
            return value.strip().decode("latin-1") or None
    return None


def write_cookie(secret: str, *, life: timedelta) -> bytes:
    """The Set-Cookie that begins a session, or with no life ends it."""
    return (f"{COOKIE}={secret}; Max-Age={int(life.total_seconds())}; Path=/; Secure; HttpOnly; SameSite=Lax").encode()
