"""Signatures of what Parley sends, after the Standard Webhooks scheme: HMAC-SHA256 over id, time and body.

A receiver verifies with any library that knows the scheme. The id and the time are signed with the body, so what was
overheard cannot be sent again as something else or much later.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

SECRET_PREFIX = "whsec_"  # noqa: S105 - it marks a text as a signing secret and is none itself
SECRET_BYTES = 32  # of a new one; the scheme allows 24 to 64


def sign(secrets: Iterable[bytes], id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 - the scheme's word
    """The value of `webhook-signature`: one signature per secret, the receiver needs to know only one of them.

    `timestamp` is in seconds since 1970 UTC, as `webhook-timestamp` has it; `id` is that of `webhook-id`.
    """
    signed = b"%b.%d.%b" % (id.encode(), timestamp, body)
    return " ".join(f"v1,{_base64(hmac.digest(secret, signed, hashlib.sha256))}" for secret in secrets)


def show_secret(secret: bytes) -> str:
    """A signing secret as it is printed for the receiver's library."""
    return SECRET_PREFIX + _base64(secret)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
