"""What can be done with a conversation that exists: hand it over, release, close, feedback, the client's page.

Each may name the takeover epoch that it was decided under; when the conversation has another by now, it is refused
with StaleEpochError.
"""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import conversations
from parley.core.conversations import (
    Assignment,
    AssignmentReason,
    Conversation,
    Feedback,
    Grounds,
    HandoverReason,
    Holder,
    card_of,
    custody_of,
    later,
)
from parley.core.errors import ConflictError, Problems
from parley.core.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationReleased,
    FeedbackGiven,
    Happening,
    LatestUrlChanged,
    TakeoverChanged,
)
from parley.core.texts import shown
from parley.core.views import seconds
from parley.ports import Need, Opened


class ChangeTakeover(msgspec.Struct, frozen=True, kw_only=True):
    """Hand the conversation to the bot, to a teammate, or from the bot to the queue (spec §3.8).

    Refused with NotFoundError (no such conversation), InvalidError (`assignee_id` is no active teammate of this
    community) and ConflictError (it is closed). Giving it to whoever has it changes nothing. `reason` is why the
    assignee gets it.
    """

    community_id: int
    conversation_id: int
    is_assigned_to_bot: bool
    by: str
    assignee_id: str | None = None
    epoch: int | None = None
    reason: AssignmentReason = AssignmentReason.API

    def needs(self, need: Need) -> None:
        """The conversation and the teammate."""
        _needs(self, need)
        if self.assignee_id is not None and not self.is_assigned_to_bot:
            need.assignees.add((self.community_id, self.assignee_id))
        if self.reason is not AssignmentReason.API:
            need.rows.add((self.community_id, self.conversation_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation:
        """The spec's table, row by row."""
        found = _found(draft, self)
        if self.is_assigned_to_bot:
            changed = found if found.holder is Holder.BOT else conversations.give_to_bot(found, now=now)
        elif self.assignee_id is not None:
            changed = self._taken(draft, found, self.assignee_id, now)
        elif found.holder is Holder.BOT:
            number = draft.queue.next_number(self.community_id)
            card = card_of(found, HandoverReason.API, now=now)
            changed = conversations.to_queue(found, queue_number=number, now=now, handover=card)
        elif found.is_closed:
            msg = f"Conversation {found.id} is closed."
            raise ConflictError(msg)
        else:
            changed = found
        if changed is not found:
            _record(draft, changed, _moved(found, changed), by=self.by)
        return changed

    def _taken(self, draft: Draft, found: Conversation, assignee_id: str, now: datetime) -> Conversation:
        teammate = draft.teammate(self.community_id, assignee_id)
        if teammate is None or not teammate.is_active:
            problems = Problems()
            problems.add("assigneeId", f"there is no active teammate {shown(assignee_id)} in this community")
            problems.refuse_if_any()
        if found.holder is Holder.TEAMMATE and found.assignee_id == assignee_id:
            return found
        card = card_of(found, HandoverReason.API, now=now) if found.holder is Holder.BOT else None
        at = later(now, found.changed_at)
        since = None if self.reason is AssignmentReason.API else draft.queue.waiting_since(found)
        grounds = None if since is None else Grounds(waited_s=seconds(now - since))
        assignment = Assignment(assignee_id=assignee_id, reason=self.reason, at=at, by=self.by, grounds=grounds)
        return conversations.take(found, assignee_id=assignee_id, now=now, handover=card, assignment=assignment)


class ReleaseConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate gives it back to the queue, at its kept place; at the end if it never waited.

    Refused with NotFoundError and, when no teammate has it, ConflictError.
    """

    community_id: int
    conversation_id: int
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation:
        """Back to the queue."""
        found = _found(draft, self)
        number = found.queue_number or draft.queue.next_number(self.community_id)
        changed = conversations.release(found, queue_number=number, now=now)
        _record(draft, changed, ConversationReleased(custody_of(changed)), by=self.by)
        return changed


class CloseConversation(msgspec.Struct, frozen=True, kw_only=True):
    """End it. Again is the same answer and no second event. Refused with NotFoundError."""

    community_id: int
    conversation_id: int
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Opened:
        """Close it."""
        found = _found(draft, self)
        if found.is_closed:
            return _opened(draft, found)
        changed = conversations.close(found, now=now)
        opened = _opened(draft, changed)
        _record(draft, changed, ConversationClosed(changed, opened.author), by=self.by)
        return opened


class GiveFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """What the client thinks, during or after the conversation. Refused with NotFoundError."""

    community_id: int
    conversation_id: int
    feedback: Feedback
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation:
        """Replace what was there."""
        found = _found(draft, self)
        changed = conversations.with_feedback(found, self.feedback, now=now)
        _record(draft, changed, FeedbackGiven(self.feedback), by=self.by)
        return changed


class ChangeLatestUrl(msgspec.Struct, frozen=True, kw_only=True):
    """The client went to another page. Refused with NotFoundError and, when it is closed, ConflictError."""

    community_id: int
    conversation_id: int
    url: str
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation, and what its expected wait is made from."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Opened:
        """Move the latest page."""
        found = _found(draft, self)
        changed = conversations.with_latest_url(found, self.url, now=now)
        _record(draft, changed, LatestUrlChanged(self.url), by=self.by)
        return _opened(draft, changed)


_Action = ChangeTakeover | ReleaseConversation | CloseConversation | GiveFeedback | ChangeLatestUrl


def _needs(action: _Action, need: Need) -> None:
    """The conversation; and the pace, for whatever joins the queue is told its wait."""
    need.communities.add(action.community_id)
    need.paces.add(action.community_id)
    need.conversations.add((action.community_id, action.conversation_id))


def _found(draft: Draft, action: _Action) -> Conversation:
    """The conversation as it is, unless the action was decided under another epoch."""
    found = draft.conversation(action.community_id, action.conversation_id)
    conversations.check_epoch(found, action.epoch)
    return found


def _moved(before: Conversation, after: Conversation) -> Happening:
    """The published event when the bot gains or loses it, our own otherwise."""
    custody = custody_of(after)
    if before.is_with_bot != after.is_with_bot:
        card = None if after.is_with_bot else after.handover
        return TakeoverChanged(after.is_with_bot, custody, card, _reason(after))
    return ConversationAssigned(custody, _reason(after))


def _reason(after: Conversation) -> Assignment | None:
    return after.assignment if after.holder is Holder.TEAMMATE else None


def _record(draft: Draft, changed: Conversation, what: Happening, *, by: str) -> None:
    draft.put_conversation(changed)
    draft.record(what, community_id=changed.community_id, by=by, at=changed.changed_at, conversation_id=changed.id)


def _opened(draft: Draft, conversation: Conversation) -> Opened:
    return Opened(
        conversation=conversation,
        author=draft.author_of(conversation),
        position=draft.queue.position(conversation),
        estimate=draft.queue.estimate(conversation),
    )
