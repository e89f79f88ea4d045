"""What somebody types to find a conversation, as words: whatever else is typed is never taken for an instruction."""

import re
from unicodedata import category, decomposition, normalize

import msgspec

from parley.core.errors import Problems

QUERY_LIMIT = 200  # characters
WORDS_LIMIT = 20

_PARTS = re.compile(r'"([^"]*)"?|([^"]+)')
# What Latin letters and accents lose in both databases. An accent that stands alone is lost on any letter.
_ACCENTS = re.compile(
    "(?<=[A-Za-z])[\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331]+"
)
_OF_WORDS = {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc"}  # letters, digits, and marks of scripts
_VARIATIONS = range(0xFE00, 0xFE10)  # marks that belong to emoji, not to words
# Letters of Indic scripts and of Hebrew that Unicode never composes, though keyboards write them as one.
_ONE = {
    normalize("NFD", each): each
    for each in map(chr, (*range(0x900, 0xC00), *range(0xFB1D, 0xFB50)))
    if decomposition(each)[:1] not in {"", "<"} and normalize("NFC", each) != each
}
_APART = re.compile("|".join(sorted(_ONE, key=len, reverse=True)))


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
    for quoted, plain in _PARTS.findall(given):
        if quoted:
            phrases.append(_words(quoted))
        else:
            phrases += [(word,) for word in _words(plain)]
    found = tuple(phrase for phrase in phrases if phrase)[:WORDS_LIMIT]
    return Query(found, is_unfinished=_is_of_word(given[-1])) if found else None


def spellings(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """How a phrase may have been stored: with letters and their marks as one, or apart. Latin letters have none."""
    composed = " ".join(phrase)
    whole = _APART.sub(lambda found: _ONE[found[0]], composed)
    return tuple(dict.fromkeys((composed, normalize("NFD", composed), whole)))


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, composed, and Latin letters without accents. Marks alone are no word."""
    folded = normalize("NFC", _ACCENTS.sub("", normalize("NFD", text)))
    words = "".join(each if _is_of_word(each) else " " for each in folded).split()
    return tuple(word for word in words if any(map(str.isalnum, word)))


def _is_of_word(character: str) -> bool:
    return category(character) in _OF_WORDS and ord(character) not in _VARIATIONS
