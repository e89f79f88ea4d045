"""The one tree of expected errors and their public codes.

ParleyError
├── InvalidError                 1001  a value does not fit
│   ├── KeyReusedError           1002  an idempotency key came back with another request
│   └── ChallengeError           1010  a webhook's receiver did not answer the challenge
├── MalformedError               1003  what was sent cannot be read at all
├── TooLargeError                1004  what was sent is larger than we take
├── UnauthorizedError            2001  no good proof of who is asking
│   └── ExpiredError             2002  the proof was sent, but is not good (any more)
├── ForbiddenError               2003  known, but may not do this
├── NotFoundError                3001  no such thing, or not in this community
├── ConflictError                4001  the present state forbids it
│   └── StaleEpochError          4002  decided by who held the conversation before, and that has changed
├── BusyError                    5001  this community has too much waiting already
└── UnavailableError             5002  not now; asking again later is right
    ├── LineFullError            5003  the server's line of waiting writes is full
    ├── StorageUnavailableError  5004  the database cannot be reached or is locked
    └── StorageFullError         5005  the disk has no room

Codes are promises: one is never given a second meaning. What only the edge can meet (an unknown method, a wrong
content type) extends this tree in `parley.api.errors`.
"""

from typing import ClassVar

import msgspec

PROBLEMS_LIMIT = 100  # faults named in one answer; a body of 1 MiB can have half a million, 40 MB to tell


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with one value: where it stands and a sentence that says what would be right."""

    path: str
    text: str


class ParleyError(Exception):
    """What Parley refuses on purpose. `code` is public and stable, `text` is a sentence for people."""

    code: ClassVar[int] = 0

    def __init__(self, text: str, problems: tuple[Problem, ...] = (), *, detail: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.problems = problems
        self.detail = detail  # for the operator at the command line; never sent to a caller


class InvalidError(ParleyError):
    """A value does not fit; `problems` says which and why."""

    code = 1001


class KeyReusedError(InvalidError):
    """An idempotency key came back with another method, path or body."""

    code = 1002


class ChallengeError(InvalidError):
    """A webhook's receiver did not answer the challenge; the sentence says what came back."""

    code = 1010


class MalformedError(ParleyError):
    """What was sent cannot be read at all."""

    code = 1003


class TooLargeError(ParleyError):
    """What was sent is larger than we take."""

    code = 1004


class UnauthorizedError(ParleyError):
    """Nobody said who is asking."""

    code = 2001


class ExpiredError(UnauthorizedError):
    """A proof was sent but it is not good: forged, expired, revoked or another's."""

    code = 2002


class ForbiddenError(ParleyError):
    """We know who is asking, and they may not do this."""

    code = 2003


class NotFoundError(ParleyError):
    """There is no such thing, or it belongs to another community: both answer the same."""

    code = 3001


class ConflictError(ParleyError):
    """The present state forbids it."""

    code = 4001


class StaleEpochError(ConflictError):
    """The caller named the takeover epoch it decided under, and the conversation has changed hands since."""

    code = 4002

    def __init__(self, text: str, *, epoch: int) -> None:
        super().__init__(text)
        self.epoch = epoch  # the present one


class BusyError(ParleyError):
    """One community has as much waiting as one community may."""

    code = 5001


class UnavailableError(ParleyError):
    """Not now; asking again later is right."""

    code = 5002


class LineFullError(UnavailableError):
    """The line of waiting writes is full."""

    code = 5003


class StorageUnavailableError(UnavailableError):
    """The database cannot be reached, or another program holds it."""

    code = 5004


class StorageFullError(UnavailableError):
    """The disk has no room."""

    code = 5005


class Problems:
    """Gathers what is wrong, so that one answer names all of it."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, path: str, text: str) -> None:
        """Remember that the value at `path` is wrong because of `text`; of very many, the first."""
        if not self.is_full:
            self._found.append(Problem(path, text))

    @property
    def is_full(self) -> bool:
        """Whether there is no use in looking for more."""
        return len(self._found) >= PROBLEMS_LIMIT

    def refuse_if_any(self) -> None:
        """Raise InvalidError with everything found; do nothing when nothing was."""
        if self._found:
            first = self._found[0]
            more = len(self._found) - 1
            tail = f" (and {more} more, see errorDetails)" if more else ""
            raise InvalidError(f"{first.path}: {first.text}{tail}", tuple(self._found))


def place_of(broken: BaseException) -> str:
    """Where a fault came from, as file and line: what it was about may repeat what somebody sent."""
    place = broken.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown"
