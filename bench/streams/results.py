"""What the streams benchmark measured, as it is kept in JSON."""

import msgspec

from bench.load import Outcome
from bench.results import Rounds
from bench.streams.holder import Held

KIB_GOAL = 30.0
SILENCE_GOAL_S = 45.0
"""A client takes its stream to be dead by then (docs/stream.md)."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Resident memory of the server without streams, with some, and with all."""

    some: int
    all: int
    without_bytes: int
    some_bytes: int
    all_bytes: int
    end_bytes: int
    """With all, after the creates."""

    @property
    def some_kib(self) -> float:
        """What each of the first took. They may have moved into what the creates before had left."""
        return (self.some_bytes - self.without_bytes) / self.some / 1024

    @property
    def kib(self) -> float:
        """What each one beyond the first took."""
        return (self.all_bytes - self.some_bytes) / (self.all - self.some) / 1024


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """The same creates on each server: the one without streams, that with one, and that with all."""

    without: Outcome
    one: Outcome
    all: Outcome

    @property
    def cpu_ratio(self) -> float:
        """What a create costs beside all streams, by what it costs without."""
        return self.all.server_cpu_us / self.without.server_cpu_us

    @property
    def cpu_ratio_to_one(self) -> float:
        """What it costs beside all streams, by what it costs beside one."""
        return self.all.server_cpu_us / self.one.server_cpu_us

    @property
    def p50_ratio(self) -> float:
        """How long a create takes beside all streams, by how long it takes without."""
        return self.all.p50_ms / self.without.p50_ms

    @property
    def p50_ratio_to_one(self) -> float:
        """How long it takes beside all streams, by how long it takes beside one."""
        return self.all.p50_ms / self.one.p50_ms


class Report(Rounds[Round], frozen=True, kw_only=True):
    """One run of the benchmark."""

    callers: int
    seconds: float
    memory: Memory
    held_s: float
    """How long all streams were held before they were counted."""

    held: Held
    """The streams at the end, after another heartbeat."""

    told_ms: list[float]
    """From the answer to a create in the quiet community until the last stream had the event, once for each round."""
