"""The draft's part about the queue: places, stays and counters follow from changes of holder, here and nowhere else."""

from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import msgspec

from parley.actions.journal import Journal
from parley.core import waiting
from parley.core.communities import Tally
from parley.core.conversations import Conversation, Holder
from parley.core.views import day_of
from parley.core.waiting import Estimate, Outcome, Pace, Stay
from parley.ports import Facts

_MICROSECOND = timedelta(microseconds=1)
_OUTCOMES = {Holder.TEAMMATE: Outcome.TAKEN, Holder.NOBODY: Outcome.GAVE_UP, Holder.BOT: Outcome.TO_BOT}


class QueueChanges(NamedTuple):
    """What the group changed."""

    tallies: dict[int, Tally]
    checkpoints: list[int]  # communities whose queue moved
    stays: list[Stay]  # begun by this group, perhaps ended too
    ended_stays: list[Stay]  # begun before


class Queue:
    """The communities' queues and counters as loaded, with the group's changes laid over them."""

    def __init__(self, facts: Facts, journal: Journal, now: datetime) -> None:
        self._facts = facts
        self._set = journal.set
        self._now = now
        self._joined_after = {community: tally.last_queue_number for community, tally in facts.tallies.items()}
        self._waiting_before = {community: tally.waiting for community, tally in facts.tallies.items()}
        self._moves: list[tuple[int, int, int]] = []  # (community, queue number, +1 joined or -1 left)
        self._lines: dict[int, list[tuple[int, int]]] = {}  # heaps of (queue number, conversation), by community
        self._tallies: dict[int, Tally] = {}
        self._stays: dict[tuple[int, int], Stay] = {}
        self._ended_stays: dict[tuple[int, int], Stay] = {}

    def first(self, community_id: int) -> Conversation | None:
        """The one that has waited longest at this point of the group; None when nobody waits.

        Of those who waited before the group so many are loaded, from the head on, that one is left if any is. Who has
        left stays behind in the heap: an entry counts only as long as its conversation waits at its number.
        """
        line = self._line(community_id)
        while line:
            number, conversation_id = line[0]
            found = self._facts.conversations[community_id, conversation_id]
            if found.is_waiting and found.queue_number == number:
                return found
            heappop(line)
        return None

    def position(self, conversation: Conversation) -> int:
        """Its place in the queue at this point of the group, 1 is next; −1 when it does not wait."""
        number = conversation.queue_number
        if not conversation.is_waiting or number is None:
            return waiting.NOT_WAITING
        community_id = conversation.community_id
        tally = self.tally(community_id)
        if number == tally.last_queue_number:  # the newest of all: everyone else is ahead
            return tally.waiting
        if number > self._joined_after.get(community_id, 0):
            ahead = self._waiting_before.get(community_id, 0)
        else:
            ahead = self._facts.ahead[conversation.id]
        return 1 + ahead + sum(step for whose, moved, step in self._moves if whose == community_id and moved < number)

    def estimate(self, conversation: Conversation) -> Estimate | None:
        """Its expected wait at this point of the group; None when it does not wait or nothing is known."""
        if not conversation.is_waiting:
            return None
        return waiting.estimate(self.position(conversation), self.pace(conversation.community_id))

    def pace(self, community_id: int) -> Pace:
        """What waits are estimated from at this point of the group."""
        return waiting.pace_of(
            self.tally(community_id),
            chats=self._facts.chats.get(community_id, ()),
            hour_ago=self._facts.hour_ago.get(community_id, (timedelta(), 0)),
            now=self._now,
        )

    def tally(self, community_id: int) -> Tally:
        """The community's counters at this point of the group."""
        return self._facts.tallies.get(community_id, Tally())

    def waiting_since(self, conversation: Conversation) -> datetime | None:
        """When it joined the queue, if it waits. Known of those that `Need.rows` or `Need.heads` asked for."""
        if not conversation.is_waiting:
            return None
        begun = self._stays.get((conversation.id, conversation.epoch))
        return self._facts.waiting_since.get(conversation.id) if begun is None else begun.joined_at

    def next_number(self, community_id: int) -> int:
        """A place at the end of the queue."""
        tally = self.tally(community_id)
        number = tally.last_queue_number + 1
        self.put_tally(community_id, msgspec.structs.replace(tally, last_queue_number=number))
        return number

    def put_tally(self, community_id: int, tally: Tally) -> None:
        """Change the community's counters."""
        self._set(self._facts.tallies, community_id, tally)
        self._set(self._tallies, community_id, tally)

    def see_change(self, before: Conversation | None, after: Conversation) -> None:
        """A conversation was added or changed hands: count who waits and who is assigned, open or end its stay."""
        community_id = after.community_id
        joins = after.is_waiting - (before is not None and before.is_waiting)
        assigned = after.is_assigned - (before is not None and before.is_assigned)
        with_bot = after.is_held_by_bot - (before is not None and before.is_held_by_bot)
        gave_up = joins < 0 and after.is_closed
        tally = self.tally(community_id)
        if joins:
            number = after.queue_number if after.is_waiting else before and before.queue_number
            self._moves.append((community_id, number or 0, joins))
            tally = tally.counted(after.changed_at)
        if after.is_closed:
            tally = tally.closing(day_of(after.changed_at))
        if joins or assigned or with_bot or after.is_closed:
            self.put_tally(
                community_id,
                msgspec.structs.replace(
                    tally,
                    waiting=tally.waiting + joins,
                    assigned=tally.assigned + assigned,
                    gave_up=tally.gave_up + gave_up,
                    with_bot=tally.with_bot + with_bot,
                ),
            )
        if joins < 0 and before is not None:
            self._end_stay(before, after)
        if after.is_closed and after.taken_at is not None:
            length = (after.changed_at - after.taken_at) // _MICROSECOND
            chats = (length, *self._facts.chats.get(community_id, ()))[: waiting.CHATS_AVERAGED]
            self._set(self._facts.chats, community_id, chats)
        if joins > 0:
            self._begin_stay(after)
            if community_id in self._lines:
                heappush(self._lines[community_id], (after.queue_number or 0, after.id))

    def mark(self) -> int:
        """A point to which `undo` can go back."""
        return len(self._moves)

    def undo(self, mark: int) -> None:
        """Forget the moves since the mark; the journal puts back the rest."""
        del self._moves[mark:]
        self._lines.clear()

    def changes(self) -> QueueChanges:
        """What is to be stored."""
        return QueueChanges(
            self._tallies,
            sorted({community_id for community_id, _, _ in self._moves}),
            list(self._stays.values()),
            list(self._ended_stays.values()),
        )

    def _line(self, community_id: int) -> list[tuple[int, int]]:
        line = self._lines.get(community_id)
        if line is None:
            known = self._facts.conversations.values()
            waits = (each for each in known if each.community_id == community_id and each.is_waiting)
            line = self._lines[community_id] = [(each.queue_number or 0, each.id) for each in waits]
            heapify(line)
        return line

    def _begin_stay(self, conversation: Conversation) -> None:
        position = self.position(conversation)
        stay = Stay(
            conversation_id=conversation.id,
            epoch=conversation.epoch,
            community_id=conversation.community_id,
            joined_at=conversation.changed_at,
            position=position,
            estimate=waiting.estimate(position, self.pace(conversation.community_id)),
        )
        self._set(self._stays, (stay.conversation_id, stay.epoch), stay)

    def _end_stay(self, before: Conversation, after: Conversation) -> None:
        """End the stay that began with the former epoch, be it of this group or an earlier one."""
        key = (before.id, before.epoch)
        outcome = _OUTCOMES[after.holder]
        begun = self._stays.get(key)
        if begun is not None:
            ended = msgspec.structs.replace(begun, ended_at=after.changed_at, outcome=outcome)
            self._set(self._stays, key, ended)
            return
        ended = Stay(
            conversation_id=before.id,
            epoch=before.epoch,
            community_id=before.community_id,
            joined_at=before.changed_at,
            position=1,  # of a row that is there already only the end is stored
            ended_at=after.changed_at,
            outcome=outcome,
        )
        self._set(self._ended_stays, key, ended)
