"""What the bots benchmark measured, as it is kept in JSON."""

import msgspec

from bench.bots.writing import Written
from bench.results import Rounds

P99_GOAL = 1.5


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """The same writes on one server."""

    idle_bytes: int
    """Resident memory of the server before the load."""

    written: Written


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot had to do meanwhile, all of it done at the end."""

    answers: int
    """In the database: as many as questions were answered, each of them once."""

    asked_again: int
    """Questions that the bot answered again, because its answer did not arrive."""

    crowd_s: float
    """From the first of all conversations, each with a first message, until all had their answer."""

    crowd_most: int
    """Questions on their way meanwhile, at most."""

    steady_most: int
    """Questions on their way during the steady writes, at most."""

    bot_cpu_s: float
    """Of the bot's own process during the steady writes, the warm-up included."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """Both servers once."""

    without: Load
    beside: Load
    answered: Answered

    @property
    def p50_ratio(self) -> float:
        """How long a write takes beside the bot, by how long it takes without."""
        return self.beside.written.p50_ms / self.without.written.p50_ms

    @property
    def p99_ratio(self) -> float:
        """The same of the slowest in a hundred."""
        return self.beside.written.p99_ms / self.without.written.p99_ms


class Report(Rounds[Round], frozen=True, kw_only=True):
    """One run of the benchmark."""

    conversations: int
    rate: float
    answer_s: float
    warm_up_s: float
    seconds: float
    at_once: int
    """Questions that may be on their way to one bot."""
