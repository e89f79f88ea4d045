"""Which of two forms an Accept header prefers (RFC 9110 §12.5.1)."""

import re

JSON = "application/json"
EVENT_STREAM = "text/event-stream"

_QUALITY = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)", re.ASCII)


def prefers_stream(accept: str) -> bool:
    """Whether a stream of events is wanted rather than JSON.

    A tie goes to what is named: `*/*` alone is JSON, `text/event-stream, */*` a stream.
    """
    ranges = dict(filter(None, map(_read, accept.split(","))))
    stream = _quality(ranges, EVENT_STREAM)
    is_named = EVENT_STREAM in ranges
    return stream > 0 and (stream, is_named) > (_quality(ranges, JSON), JSON in ranges and not is_named)


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """What the most specific range says that covers a type; 0 when none does and others are named."""
    family = media_type.partition("/")[0]
    return next((ranges[each] for each in (media_type, f"{family}/*", "*/*") if each in ranges), 0.0)


def _read(text: str) -> tuple[str, float] | None:
    """A media range with its quality; None for what is none."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    if "/" not in name:
        return None
    given = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    return name, float(given) if _QUALITY.fullmatch(given) else 0.0
