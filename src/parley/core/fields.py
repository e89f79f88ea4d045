"""Categories and custom fields: what a community asks of its conversations, and what fits."""

import re
from datetime import date
from enum import StrEnum
from typing import assert_never

import msgspec

from parley.core import texts
from parley.core.errors import Problems

FIELDS_LIMIT = 100  # field values in one call
CHOICES_LIMIT = 1_000  # of one field
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")  # RFC 8259 §6
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FieldType(StrEnum):
    """What kind of text a field takes."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    EMAIL = "email"
    URL = "url"


class Category(msgspec.Struct, frozen=True):
    """A drawer that conversations are sorted into."""

    id: int
    community_id: int
    name: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A custom field of a community's conversations."""

    id: int
    community_id: int
    name: str
    type: FieldType
    is_required: bool = False
    choices: tuple[str, ...] = ()


def change_choices(field: Field, choices: tuple[str, ...], path: str, problems: Problems) -> Field:
    """The field with other choices. Those that it has stay among them: conversations may hold them."""
    check_choices(field.type, choices, path, problems)
    gone = [choice for choice in field.choices if choice not in choices]
    if gone:
        problems.add(path, f"must keep {texts.shown(gone[0])}, which conversations may hold")
    return msgspec.structs.replace(field, choices=choices)


def check_choices(kind: FieldType, choices: tuple[str, ...], path: str, problems: Problems) -> None:
    """Note what is wrong with the choices of a field: type choice has some, each once, and no other type has any."""
    if kind is FieldType.CHOICE and not choices:
        problems.add(path, "a field of type choice needs at least one")
    if kind is not FieldType.CHOICE and choices:
        problems.add(path, f"go with the type choice only, but the type is {kind}")
    if len(choices) > CHOICES_LIMIT:
        problems.add(path, f"may be at most {CHOICES_LIMIT}, but {len(choices)} were given")
    if len(set(choices)) != len(choices):
        problems.add(path, "the same value is given twice")
    for value in choices:
        texts.read_prose(value, path, problems, limit=texts.FIELD_VALUE_LIMIT, least=1)


class FieldValue(msgspec.Struct, frozen=True):
    """What one conversation has in one field, as it was sent."""

    id: int
    value: str


class Catalogue(msgspec.Struct, frozen=True):
    """A community's categories and fields at one version, by id."""

    version: int
    categories: dict[int, Category]
    fields: dict[int, Field]

    def check_category(self, category_id: int | None, path: str, problems: Problems) -> None:
        """Note a category that this community does not have; absent is fine."""
        if category_id is not None and category_id not in self.categories:
            problems.add(path, f"there is no category {category_id} in this community")

    def check_fields(
        self, given: tuple[tuple[int, str | None], ...], path: str, problems: Problems
    ) -> tuple[FieldValue, ...]:
        """Check the values against the fields they name, and that no required one is missing (spec §3.1)."""
        self._check_values(given, path, problems)
        kept = {field_id: value for field_id, value in given if value is not None}
        for field in self.fields.values():
            if field.is_required and not kept.get(field.id, "").strip():
                problems.add(path, f"the required field {field.id} ('{field.name}') has no value")
        return tuple(FieldValue(*pair) for pair in kept.items())

    def change_fields(
        self,
        before: tuple[FieldValue, ...],
        given: tuple[tuple[int, str | None], ...],
        path: str,
        problems: Problems,
    ) -> tuple[FieldValue, ...]:
        """The values after some were changed or, with None, taken away. A required one can only be changed."""
        self._check_values(given, path, problems)
        kept: dict[int, str | None] = {value.id: value.value for value in before}
        kept.update(given)
        for index, (field_id, value) in enumerate(given):
            field = self.fields.get(field_id)
            if field is not None and field.is_required and not (value or "").strip():
                problems.add(f"{path}[{index}].value", f"the field {field.id} ('{field.name}') needs a value")
        return tuple(FieldValue(field_id, value) for field_id, value in kept.items() if value is not None)

    def _check_values(self, given: tuple[tuple[int, str | None], ...], path: str, problems: Problems) -> None:
        for index, (field_id, value) in enumerate(given):
            field = self.fields.get(field_id)
            if field is None:
                problems.add(f"{path}[{index}].id", f"there is no field {field_id} in this community")
            elif value is not None and (fault := misfit(field, value)):
                problems.add(f"{path}[{index}].value", f"{fault}, but {texts.shown(value)} was given")


def read_field_values(
    given: tuple[tuple[int, str | None], ...], path: str, problems: Problems
) -> tuple[tuple[int, str | None], ...]:
    """Check what can be said of field values without knowing the fields: number, length, none twice."""
    if len(given) > FIELDS_LIMIT:
        problems.add(path, f"may hold at most {FIELDS_LIMIT} values, but {len(given)} were given")
        return ()
    seen: set[int] = set()
    for index, (field_id, value) in enumerate(given):
        if field_id in seen:
            problems.add(f"{path}[{index}].id", f"the field {field_id} is given twice")
        seen.add(field_id)
        if value is not None:
            texts.read_prose(value, f"{path}[{index}].value", problems, limit=texts.FIELD_VALUE_LIMIT)
    return given


def misfit(field: Field, value: str) -> str | None:
    """Why the value does not fit the field's type, as the first half of a sentence; None when it fits."""
    match field.type:
        case FieldType.TEXT:
            return None
        case FieldType.NUMBER:
            return None if _NUMBER.fullmatch(value) else "must be a number written as in JSON"
        case FieldType.BOOLEAN:
            return None if value in {"true", "false"} else "must be true or false"
        case FieldType.DATE:
            return None if _is_date(value) else "must be a date written YYYY-MM-DD"
        case FieldType.CHOICE:
            return None if value in field.choices else f"must be one of {', '.join(field.choices)}"
        case FieldType.EMAIL:
            return None if texts.is_email(value) else "must be an e-mail address"
        case FieldType.URL:
            return None if texts.is_url(value) else "must be an absolute http or https address"
    assert_never(field.type)


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
