"""Who is asking: access tokens made, verified and remembered (spec §2)."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import msgspec

from parley.core import access
from parley.core.access import Grant, Scope
from parley.core.errors import ExpiredError, StorageUnavailableError, UnavailableError
from parley.ports import Reader

ALGORITHM = "HS512"  # the only one, whatever a token's header says
REMEMBERED = 10_000  # tokens whose signature was found good; verifying one costs 15 % of a request
IDS_END = 2**53  # no id is as large, and not every database can even be asked about a larger one
KEYS_RECHECKED_AFTER_S = 1.0  # an unknown signature asks for the keys again, at most this often
KEYS_LIFE_S = 30.0  # another process's rotation is heeded after this: its key signs, the former one is retired

_REQUIRED = ["cid", "type", "rid", "nbf", "exp", "iss", "aud"]
_GONE = "The access token is not valid (any more)."


class Access(msgspec.Struct, frozen=True):
    """Whose call this is and what it may do."""

    community_id: int
    token_id: int
    scope: Scope
    expires_at: float

    @property
    def by(self) -> str:
        """Who did it, as events record it."""
        return f"token:{self.token_id}"


class Doorkeeper:
    """Knows the signing keys and the tokens seen last.

    A remembered token is looked up again every 30 s, so a revocation is known within a minute everywhere.
    """

    def __init__(self, reader: Reader, *, now: Callable[[], datetime], unseal: Callable[[bytes], bytes]) -> None:
        self._reader = reader
        self._now = now
        self._unseal = unseal
        self._keys: list[tuple[access.SigningKey, bytes]] = []
        self._keys_read_at = float("-inf")
        self._known: OrderedDict[str, tuple[Access, float]] = OrderedDict()

    def remembered(self, token: str) -> Access | None:
        """The access of a token that was verified a moment ago: the way of nearly every call."""
        return self._known_within(token, access.RECHECK_AFTER)

    def known(self, token: str) -> Access | None:
        """The access of a token that was good within the last minute: enough while the database is away."""
        return self._known_within(token, access.KNOWN_FOR)

    async def verify(self, token: str) -> Access:
        """The access of a token, from its signature and the refresh token behind it. Raises ExpiredError.

        While the database is away for a moment, what was known within the last minute holds.
        """
        try:
            return await self._verify(token)
        except UnavailableError:
            known = self.known(token)
            if known is None:
                raise
            return known

    async def _verify(self, token: str) -> Access:
        claims = await self._claims(token)
        rid = claims["rid"]
        grant = await self._reader.grant(rid) if isinstance(rid, int) and 0 < rid < IDS_END else None
        if grant is None or not self._fits(grant, claims):
            self._known.pop(token, None)
            raise ExpiredError(_GONE)
        found = Access(grant.token.community_id, grant.token.id, grant.token.scope, float(claims["exp"]))
        self._known[token] = (found, self._now().timestamp())
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def issue(self, grant: Grant) -> str:
        """A new access token for a refresh token."""
        if self._age_s(self._keys_read_at) > KEYS_LIFE_S:
            await self._read_keys()
        if not self._keys:
            msg = "The server has no signing key yet."
            raise StorageUnavailableError(msg)
        now = self._now()
        claims = {
            "cid": grant.token.community_id,
            "type": "Community",
            "rid": grant.token.id,
            "nbf": int(now.timestamp()),
            "exp": int((now + access.ACCESS_TOKEN_LIFE).timestamp()),
            "iss": access.ISSUER,
            "aud": grant.client_id,
        }
        return jwt.encode(claims, self._keys[0][1], algorithm=ALGORITHM)

    async def _claims(self, token: str) -> dict[str, Any]:
        """The claims of a token signed with one of our keys, still good in time and made by us."""
        if self._age_s(self._keys_read_at) > KEYS_LIFE_S:
            await self._read_keys()  # one of them may have been retired by another process
        for _ in range(2):
            for key, secret in self._keys:
                if key.verifies(self._now()) and (claims := self._signed_with(token, secret)) is not None:
                    return claims
            if self._age_s(self._keys_read_at) < KEYS_RECHECKED_AFTER_S:
                break
            await self._read_keys()
        raise ExpiredError(_GONE)

    def _known_within(self, token: str, limit: timedelta) -> Access | None:
        """The access of a token that was verified so recently and has not ended since."""
        known = self._known.get(token)
        if known is None:
            return None
        found, checked_at = known
        is_recent = self._age_s(checked_at) < limit.total_seconds()
        return found if is_recent and self._now().timestamp() < found.expires_at else None

    def _age_s(self, moment: float) -> float:
        """The seconds since then. What lies ahead, because the clock was set back, is as old as can be."""
        age = self._now().timestamp() - moment
        return age if age >= 0 else float("inf")

    def _signed_with(self, token: str, secret: bytes) -> dict[str, Any] | None:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                issuer=access.ISSUER,
                leeway=access.LEEWAY,
                options={"require": _REQUIRED, "verify_aud": False, "verify_exp": False, "verify_nbf": False},
            )
            now, leeway = self._now().timestamp(), access.LEEWAY.total_seconds()
            return claims if claims["nbf"] - leeway <= now < claims["exp"] + leeway else None
        except (jwt.InvalidTokenError, TypeError, ValueError):
            return None

    def _fits(self, grant: Grant, claims: dict[str, Any]) -> bool:
        """Whether the refresh token is good and the token's claims are about its community."""
        return (
            grant.token.revoked_at is None
            and claims["type"] == "Community"
            and claims["cid"] == grant.token.community_id
            and claims["aud"] == grant.client_id
        )

    async def _read_keys(self) -> None:
        began = self._now().timestamp()
        self._keys = [(key, self._unseal(key.sealed)) for key in await self._reader.signing_keys()]
        self._keys_read_at = began  # only now: whoever comes meanwhile must read them too, not go without


def hash_of(secret: str) -> bytes:
    """What is kept of a refresh token. It is 32 random bytes, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
