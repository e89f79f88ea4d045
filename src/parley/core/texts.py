"""What a text may hold: lengths, control characters, addresses.

Each reader takes a raw value and its path, notes what is wrong in `problems`, and returns the value to keep.
Limits are the spec's (§1, sizes), counted in characters.
"""

import re
from urllib.parse import urlsplit

from parley.core.errors import Problems

NAME_LIMIT = 200
EMAIL_LIMIT = 320
IDENTIFIER_LIMIT = 200
TITLE_LIMIT = 500
URL_LIMIT = 2_048
MESSAGE_LIMIT = 10_000
FEEDBACK_LIMIT = 5_000
FIELD_VALUE_LIMIT = 2_000

# C0 and C1 control characters and DEL; also the two separators that many programs read as line ends.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_SHOWN = 40  # characters of a refused value that an error repeats


def shown(value: str) -> str:
    """The value as an error may repeat it: quoted, its control characters visible, cut to 40 characters."""
    cut = value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
    return ascii(cut) if _CONTROL.search(cut) or _SURROGATE.search(cut) else f"'{cut}'"


def read_line(value: str | None, path: str, problems: Problems, *, limit: int) -> str | None:
    """One line of text, trimmed; blank means absent (None)."""
    if value is None:
        return None
    text = value.strip()
    if len(text) > limit:
        problems.add(path, f"may be at most {limit} characters long, but {len(text)} were given")
    elif text.isprintable():  # most texts: no control characters and no surrogates, told in one fast call
        return text or None
    elif _CONTROL.search(text):
        problems.add(path, f"may not hold line breaks or control characters, but {shown(text)} was given")
    else:
        refuse_surrogates(text, path, problems)
    return text or None


def read_prose(value: str, path: str, problems: Problems, *, limit: int, least: int = 0) -> str:
    """Text that keeps its line breaks and comes back unchanged; only NUL and half characters are refused."""
    if not least <= len(value) <= limit:
        wanted = f"{least} to {limit}" if least else f"at most {limit}"
        problems.add(path, f"must be {wanted} characters long, but {len(value)} were given")
    elif "\x00" in value:
        problems.add(path, "may not hold the NUL character")
    else:
        refuse_surrogates(value, path, problems)
    return value


def read_url(value: str | None, path: str, problems: Problems) -> str | None:
    """An absolute http or https address with a host; blank means absent (None)."""
    text = read_line(value, path, problems, limit=URL_LIMIT)
    if text and len(text) <= URL_LIMIT and not is_url(text) and not _CONTROL.search(text):
        problems.add(path, f"must be an absolute http or https address with a host, but {shown(text)} was given")
    return text


def read_email(value: str | None, path: str, problems: Problems) -> str | None:
    """An e-mail address as loosely as the spec has it; blank means absent (None)."""
    text = read_line(value, path, problems, limit=EMAIL_LIMIT)
    if text and len(text) <= EMAIL_LIMIT and not is_email(text) and not _CONTROL.search(text):
        problems.add(
            path,
            "must be an e-mail address: one @, something on both sides and no white space, "
            f"but {shown(text)} was given",
        )
    return text


def is_url(text: str) -> bool:
    """Whether this is an absolute http or https address with a host and without white space."""
    if _SPACE.search(text) or (not text.isprintable() and _CONTROL.search(text)):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_email(text: str) -> bool:
    """Whether this has exactly one @ with something on both sides and no white space; nothing stricter."""
    return _EMAIL.fullmatch(text) is not None


def refuse_surrogates(text: str, path: str, problems: Problems) -> None:
    """Note half of a character pair, which no UTF-8 text can hold."""
    if not text.isascii() and _SURROGATE.search(text):
        problems.add(path, "holds an unpaired surrogate (half of a character)")


def key_of(text: str) -> str:
    """What two spellings of one e-mail, identifier or name have in common: the lower-case form.

    Made here and kept in its own column, so that no database's own idea of lower case decides who is who.
    """
    return text.lower()
