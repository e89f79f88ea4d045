"""Who is at work: signs of life, and what follows when they cease. Neither is asked for by anybody."""

from datetime import datetime, timedelta

import msgspec

from parley.actions.conversations import ReleaseConversation
from parley.actions.draft import Draft, Fresh
from parley.core import attendance
from parley.core.events import TeammatePresenceChanged
from parley.core.people import Teammate
from parley.ports import Need

BY = "server"


class SeeTeammates(msgspec.Struct, frozen=True, kw_only=True):
    """Teammates of a community gave a sign of life at a time each. Whom it does not have, or disabled, is passed over.

    Who comes back is told; that somebody is still there is housekeeping.
    """

    community_id: int
    seen: tuple[tuple[str, datetime], ...]

    def needs(self, need: Need) -> None:
        """The teammates."""
        _needs(self.community_id, need)
        need.assignees |= {(self.community_id, user_id) for user_id, _ in self.seen}

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Note it. What comes free is given out behind it, in the same transaction."""
        for user_id, at in self.seen:
            found = draft.teammate(self.community_id, user_id)
            if found is not None and found.is_active:
                _put(draft, found, attendance.see(found, min(at, now), now=now), now)


class TendTeammates(msgspec.Struct, frozen=True, kw_only=True):
    """Look after teammates of a community. Who gave no sign of life for a minute is gone; what somebody who has been
    gone for long did not answer goes back to its place in the queue.

    Whom nothing is due for is passed over, so it may be done too often and by several.
    """

    community_id: int
    user_ids: tuple[str, ...]

    def needs(self, need: Need) -> None:
        """The teammates, and what they have."""
        _needs(self.community_id, need)
        keys = {(self.community_id, user_id) for user_id in self.user_ids}
        need.assignees |= keys
        need.chats_of |= keys

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Do what is due. Whoever goes back to the queue is given out behind it, in the same transaction."""
        return_after = draft.community(self.community_id).return_after
        for user_id in self.user_ids:
            found = draft.teammate(self.community_id, user_id)
            if found is None or found.due_at is None or found.due_at > now:
                continue
            after = attendance.expire(found, now=now, return_after=return_after)
            _put(draft, found, after, now)
            if after.left_at is not None:
                self._look_at_chats(draft, after, now, return_after, fresh)

    def _look_at_chats(
        self, draft: Draft, gone: Teammate, now: datetime, return_after: timedelta, fresh: Fresh
    ) -> None:
        """Give back what nobody answers when it is time, and say when to look again."""
        if attendance.is_to_give_back(gone, now=now, return_after=return_after):
            for each in draft.chats_of(self.community_id, gone.user_id):
                if not draft.is_answered(each):
                    release = ReleaseConversation(community_id=self.community_id, conversation_id=each.id, by=BY)
                    release.decide(draft, now, fresh)
        has_chats = bool(draft.chats_of(self.community_id, gone.user_id))
        again = attendance.look_again(gone, now=now, return_after=return_after, has_chats=has_chats)
        _put(draft, gone, again, now)


def _needs(community_id: int, need: Need) -> None:
    need.communities.add(community_id)
    need.paces.add(community_id)


def _put(draft: Draft, before: Teammate, after: Teammate, now: datetime) -> None:
    """Change a teammate, and tell it when they came or are gone."""
    if after == before:
        return
    draft.put_teammate(after)
    if after.is_present != before.is_present:
        what = TeammatePresenceChanged(after.user_id, after.is_present)
        draft.record(what, community_id=after.community_id, by=BY, at=now)
