"""What those who make requests ask of `Outgoing`, and how they read what a busy receiver wants."""

import contextlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from parley.outgoing.client import Reply

_DIGITS = 9  # of a Retry-After in seconds; more is not meant


class Caller(Protocol):
    """What makes a request and never more than is allowed (`Outgoing`)."""

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        allowed_hosts: Collection[str] = (),
        within: timedelta,
        keep: int,
        refuses_larger: bool = False,
    ) -> Reply:
        """One request. Raises CallError."""
        ...


def read_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """How long a receiver wants to be left alone: seconds or a date (RFC 9110 §10.2.3); None when it says neither."""
    text = (text or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:_DIGITS]))
    with contextlib.suppress(ValueError):
        at = parsedate_to_datetime(text)
        return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())
    return None
