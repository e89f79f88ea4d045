"""What the benchmark knows of a queue: who waits, and so what the place of each must be."""

import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

import msgspec


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The conversations 1 to `last` have joined in the order of their ids; those that `left` have gone again."""

    last: int
    left: list[int]


class Line:
    """A queue that is kept beside the real one, to know every place without asking."""

    def __init__(self, state: State) -> None:
        """Begin as the real one is."""
        self.last = state.last
        self._left = list(state.left)

    def __len__(self) -> int:
        return self.last - len(self._left)

    @property
    def state(self) -> State:
        """Who has joined and left."""
        return State(last=self.last, left=self._left)

    def place(self, conversation_id: int) -> int:
        """Return the place that a waiting conversation must have."""
        return conversation_id - bisect_left(self._left, conversation_id)

    def at(self, place: int) -> int:
        """Return the conversation at a place."""
        # Those that left have the place of the next who waits, so the last of one place is the one.
        return bisect_right(range(self.last + 1), place, key=self.place) - 1

    def in_the_middle(self, count: int, dice: random.Random) -> list[int]:
        """Return conversations from anywhere between a quarter and three quarters of the queue, no two alike."""
        places = range(len(self) // 4, len(self) * 3 // 4)
        return [self.at(place) for place in dice.sample(places, count)]

    def join(self, count: int) -> None:
        """Let the next ones join at the end."""
        self.last += count

    def leave(self, conversation_ids: Iterable[int]) -> None:
        """Let some go."""
        for conversation_id in conversation_ids:
            insort(self._left, conversation_id)
