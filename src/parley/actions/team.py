"""The draft's part about who can be given a conversation: it follows from teammates and from who holds what."""

from heapq import heapify, heappop, heappush

from parley.actions.journal import Journal
from parley.core import routing
from parley.core.conversations import Conversation
from parley.core.people import Teammate
from parley.core.routing import Candidate, Rank, Standing
from parley.ports import Facts


class Team:
    """The teams of the communities that are routed, as loaded, with the group's changes laid over them.

    Of a large team only those are loaded who may be given something in this group, or are named in it; how the others
    stand is a count. The ranking is a heap in which former ranks stay behind: an entry counts only as long as it is the
    rank of its teammate.
    """

    def __init__(self, facts: Facts, journal: Journal) -> None:
        self._facts = facts
        self._set = journal.set
        self._rankings: dict[int, list[Rank]] = {}

    def is_known(self, community_id: int) -> bool:
        """Whether the community's team was loaded."""
        return community_id in self._facts.standings

    def first(self, community_id: int) -> Candidate | None:
        """Who gets the next conversation at this point of the group; None when nobody can be given one."""
        ranking = self._ranking(community_id)
        while ranking:
            candidate = self._candidate((community_id, ranking[0][-1]))
            if candidate is not None and routing.rank_of(candidate) == ranking[0]:
                return candidate
            heappop(ranking)
        return None

    def standings(self, community_id: int) -> dict[Standing, int]:
        """How many of the whole team stand how, at this point of the group."""
        return self._facts.standings[community_id]

    def see_teammate(self, before: Teammate | None, after: Teammate) -> None:
        """A teammate was added or changed."""
        if not self.is_known(after.community_id):
            return
        key = (after.community_id, after.user_id)
        if before is None:
            self._set(self._facts.open_chats, key, 0)
        chats = self._facts.open_chats[key]
        self._move(None if before is None else Candidate(before, chats), Candidate(after, chats))

    def see_change(self, before: Conversation | None, after: Conversation) -> None:
        """A conversation was added or changed hands."""
        if not self.is_known(after.community_id):
            return
        for key, step in routing.count_chats([(before, after)]).items():
            found = self._candidate(key)
            if found is not None:
                self._set(self._facts.open_chats, key, found.open_chats + step)
                self._move(found, Candidate(found.teammate, found.open_chats + step))

    def undo(self) -> None:
        """Rank again: the journal has put back what the ranking is made of."""
        self._rankings.clear()

    def _ranking(self, community_id: int) -> list[Rank]:
        ranking = self._rankings.get(community_id)
        if ranking is None:
            known, chats = self._facts.teammates.items(), self._facts.open_chats
            team = (Candidate(who, chats[key]) for key, who in known if key[0] == community_id)
            ranks = (routing.rank_of(each) for each in team)
            ranking = self._rankings[community_id] = [rank for rank in ranks if rank is not None]
            heapify(ranking)
        return ranking

    def _candidate(self, key: tuple[int, str]) -> Candidate | None:
        teammate = self._facts.teammates.get(key)
        return None if teammate is None else Candidate(teammate, self._facts.open_chats[key])

    def _move(self, before: Candidate | None, after: Candidate) -> None:
        """Count anew where somebody stands, and rank them anew."""
        community_id = after.teammate.community_id
        standings = self._facts.standings[community_id]
        if before is not None:
            self._set(standings, before.standing, standings[before.standing] - 1)
        self._set(standings, after.standing, standings.get(after.standing, 0) + 1)
        rank, ranking = routing.rank_of(after), self._rankings.get(community_id)
        if rank is not None and ranking is not None:
            heappush(ranking, rank)
