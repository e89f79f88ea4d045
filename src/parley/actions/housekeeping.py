"""What keeps the tables small; it writes no events."""

from datetime import datetime, timedelta

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import reports
from parley.ports import SERVER, Need

ANSWERS_KEPT = timedelta(hours=24)  # every stored answer lives at least this long (spec §1a)
ANSWERS_END = timedelta(hours=48)  # and is not given back any more after this, cleaned up or not
CHECKPOINTS_KEPT = timedelta(days=7)  # for as long the queue's counters are known minute by minute
TRAFFIC_KEPT = {reports.MINUTE: timedelta(days=1), reports.HOUR: timedelta(days=100)}  # asked for: 4 hours, 90 days


class ForgetAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Drop a bounded number of stored answers that are older than a day.

    The reply says whether there were any; the server repeats it now and then, each time until there are none.
    """

    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Whether there are any."""
        need.answers_before = need.at - ANSWERS_KEPT

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> bool:
        """Ask the storage to drop them."""
        return draft.forget_answers(before=now - ANSWERS_KEPT)


class ForgetCheckpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Drop a bounded number of the queues' checkpoints that are older than a week.

    A community's newest one of these is kept, for it says how the queue stood until the next. The reply says whether
    there were any; the server repeats it now and then, each time until there are none.
    """

    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Whether there are any."""
        need.checkpoints_before = need.at - CHECKPOINTS_KEPT

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> bool:
        """Ask the storage to drop them."""
        return draft.forget_checkpoints(before=now - CHECKPOINTS_KEPT)


class ForgetTraffic(msgspec.Struct, frozen=True, kw_only=True):
    """Drop a bounded number of the counters of reports: of minutes a day ago, of hours a hundred days ago.

    The reply says whether there were any; the server repeats it now and then, each time until there are none.
    """

    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """Whether there are any."""
        need.traffic_before = _periods_before(need.at)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> bool:
        """Ask the storage to drop them."""
        return draft.forget_traffic(before=_periods_before(now))


def _periods_before(now: datetime) -> dict[int, int]:
    return {span: reports.period_of(now - kept, span) for span, kept in TRAFFIC_KEPT.items()}
