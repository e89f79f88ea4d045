"""Signatures of what Parley sends, after the Standard Webhooks scheme: HMAC-SHA256 over id, time and body.

A receiver verifies with any library that knows the scheme. The id and the time are signed with the body, so what was
overheard cannot be sent again as something else or much later.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from parley.core.errors import InvalidError

SECRET_PREFIX = "whsec_"  # noqa: S105 - it marks a text as a signing secret and is none itself
SECRET_BYTES = 32  # of a new one; the scheme allows 24 to 64
LEAST_SECRET_BYTES = 24
MOST_SECRET_BYTES = 64


def sign(secrets: Iterable[bytes], id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 - the scheme's word
    """The value of `webhook-signature`: one signature per secret, the receiver needs to know only one of them.

    `timestamp` is in seconds since 1970 UTC, as `webhook-timestamp` has it; `id` is that of `webhook-id`.
    """
    signed = b"%b.%d.%b" % (id.encode(), timestamp, body)
    return " ".join(f"v1,{_base64(hmac.digest(secret, signed, hashlib.sha256))}" for secret in secrets)


def show_secret(secret: bytes) -> str:
    """A signing secret as it is printed for the receiver's library."""
    return SECRET_PREFIX + _base64(secret)


def read_secret(text: str) -> bytes:
    """A signing secret from its printed form, with the prefix or without.

    Raises InvalidError, without repeating any of it, when it is not the base64 of 24 to 64 bytes.
    """
    try:
        secret = base64.b64decode(text.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        secret = b""
    if not LEAST_SECRET_BYTES <= len(secret) <= MOST_SECRET_BYTES:
        msg = (
            f"A signing secret is {SECRET_PREFIX} and the base64 of {LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes."
        )
        raise InvalidError(msg)
    return secret


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
