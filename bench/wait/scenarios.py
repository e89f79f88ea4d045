"""What is simulated: one team, and four days that differ in who comes and who stays."""

import msgspec

AGENTS = 6
CHATS_EACH = 3
CHAT_MIN = 9.0
"""Mean length of a chat."""

CHAT_SIGMA = 0.8
"""Of the logarithm of a chat's length: lognormal, with a standard deviation of 0.95 of the mean."""

PATIENCE_MIN = 25.0
"""Mean of the exponential time after which one who still waits gives up."""

HOURS = 6.0
SEEDS = 30
CAPACITY_PER_MIN = AGENTS * CHATS_EACH / CHAT_MIN


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One day. `load` is who comes, as a part of what the whole team can serve, each part from an hour on.

    From `leave_hour` on, `leaving` agents take no new chats and finish those they have.
    """

    name: str
    told: str
    load: tuple[tuple[float, float], ...]
    leave_hour: float = HOURS
    leaving: int = 0

    def load_at(self, minute: float) -> float:
        """The load at a minute of the day."""
        return [load for hour, load in self.load if hour * 60 <= minute][-1]


SCENARIOS = (
    Scenario(name="quiet", told="customers for 75 % of the seats", load=((0, 0.75),)),
    Scenario(name="steady", told="customers for 90 % of the seats", load=((0, 0.90),)),
    Scenario(
        name="burst",
        told="customers for 80 % of the seats, and for 160 % in the third hour",
        load=((0, 0.8), (2, 1.6), (3, 0.8)),
    ),
    Scenario(
        name="half leaves",
        told="customers for 65 % of the seats; after three hours half the team goes home",
        load=((0, 0.65),),
        leave_hour=3,
        leaving=AGENTS // 2,
    ),
)
