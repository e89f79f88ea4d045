"""The pure part of a stream: whatever the order in which things are written, read and heard, no gap and no repeat."""

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from parley.api.courses import HELD_LIMIT, Course
from parley.core.conversations import Custody, Holder
from parley.core.events import ConversationReleased, Event
from tests.clock import START

CUSTODY = Custody(holder=Holder.QUEUE, is_with_bot=False, assignee_id=None, queue_number=1, taken_at=None, epoch=2)
PAGE = 3

steps = st.lists(st.sampled_from(["commit", "hear", "begin", "read", "turn", "fall behind", "hear much"]), max_size=60)


def event(seq: int, at: datetime = START) -> Event:
    """An event of a conversation's."""
    what = ConversationReleased(CUSTODY)
    return Event(number=seq + 7, community_id=1, seq=seq, conversation_id=1, by="x", at=at, what=what)


class World:
    """A log that grows, those who hear it a little later, and one who reads pages of it: a stream's surroundings."""

    def __init__(self, begun: int, heard: int, after: int) -> None:
        self.log = [event(seq) for seq in range(1, begun + 1)]
        self.course = Course(after)
        self.sent: list[int] = []
        self._heard = heard  # what was told to others before
        self._from: int | None = None
        self._page: list[Event] | None = None

    def step(self, name: str) -> None:
        """Let one thing happen, if it can."""
        match name:
            case "commit":
                self.log.append(event(len(self.log) + 1))
            case "hear":
                self.hear()
            case "hear much":
                self.log += [event(len(self.log) + 1 + more) for more in range(HELD_LIMIT + 2)]
                while self._heard < len(self.log):
                    self.hear()
            case "begin" if not self.course.is_live and self._from is None:
                self._from = self.course.begin()
            case "read" if self._from is not None and self._page is None:
                self._page = self.log[self._from : self._from + PAGE]
            case "turn" if self._page is not None:
                page, self._from, self._page = self._page, None, None
                self.send(self.course.turn(page, is_end=len(page) < PAGE))
            case "fall behind":
                self.course.fall_behind()

    def hear(self) -> None:
        """Tell the next event, and send it if that is wanted."""
        if self._heard < len(self.log):
            heard = self.log[self._heard]
            self._heard += 1
            if self.course.hear(heard):
                self.send([heard])

    def send(self, events: list[Event]) -> None:
        """Note what goes out."""
        self.sent += [each.seq or 0 for each in events]

    def settle(self) -> None:
        """Let everything happen that is still to come."""
        while self._heard < len(self.log):
            self.hear()
        while not self.course.is_live:
            for name in ("begin", "read", "turn"):
                self.step(name)


@settings(max_examples=300)
@given(begun=st.integers(0, 8), heard=st.integers(0, 8), after=st.integers(0, 8), happened=steps)
def test_every_event_is_sent_once_and_in_order(begun: int, heard: int, after: int, happened: list[str]) -> None:
    world = World(begun, min(heard, begun), min(after, begun))
    for name in happened:
        world.step(name)
    world.settle()

    assert list(range(min(after, begun) + 1, len(world.log) + 1)) == world.sent


def test_what_is_heard_while_the_last_page_is_read_is_sent_behind_it() -> None:
    world = World(begun=1, heard=1, after=0)
    for name in ("begin", "read", "commit", "hear", "turn"):
        world.step(name)

    assert [1, 2] == world.sent
    assert world.course.is_live


def test_what_is_on_the_page_and_heard_is_sent_once() -> None:
    world = World(begun=0, heard=0, after=0)
    for name in ("begin", "commit", "read", "hear", "turn", "commit", "hear"):
        world.step(name)

    assert [1, 2] == world.sent


def test_more_than_can_be_held_is_read_from_the_log() -> None:
    world = World(begun=0, heard=0, after=0)
    for name in ("begin", "read", "hear much", "turn"):
        world.step(name)

    assert [] == world.sent
    assert not world.course.is_live


def test_numbers_of_other_conversations_are_no_gap() -> None:
    course = Course(3)
    course.begin()
    course.hear(event(9))
    sent = course.turn([event(5), event(8)], is_end=True)

    assert [5, 8, 9] == [each.seq for each in sent]
    assert [False, True] == [course.hear(event(9)), course.hear(event(12))]
