"""How far a stream has come in the log, and what it sends next: pure, so that no gap and no repeat can be tested."""

from collections.abc import Iterable

from parley.core.events import Event

HELD_LIMIT = 64  # events heard while a page is read; of more, the next page tells


class Course:
    """One stream's way: pages of the log up to its end, then what is heard.

    Whoever reads a page asks `begin` where from, and hands the page to `turn`. What is heard meanwhile is held, for the
    page may have been read before it was written; what is heard earlier is on the page.
    """

    __slots__ = ("_held", "is_live", "sent")

    def __init__(self, after: int) -> None:
        self.sent = after
        self.is_live = False
        self._held: list[Event] | None = None

    def begin(self) -> int:
        """A page is about to be read: the `seq` that it begins behind."""
        self._held = []
        return self.sent

    def hear(self, event: Event) -> bool:
        """Whether this event, which is the next one heard, is to be sent at once."""
        seq = seq_of(event)
        if self.is_live and seq > self.sent:
            self.sent = seq
            return True
        if self._held is not None:
            self._held.append(event)
            if len(self._held) > HELD_LIMIT:
                self._held = None  # so the turn after this page is another page's
        return False

    def turn(self, page: Iterable[Event], *, is_end: bool) -> list[Event]:
        """What to send, now that a page was read. Behind the last page comes what was held, and it is live."""
        held, self._held = self._held, None
        found = list(page)
        if is_end and held is not None:
            last = seq_of(found[-1]) if found else self.sent
            found += [event for event in held if seq_of(event) > last]
            self.is_live = True
        if found:
            self.sent = seq_of(found[-1])
        return found

    def fall_behind(self) -> None:
        """Hear no more: the log has it, from what was sent last."""
        self.is_live, self._held = False, None


def seq_of(event: Event) -> int:
    """The community's number of an event. Those of the whole server have none and are in no stream."""
    return event.seq or 0
