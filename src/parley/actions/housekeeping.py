"""What keeps the tables small; it writes no events."""

from datetime import datetime, timedelta

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.ports import SERVER, Need

ANSWERS_KEPT = timedelta(hours=24)  # every stored answer lives at least this long (spec §1a)
ANSWERS_END = timedelta(hours=48)  # and is not given back any more after this, cleaned up or not


class ForgetAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Drop a bounded number of stored answers that are older than a day. Repeated hourly by the server."""

    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Nothing: the storage finds the old ones by their time."""

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Ask the storage to drop them."""
        draft.forget_answers(before=now - ANSWERS_KEPT)
