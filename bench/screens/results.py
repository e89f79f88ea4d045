"""What the screens benchmark measured, as it is kept in JSON."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import msgspec

from bench.results import Rounds
from bench.screens.seats import Noted
from bench.screens.writing import Writing, Written

GOAL_MS = 200.0
"""Ninety-nine of a hundred messages are on the other screen within so long."""


class Way(StrEnum):
    """From where to where: who writes, and where it comes."""

    CLIENT_ANSWER = "client_answer"
    CLIENT_STREAM = "client_stream"
    CLIENT_THREAD = "client_thread"
    CLIENT_THREAD_PAINTED = "client_thread_painted"
    CLIENT_ROW = "client_row"
    CLIENT_ROW_PAINTED = "client_row_painted"
    REPLY_STREAM = "reply_stream"
    REPLY_THREAD = "reply_thread"
    REPLY_THREAD_PAINTED = "reply_thread_painted"
    REPLY_ROW = "reply_row"
    REPLY_ROW_PAINTED = "reply_row_painted"


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How long all that was to come took, and how much of it never came."""

    came: int
    missing: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    most_ms: float


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Messages at one rate for a while."""

    messages: int
    replies: int
    seconds: float
    server_cpu_s: float
    others_cpu_s: float
    """Of what has nothing to do with the benchmark and ran beside it."""

    late_p99_ms: float
    clock_off_ms: float
    """How far the clocks of the pages are from the system's, that of the one which is farther off."""

    ways: dict[Way, Spread]

    @property
    def server_share(self) -> float:
        """The part of one core that the server used."""
        return self.server_cpu_s / self.seconds

    @property
    def others_share(self) -> float:
        """The part of one core that other work on the machine used."""
        return self.others_cpu_s / self.seconds


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """Both rates, one after the other."""

    idle: Stretch
    loaded: Stretch


class Report(Rounds[Round], frozen=True, kw_only=True):
    """One run of the benchmark."""

    browser: str
    seconds: float
    niceness: int
    """Of the benchmark and all that it starts: below 0, other work on the machine has to wait for it."""

    def stretches(self) -> list[Stretch]:
        """Each at its rate, of all rounds."""
        return [stretch for each in self.rounds for stretch in (each.idle, each.loaded)]

    def idle(self, way: Way) -> list[Spread]:
        """How long a way took at the low rate, in every round."""
        return [each.idle.ways[way] for each in self.rounds]

    def loaded(self, way: Way) -> list[Spread]:
        """How long it took under load, in every round."""
        return [each.loaded.ways[way] for each in self.rounds]

    def missing(self) -> int:
        """How many texts never came where they were to come."""
        return sum(spread.missing for stretch in self.stretches() for spread in stretch.ways.values())


def spreads(writing: Writing, written: Written, writer: Noted, other: Noted) -> dict[Way, Spread]:
    """How long each way took: a client's message to both screens, a reply to the screen of the other teammate."""
    sent, pressed = written.sent_ms, writer.pressed
    opened = {mark: at for mark, at in sent.items() if writing.conversation_of(mark) == writing.opened}
    told = dict(written.told)

    def rows(noted: Mapping[int, float]) -> dict[int, float]:
        return _shown_or_later(noted, [mark for mark, _ in written.told], writing.conversation_of)

    both = (writer, other)
    return {
        Way.CLIENT_ANSWER: _spread(sent, [written.answered_ms]),
        Way.CLIENT_STREAM: _spread(sent, [told]),
        Way.CLIENT_THREAD: _spread(opened, [each.thread for each in both]),
        Way.CLIENT_THREAD_PAINTED: _spread(opened, [each.thread_painted for each in both]),
        Way.CLIENT_ROW: _spread(sent, [rows(each.row) for each in both]),
        Way.CLIENT_ROW_PAINTED: _spread(sent, [rows(each.row_painted) for each in both]),
        Way.REPLY_STREAM: _spread(pressed, [told]),
        Way.REPLY_THREAD: _spread(pressed, [other.thread]),
        Way.REPLY_THREAD_PAINTED: _spread(pressed, [other.thread_painted]),
        Way.REPLY_ROW: _spread(pressed, [rows(other.row)]),
        Way.REPLY_ROW_PAINTED: _spread(pressed, [rows(other.row_painted)]),
    }


def _shown_or_later(
    noted: Mapping[int, float], order: Sequence[int], conversation_of: Callable[[int], int]
) -> dict[int, float]:
    """When each mark, or a later one of its conversation, was there: a row shows the last message alone."""
    soonest: dict[int, float] = {}
    shown: dict[int, float] = {}
    for mark in reversed(order):
        conversation_id = conversation_of(mark)
        at = min(noted.get(mark, math.inf), soonest.get(conversation_id, math.inf))
        if at < math.inf:
            soonest[conversation_id] = shown[mark] = at
    return shown


def _spread(begun: Mapping[int, float], places: Sequence[Mapping[int, float]]) -> Spread:
    took = [place[mark] - at for place in places for mark, at in begun.items() if mark in place]
    hundredths = statistics.quantiles(took, n=100, method="inclusive") if len(took) > 1 else [0.0] * 99
    return Spread(
        came=len(took),
        missing=len(begun) * len(places) - len(took),
        p50_ms=hundredths[49],
        p95_ms=hundredths[94],
        p99_ms=hundredths[98],
        most_ms=max(took, default=0.0),
    )
