"""How much is written: hardly anything, and as much as the goal says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often clients write and the teammate replies."""

    per_s: float
    opened_every: int
    """Each so many-th message belongs to the conversation that is opened on the screens."""

    replies_per_s: float


IDLE = Pace(per_s=1, opened_every=1, replies_per_s=1)
LOADED = Pace(per_s=50, opened_every=10, replies_per_s=2)
