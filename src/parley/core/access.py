"""Tokens, signing keys and scopes: who may do what."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

ACCESS_TOKEN_LIFE = timedelta(hours=1)
EXPIRES_IN = 3599  # seconds told to the integrator: one less than the life, as the reference shows
LEEWAY = timedelta(seconds=30)  # how far an integrator's view of nbf and exp may be off
RETIRED_KEY_LIFE = timedelta(hours=2)  # how long a rotated signing key still verifies
RECHECK_AFTER = timedelta(seconds=30)  # a cached token is looked up again after this; revocation is due within 60 s
KNOWN_FOR = timedelta(seconds=60)  # and is good for so long when the database is away; a revocation is known by then
ISSUER = "parley"
SECRET_BYTES = 32
SIGNING_KEY_BYTES = 64  # HS512: a key as long as the digest (RFC 7518 §3.2)


class Scope(StrEnum):
    """What a refresh token opens. `admin` may do all that `chat` may."""

    CHAT = "chat"
    ADMIN = "admin"

    def covers(self, wanted: "Scope") -> bool:
        """Whether a token of this scope may do what asks for `wanted`."""
        return self is Scope.ADMIN or self is wanted


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """A long-lived, named, revocable secret of an integrator. Only its SHA-256 is kept."""

    id: int
    community_id: int
    name: str
    scope: Scope
    secret_hash: bytes
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token together with the client id of the community it opens."""

    token: RefreshToken
    client_id: str


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that signs access tokens. `sealed` is encrypted when the operator has set a secret key."""

    id: int
    sealed: bytes
    created_at: datetime
    retired_at: datetime | None = None

    def verifies(self, now: datetime) -> bool:
        """Whether tokens signed with this key are still good at `now`."""
        return self.retired_at is None or now < self.retired_at + RETIRED_KEY_LIFE
