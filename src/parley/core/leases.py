"""Leases: which of several processes looks after something, until it says so no more."""

from collections.abc import Container
from datetime import datetime, timedelta

import msgspec

LIFE = timedelta(seconds=10)  # another process takes over so long after the last sign of life
RENEWED_EVERY = timedelta(seconds=3)


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks after something, and until when unless it is renewed."""

    name: str
    holder: str
    until: datetime

    def is_free_for(self, holder: str, *, now: datetime, gone: Container[str] = ()) -> bool:
        """Whether this holder may have it: it has it already, or it has run out, or its holder is known to be gone."""
        return self.holder == holder or now >= self.until or self.holder in gone
