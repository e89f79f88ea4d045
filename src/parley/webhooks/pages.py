"""A community's log from a `seq` on, page by page: as it was heard, or read where that has a gap."""

from collections import deque

from parley.core.events import Event
from parley.ports import Reader

HEARD_LIMIT = 1_024  # events kept as they are heard, so that they need not be read once more


class Pages:
    """Gives each event behind `reached` once, in order, and remembers how far it is."""

    def __init__(self, reader: Reader, community_id: int, *, reached: int) -> None:
        self._reader = reader
        self._community_id = community_id
        self._heard: deque[Event] = deque()  # those right behind `reached`, without a gap
        self._newest = reached
        self.reached = reached
        self.is_behind = True  # whether there may be more

    def hear(self, event: Event) -> bool:
        """The community's next event; whether it is the first for which there is anything to do."""
        seq = event.seq or 0
        if len(self._heard) >= HEARD_LIMIT:
            self._heard.clear()  # they will be read
        if seq == self._last() + 1:
            self._heard.append(event)
        self._newest = seq
        was_behind, self.is_behind = self.is_behind, True
        return not was_behind

    async def next(self, take: int) -> list[Event]:
        """The next events, at most `take`; none at the end of the log. Raises UnavailableError."""
        if self._heard:
            page = [self._heard.popleft() for _ in range(min(take, len(self._heard)))]
            is_last = not self._heard
        else:
            page = await self._reader.events_of(self._community_id, after=self.reached, take=take)
            is_last = len(page) < take
        if page:
            self.reached = page[-1].seq or 0
            while self._heard and (self._heard[0].seq or 0) <= self.reached:
                self._heard.popleft()
        self.is_behind = not is_last or self._newest > self.reached
        return page

    def back_to(self, seq: int) -> None:
        """Give what is behind `seq` again."""
        if seq != self.reached:
            self.reached = seq
            self._heard.clear()
            self.is_behind = True

    def _last(self) -> int:
        return (self._heard[-1].seq or 0) if self._heard else self.reached
