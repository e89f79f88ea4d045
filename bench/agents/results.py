"""What the agents benchmark measured, as it is kept in JSON."""

import msgspec

from bench.agents.turns import Turned
from bench.results import Rounds

GOAL = 1.5
"""In the large community everything may cost at most so many times what it costs in the small one."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much one community holds."""

    conversations: int
    messages: int
    file_bytes: int


class Report(Rounds[Turned], frozen=True, kw_only=True):
    """One run of the benchmark."""

    seconds: float
    short: Size
    long: Size

    def cpu_us(self, kind: str, *, is_long: bool) -> list[float]:
        """Server time of one call, in every round."""
        return [(each.long if is_long else each.short)[kind].server_cpu_us for each in self.rounds]

    def p50_ms(self, kind: str, *, is_long: bool) -> list[float]:
        """How long a call took, in every round."""
        return [(each.long if is_long else each.short)[kind].p50_ms for each in self.rounds]

    def times(self, kind: str) -> list[float]:
        """What a call costs in the large community by what it costs in the small one, in every round."""
        both = zip(self.cpu_us(kind, is_long=True), self.cpu_us(kind, is_long=False), strict=True)
        return [long / short for long, short in both]
