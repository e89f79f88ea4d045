"""Times on the wire: ISO 8601 with an offset (spec §1)."""

import re
from datetime import UTC, datetime, timedelta, timezone

from parley.core.errors import Problems
from parley.core.texts import shown
from parley.core.times import show

__all__ = ["read", "show"]

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_MICROSECOND_DIGITS = 6
_DAY_MINUTES = 24 * 60


def read(text: str, path: str, problems: Problems) -> datetime | None:
    """The UTC time of an ISO 8601 text with an offset; digits behind the 6th are cut, not rounded."""
    found = _TIME.fullmatch(text)
    at = found and _build(found)
    if at is None:
        problems.add(
            path,
            "must be a time like 2026-09-01T09:56:39.084782+00:00, with an offset or Z and at most 7 digits of a "
            f"second, but {shown(text)} was given",
        )
    return at


def _build(found: "re.Match[str]") -> datetime | None:
    year, month, day, hour, minute, second, digits, _, sign, hours, minutes = found.groups()
    fraction = (digits or "")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    ahead = 0 if sign is None else (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
    if abs(ahead) >= _DAY_MINUTES:
        return None
    try:
        at = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second),
            int(fraction),
            tzinfo=timezone(timedelta(minutes=ahead)),
        )
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
