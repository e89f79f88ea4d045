"""What somebody types to find a conversation, as words: whatever else is typed is never taken for an instruction."""

import re

import msgspec

from parley.core.errors import Problems

QUERY_LIMIT = 200  # characters
WORDS_LIMIT = 20

_PARTS = re.compile(r'"([^"]*)"?|([^"]+)')
_WORD = re.compile(r"[^\W_]+")


class Query(msgspec.Struct, frozen=True):
    """All of these have to be there, in any order: words, and phrases of several words in a row.

    With `is_unfinished` the last word may go on.
    """

    phrases: tuple[tuple[str, ...], ...]
    is_unfinished: bool


def read_query(given: str, path: str, problems: Problems) -> Query | None:
    """The query in a text; None when there is no word in it. Words in quotation marks have to stand in a row."""
    if len(given) > QUERY_LIMIT:
        problems.add(path, f"may be at most {QUERY_LIMIT} characters long, but {len(given)} were given")
        return None
    phrases: list[tuple[str, ...]] = []
    for quoted, plain in _PARTS.findall(given.replace("\x00", " ")):
        if quoted:
            phrases.append(tuple(_WORD.findall(quoted)))
        else:
            phrases += [(word,) for word in _WORD.findall(plain)]
    found = tuple(phrase for phrase in phrases if phrase)[:WORDS_LIMIT]
    return Query(found, is_unfinished=_WORD.search(given[-1:]) is not None) if found else None
