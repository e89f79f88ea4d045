"""Reading a JSON body: strictly first, then without trailing commas, and when it does not fit, saying why."""

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from parley.core.errors import InvalidError, MalformedError, ParleyError, Problem, Problems
from parley.core.texts import shown

BODY_LIMIT = 1_048_576  # bytes
TOLERANT_LIMIT = 65_536  # bytes; a larger body that is not strict JSON is refused without a second reading

T = TypeVar("T")

# Everything but a comma that stands behind a value and before } or ]. Possessive throughout, so a text made to slow it
# down cannot.
_NOT_TRAILING = re.compile(rb'(?:[^",\[{]++|[\[{]\s*+,?+|"(?:[^"\\]++|\\.)*+\\?(?:"|\Z)|,(?!\s*[}\]]))++', re.DOTALL)
# The decoder wants six bytes behind the first half of a character, and without them says that the text is cut off.
_HALF_AT_END = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}.{0,5}\Z", re.DOTALL)
_BOM = b"\xef\xbb\xbf"
_decode_any = msgspec.json.Decoder(float_hook=float).decode  # the hook takes 1e400, which else is no number at all


class Body(Generic[T]):
    """The reader of one type of body."""

    def __init__(self, type: type[T] | Any) -> None:  # noqa: A002 - what else is it
        self.type = type
        self._decode_typed: Callable[[bytes], T] = msgspec.json.Decoder(type).decode

    def read(self, raw: bytes) -> T:
        """The body as a value. Raises MalformedError when it is not JSON, InvalidError when it does not fit."""
        try:
            return self._decode(raw)
        except msgspec.ValidationError as failed:
            raise self._misfit(raw, failed, is_raw=True) from failed
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failed:
            return self._read_tolerantly(raw, failed)

    def _decode(self, raw: bytes) -> T:
        value = self._decode_typed(raw)
        if not raw.isascii():
            raw.decode()  # the decoder does not look into members that it skips
        return value

    def _read_tolerantly(self, raw: bytes, failed: Exception) -> T:
        if not raw.strip():
            msg = "A JSON body is needed here, but the request has none."
            raise MalformedError(msg)
        if len(raw) > TOLERANT_LIMIT:
            raise _malformed(raw, failed) from failed
        cleaned = without_trailing_commas(raw.removeprefix(_BOM))
        try:
            return self._decode(cleaned)
        except msgspec.ValidationError as misfit:
            raise self._misfit(cleaned, misfit, is_raw=False) from misfit
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as again:
            raise _malformed(cleaned, again) from again

    def _misfit(self, raw: bytes, failed: msgspec.ValidationError, *, is_raw: bool) -> ParleyError:
        """Why the value does not fit: read once more without a type, so that every fault can be named."""
        try:
            value = _decode_any(raw)
        except msgspec.ValidationError:  # a number so long that nothing holds it
            return _unexplained(failed)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as worse:
            if is_raw and len(raw) <= TOLERANT_LIMIT:
                return self._misfit(without_trailing_commas(raw), failed, is_raw=False)
            return _malformed(raw, worse)
        problems = Problems()
        explain(value, inspect.type_info(self.type), "", problems)
        try:
            problems.refuse_if_any()
        except InvalidError as refused:
            return refused
        return _unexplained(failed)


def without_trailing_commas(raw: bytes) -> bytes:
    """The text without commas that stand behind a value and directly before } or ], outside strings. Linear."""
    return b"".join(_NOT_TRAILING.findall(raw))


def _malformed(raw: bytes, failed: Exception) -> MalformedError:
    if isinstance(failed, RecursionError):
        return MalformedError("The body is nested too deeply.")
    if isinstance(failed, UnicodeDecodeError):
        return MalformedError("The body is not UTF-8.")
    if "surrogate" in str(failed) or ("truncated" in str(failed) and _HALF_AT_END.search(raw)):
        return MalformedError("The body is not JSON: it holds half of a character (an unpaired surrogate).")
    return MalformedError(f"The body is not JSON: {_without_type_words(str(failed))}.")


def _unexplained(failed: msgspec.ValidationError) -> InvalidError:
    """What the decoder says, when we see nothing wrong ourselves: `Integer value out of range - at `$.categoryId``."""
    text, _, path = str(failed).partition(" - at `$")
    problem = Problem(path.strip(".`") or "body", text[:1].lower() + text[1:])
    return InvalidError(f"{problem.path}: {problem.text}", (problem,))


def _without_type_words(text: str) -> str:
    return text.removeprefix("JSON is malformed: ").rstrip(".")


def explain(value: Any, wanted: inspect.Type, path: str, problems: Problems) -> None:
    """Note every place where a decoded value does not fit a type."""
    match wanted:
        case inspect.Metadata(type=inner):
            explain(value, inner, path, problems)
        case inspect.UnionType(types=types):
            if value is None and any(isinstance(kind, inspect.NoneType) for kind in types):
                return
            explain(value, next(kind for kind in types if not isinstance(kind, inspect.NoneType)), path, problems)
        case inspect.StructType(fields=fields):
            _explain_object(value, fields, path, problems)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            if not isinstance(value, list):
                problems.add(path or "body", f"must be an array, but {_named(value)} was given")
                return
            for index, element in enumerate(value):
                if problems.is_full:
                    return
                explain(element, item, f"{path}[{index}]", problems)
        case inspect.EnumType(cls=cls):
            allowed = [member.value for member in cls]
            if value not in allowed:
                problems.add(path, f"must be one of {', '.join(allowed)}, but {_named(value)} was given")
        case inspect.StrType() if not isinstance(value, str):
            problems.add(path, f"must be a text, but {_named(value)} was given")
        case inspect.BoolType() if not isinstance(value, bool):
            problems.add(path, f"must be true or false, but {_named(value)} was given")
        case inspect.IntType() if not _is_int64(value):
            problems.add(path, f"must be a whole number, but {_named(value)} was given")
        case _:
            pass


def _explain_object(value: Any, fields: tuple[inspect.Field, ...], path: str, problems: Problems) -> None:
    if not isinstance(value, dict):
        problems.add(path or "body", f"must be an object, but {_named(value)} was given")
        return
    for field in fields:
        inner = f"{path}.{field.encode_name}" if path else field.encode_name
        if field.encode_name in value:
            explain(value[field.encode_name], field.type, inner, problems)
        elif field.required:
            problems.add(inner, "is required, but it is missing")


def _is_int64(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _named(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {shown(value)}"
        case int() | float():
            return f"the number {shown(str(value))[1:-1]}"
        case list():
            return "an array"
        case _:
            return "an object"
