"""What the webhooks benchmark measured, as it is kept in JSON."""

import msgspec

from bench.results import Rounds

PLAIN_GOAL = 0.5
CPU_GOAL = 1.1
LATENCY_GOAL = 2.0


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """From a write's answer to its webhook's arrival, at a steady rate of writes."""

    writes: int
    p50_ms: float
    p99_ms: float


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """So many deliveries as fast as it goes."""

    deliveries: int
    seconds: float
    cpu_s: float
    plain_cpu_s: float
    """Of the plain loop for as many posts."""

    @property
    def part_of_plain(self) -> float:
        """Deliveries for each second of processor time, by those of the plain loop."""
        return self.plain_cpu_s / self.cpu_s


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A server with a living endpoint, and perhaps a dead one."""

    create_cpu_us: float
    arrivals: Arrivals


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """All three questions once."""

    arrivals: Arrivals
    sending: Sending
    alone: Load
    beside_dead: Load

    @property
    def cpu_ratio(self) -> float:
        """What a create costs beside a dead endpoint, by what it costs without."""
        return self.beside_dead.create_cpu_us / self.alone.create_cpu_us

    @property
    def latency_ratio(self) -> float:
        """How late the living endpoint's webhooks are beside a dead one, by how late they are without."""
        return self.beside_dead.arrivals.p50_ms / self.alone.arrivals.p50_ms


class Report(Rounds[Round], frozen=True, kw_only=True):
    """One run of the benchmark."""

    rate: float
    pending: int
