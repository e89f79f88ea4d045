"""How a time is written wherever it leaves the server: in replies, in webhooks, in what commands print."""

from datetime import datetime


def show(at: datetime) -> str:
    """A UTC time with always 6 digits and always +00:00 (spec §1)."""
    return at.isoformat("T", "microseconds")
