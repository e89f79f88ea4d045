"""Hashing passwords: slow and hungry on purpose, so never in the event loop and never many at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2  # each takes 64 MiB and most of a tenth of a second

_NOBODYS = "nobody has this password"


class Passwords:
    """Argon2id with the second recommended parameters of RFC 9106 §4: 64 MiB, three passes, four lanes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password: str, kept: str) -> bool:
        """Whether this is the password of which `kept` is the hash."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, kept, password)

    async def pretend(self, password: str) -> None:
        """Take as long as `fits` does, for an e-mail that is nobody's must not be told by the time of the refusal."""
        if self._nobody is None:
            self._nobody = await self.hash(_NOBODYS)
        await self.fits(password, self._nobody)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
