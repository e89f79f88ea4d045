"""Encryption at rest of what must be read again: signing keys now; webhook secrets, verify tokens and bot keys later.

Fernet (AES-128-CBC with HMAC-SHA256) of the `cryptography` package, under a key derived from the operator's secret.
Without a secret the values are kept as they are, and `serve` says so once.
"""

import base64
import hashlib

from parley.core.errors import ParleyError

_PLAIN = b"plain:"
_SEALED = b"fernet:"
_SALT = b"parley vault 1"  # separates this use of the operator's secret from any other


class VaultError(ParleyError):
    """A stored secret cannot be read with the operator's secret key. Not public: it stops the program."""

    code = 9002


class Vault:
    """Seals and opens small secrets."""

    def __init__(self, secret: str | None) -> None:
        self._fernet = None
        if secret is not None:
            from cryptography.fernet import Fernet  # noqa: PLC0415 - 8 MB that only those who set a key pay for

            key = hashlib.scrypt(secret.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32)
            self._fernet = Fernet(base64.urlsafe_b64encode(key))

    @property
    def encrypts(self) -> bool:
        """Whether the operator has set a secret key."""
        return self._fernet is not None

    def seal(self, secret: bytes) -> bytes:
        """The form in which a secret is stored."""
        return _PLAIN + secret if self._fernet is None else _SEALED + self._fernet.encrypt(secret)

    def unseal(self, sealed: bytes) -> bytes:
        """The secret again. Raises VaultError when the secret key is missing or another one."""
        if sealed.startswith(_PLAIN):
            return sealed.removeprefix(_PLAIN)
        if self._fernet is None:
            msg = "The database holds encrypted keys. Set PARLEY_SECRET_KEY or PARLEY_SECRET_KEY_FILE as before."
            raise VaultError(msg)
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        try:
            return self._fernet.decrypt(sealed.removeprefix(_SEALED))
        except InvalidToken as failed:
            msg = "PARLEY_SECRET_KEY is not the one that the keys in the database were encrypted with."
            raise VaultError(msg) from failed

    def needs_sealing(self, sealed: bytes) -> bool:
        """Whether a stored secret is not encrypted although it could be."""
        return self.encrypts and sealed.startswith(_PLAIN)
