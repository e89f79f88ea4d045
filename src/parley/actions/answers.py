"""Answers to idempotency keys apart from what they answer: for what takes steps before or outside of one action.

The ledger itself gives a known key its stored answer; these actions do nothing of their own.
"""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.ports import Need


class UnansweredError(Exception):
    """Nothing is stored for the key yet."""


class RecallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Submitted with a key, gives its stored answer. Refused with UnansweredError when there is none."""

    community_id: int

    def needs(self, need: Need) -> None:
        """Nothing but the answer, which the ledger asks for."""

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """The ledger has no answer, or it would not ask."""
        raise UnansweredError


class KeepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Submitted with a key, stores the answer to what was done in several actions before."""

    community_id: int

    def needs(self, need: Need) -> None:
        """Nothing."""

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """The ledger stores the answer."""
