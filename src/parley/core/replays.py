"""Which events are to be sent to webhooks once more."""

import msgspec

from parley.core.errors import Problems


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one of: one event, all of one conversation, all from a `seq` on, or what was set aside as failed."""

    event: int | None = None
    conversation_id: int | None = None
    since: int | None = None
    is_failed: bool = False


def check(selection: Selection, names: tuple[str, str, str, str], problems: Problems) -> None:
    """Note whether exactly one thing is selected. `names` are what the four are called where they were given."""
    numbers = (selection.event, selection.conversation_id, selection.since)
    given = [*(number is not None for number in numbers), selection.is_failed]
    chosen = [name for name, is_given in zip(names, given, strict=True) if is_given]
    if len(chosen) != 1:
        found = " and ".join(chosen) or "none"
        problems.add((chosen or names)[0], f"exactly one of {', '.join(names)} is needed, but {found} was given")
    for name, number, least in zip(names[:3], numbers, (1, 1, 0), strict=True):
        if number is not None and number < least:
            problems.add(name, f"must be at least {least}, but {number} was given")
