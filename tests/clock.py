"""A clock that stands still until a test moves it; handed in wherever the real one goes."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 9, 1, 9, 56, 39, 84782, tzinfo=UTC)


class ManualClock:
    """Tells the time it was set to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The present time."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Let time pass, or with a negative step go back."""
        self.at += by
