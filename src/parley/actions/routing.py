"""Who decides which teammate gets a conversation; and where that is the server, giving them out."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import conversations, routing
from parley.core.communities import Community
from parley.core.conversations import Assignment, AssignmentReason, Conversation, Grounds, custody_of, later
from parley.core.events import ConversationAssigned, RoutingChanged
from parley.core.routing import Candidate, RoutingMode, Standing
from parley.core.views import seconds
from parley.ports import Need

BY = "server"


class SetRouting(msgspec.Struct, frozen=True, kw_only=True):
    """Have the server give conversations out from now on, or leave it to the teammates; and say after how many seconds
    what a teammate who is gone did not answer goes back to the queue, None leaving that as it is.

    Refused with NotFoundError. Already so is fine and records nothing.
    """

    community_id: int
    mode: RoutingMode
    by: str
    return_after_s: int | None = None

    def needs(self, need: Need) -> None:
        """The community, and its team."""
        need.communities.add(self.community_id)
        need.paces.add(self.community_id)
        need.teams.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Community:
        """Change it. Whoever waits is given out behind it, in the same transaction."""
        found = draft.community(self.community_id)
        return_after_s = found.return_after_s if self.return_after_s is None else self.return_after_s
        changed = msgspec.structs.replace(found, routing=self.mode, return_after_s=return_after_s)
        if changed == found:
            return found
        draft.put_community(changed)
        what = RoutingChanged(self.mode, return_after_s)
        draft.record(what, community_id=self.community_id, by=self.by, at=now)
        if return_after_s < found.return_after_s:
            self._look_sooner(draft, changed, now)
        return changed

    def _look_sooner(self, draft: Draft, changed: Community, now: datetime) -> None:
        """Have nobody wait for the former time."""
        for teammate in draft.teammates(self.community_id):
            if teammate.left_at is not None and teammate.due_at is not None:
                due_at = max(teammate.left_at + changed.return_after, now)
                draft.put_teammate(msgspec.structs.replace(teammate, due_at=min(due_at, teammate.due_at)))


def give_out(draft: Draft, community_id: int, now: datetime) -> None:
    """Give whoever has waited longest to a teammate, as long as one waits and a seat is free.

    Nothing where teammates take them themselves.
    """
    while draft.is_routed(community_id):
        chosen = draft.team.first(community_id)
        first = None if chosen is None else draft.queue.first(community_id)
        if chosen is None or first is None:
            return
        _give(draft, first, chosen, now)


def _give(draft: Draft, first: Conversation, chosen: Candidate, now: datetime) -> None:
    teammate, at = chosen.teammate, later(now, first.changed_at)
    since, team = draft.queue.waiting_since(first), draft.team.standings(first.community_id)
    assignment = Assignment(
        assignee_id=teammate.user_id,
        reason=AssignmentReason.AUTOMATIC,
        at=at,
        by=BY,
        grounds=Grounds(
            waited_s=None if since is None else seconds(at - since),
            open_chats=chosen.open_chats,
            seats=teammate.seats,
            candidates=team[Standing.FREE],
            passed_over=routing.passed_over(team),
        ),
    )
    taken = conversations.take(first, assignee_id=teammate.user_id, now=now, assignment=assignment)
    draft.put_conversation(taken)
    draft.put_teammate(msgspec.structs.replace(teammate, given_at=at))
    draft.record(
        ConversationAssigned(custody_of(taken), assignment),
        community_id=taken.community_id,
        by=BY,
        at=taken.changed_at,
        conversation_id=taken.id,
    )
