"""What is known of a queue at one moment: all that a formula may look at."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bench.wait.scenarios import AGENTS, CHATS_EACH

V = TypeVar("V", int, float)


@dataclass(slots=True)
class Seen:
    """The team and the queue as they are now, and what was seen so far. Times and durations are minutes.

    `chat_ends` and `chat_lengths` belong to the finished chats; `taken_at`, `taken_waits` and `taken_places` to those
    who had to wait and were taken: when, after how long, and from which place they started. `gave_up_at` has those who
    gave up. `changes` are the times at which the queue changed, with how many waited from then on and the waiting of
    all together until then.
    """

    now: float = 0.0
    agents: int = AGENTS
    running: int = 0
    waiting: int = 0
    chat_ends: list[float] = field(default_factory=list)
    chat_lengths: list[float] = field(default_factory=list)
    taken_at: list[float] = field(default_factory=list)
    taken_waits: list[float] = field(default_factory=list)
    taken_places: list[int] = field(default_factory=list)
    gave_up_at: list[float] = field(default_factory=list)
    changes: list[tuple[float, int, float]] = field(default_factory=lambda: [(0.0, 0, 0.0)])

    @property
    def seats(self) -> int:
        """The chats that the agents who are present can have."""
        return self.agents * CHATS_EACH

    def change_waiting(self, step: int) -> None:
        """Somebody joins or leaves the queue."""
        waited = self.waited_until(self.now)
        self.waiting += step
        self.changes.append((self.now, self.waiting, waited))

    def waited_until(self, when: float) -> float:
        """The waiting of all together up to a moment."""
        at, waiting, waited = self.changes[bisect_right(self.changes, when, key=lambda change: change[0]) - 1]
        return waited + waiting * (when - at)

    def last(
        self, values: Sequence[V], times: Sequence[float], *, minutes: float, most: int | None = None
    ) -> Sequence[V]:
        """The values of the last minutes, oldest first; with `most` only the newest of them."""
        begin = bisect_right(times, self.now - minutes)
        return values[begin if most is None else max(begin, len(times) - most) :]
