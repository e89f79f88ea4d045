"""Categories and custom fields: what fits, and what a conversation must bring."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Problems
from parley.core.fields import (
    FIELDS_LIMIT,
    FieldType,
    FieldValue,
    change_choices,
    check_choices,
    misfit,
    read_field_values,
)
from tests.builders import catalogue, category, faults_of, field

FITTING = {
    FieldType.TEXT: ["", "anything", "two\nlines"],
    FieldType.NUMBER: ["0", "-0", "7", "-1.50", "6.02e23", "1E+2", "0.1e-9"],
    FieldType.BOOLEAN: ["true", "false"],
    FieldType.DATE: ["2026-09-01", "2024-02-29"],
    FieldType.CHOICE: ["red", "Dark Blue"],
    FieldType.EMAIL: ["john@dow.com"],
    FieldType.URL: ["https://thejohndow.com"],
}
MISFITTING = {
    FieldType.NUMBER: ["", "01", "1.", ".5", "+1", "1,5", "NaN", "Infinity", "0x10", " 1", "1\n", "1e", "\u0661"],
    FieldType.BOOLEAN: ["", "True", "yes", "1", " true"],
    FieldType.DATE: ["", "01.09.2026", "2026-9-1", "2026-02-29", "2026-13-01", "0000-01-01", "2026-09-01T00:00"],
    FieldType.CHOICE: ["", "Red", "dark blue", "green", "red "],
    FieldType.EMAIL: ["", "john"],
    FieldType.URL: ["", "thejohndow.com"],
}
WANTED = {
    FieldType.NUMBER: "must be a number written as in JSON",
    FieldType.BOOLEAN: "must be true or false",
    FieldType.DATE: "must be a date written YYYY-MM-DD",
    FieldType.CHOICE: "must be one of red, Dark Blue",
    FieldType.EMAIL: "must be an e-mail address",
    FieldType.URL: "must be an absolute http or https address",
}
CHOICES = ("red", "Dark Blue")


def pairs(table: dict[FieldType, list[str]]) -> list[tuple[FieldType, str]]:
    return [(kind, value) for kind, values in table.items() for value in values]


@pytest.mark.parametrize(("type", "value"), pairs(FITTING))
def test_a_value_of_the_right_form_fits(type: FieldType, value: str) -> None:  # noqa: A002
    assert None is misfit(field(type=type, choices=CHOICES), value)


@pytest.mark.parametrize(("type", "value"), pairs(MISFITTING))
def test_a_value_of_another_form_is_told_what_would_be_right(type: FieldType, value: str) -> None:  # noqa: A002
    assert WANTED[type] == misfit(field(type=type, choices=CHOICES), value)


def test_every_type_has_its_examples() -> None:
    assert set(FieldType) == set(FITTING) == {FieldType.TEXT, *MISFITTING}


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_whatever_json_writes_as_a_number_fits_a_number_field(number: float) -> None:
    assert None is misfit(field(type=FieldType.NUMBER), msgspec.json.encode(number).decode())


@given(st.dates())
def test_every_day_fits_a_date_field(day: date) -> None:
    assert None is misfit(field(type=FieldType.DATE), day.isoformat())


def test_a_known_category_passes_and_so_does_none() -> None:
    known = catalogue(categories=(category(id=1505),))

    assert [] == faults_of(lambda problems: known.check_category(1505, "categoryId", problems))
    assert [] == faults_of(lambda problems: known.check_category(None, "categoryId", problems))


def test_an_unknown_category_is_refused_by_its_number() -> None:
    told = faults_of(lambda problems: catalogue().check_category(1506, "categoryId", problems))

    assert [("categoryId", "there is no category 1506 in this community")] == told


def test_values_are_kept_as_they_were_sent_and_in_that_order() -> None:
    known = catalogue(field(id=1), field(id=2, type=FieldType.NUMBER))
    kept = known.check_fields(((2, "1.50"), (1, " a ")), "fields", Problems())

    assert (FieldValue(2, "1.50"), FieldValue(1, " a ")) == kept


def test_a_null_value_is_absent() -> None:
    assert () == catalogue(field(id=1)).check_fields(((1, None),), "fields", Problems())


def test_an_unknown_field_is_refused_by_its_place() -> None:
    known = catalogue(field(id=1))
    told = faults_of(lambda problems: known.check_fields(((1, "a"), (9, None)), "fields", problems))

    assert [("fields[1].id", "there is no field 9 in this community")] == told


def test_a_misfit_is_refused_with_what_was_given() -> None:
    known = catalogue(field(id=1, type=FieldType.BOOLEAN))
    told = faults_of(lambda problems: known.check_fields(((1, "maybe"),), "fields", problems))

    assert [("fields[0].value", "must be true or false, but 'maybe' was given")] == told


@pytest.mark.parametrize("given", [(), ((1, None),), ((1, ""),), ((1, "  \n"),)])
def test_a_required_field_without_a_value_is_refused_by_name(given: tuple[tuple[int, str | None], ...]) -> None:
    known = catalogue(field(id=1, name="Order number", is_required=True), field(id=2))
    told = faults_of(lambda problems: known.check_fields(given, "fields", problems))

    assert [("fields", "the required field 1 ('Order number') has no value")] == told


def test_a_required_field_with_a_value_passes() -> None:
    known = catalogue(field(id=1, is_required=True))

    assert [] == faults_of(lambda problems: known.check_fields(((1, "A-7"),), "fields", problems))


def test_as_many_values_as_the_limit_pass() -> None:
    given = tuple((number, "x") for number in range(FIELDS_LIMIT))

    assert given == read_field_values(given, "fields", Problems())


def test_one_value_more_is_refused_with_limit_and_number() -> None:
    given = tuple((number, "x") for number in range(FIELDS_LIMIT + 1))
    told = faults_of(lambda problems: read_field_values(given, "fields", problems))

    assert [("fields", "may hold at most 100 values, but 101 were given")] == told


def test_a_field_given_twice_is_refused_at_the_second() -> None:
    told = faults_of(lambda problems: read_field_values(((1, "a"), (2, None), (1, "a")), "fields", problems))

    assert [("fields[2].id", "the field 1 is given twice")] == told


def test_a_value_may_be_as_long_as_its_limit() -> None:
    told = faults_of(lambda problems: read_field_values(((1, "x" * 2_000), (2, "x" * 2_001)), "fields", problems))

    assert [("fields[1].value", "must be at most 2000 characters long, but 2001 were given")] == told


def test_choices_are_added_and_none_is_taken_away() -> None:
    size = field(type=FieldType.CHOICE, choices=("S", "M"))
    told = faults_of(lambda problems: change_choices(size, ("M", "L"), "choices", problems))

    assert ("L", "M", "S") == change_choices(size, ("L", "M", "S"), "choices", Problems()).choices
    assert [("choices", "must keep 'S', which conversations may hold")] == told


@pytest.mark.parametrize(
    ("kind", "choices", "fault"),
    [
        (FieldType.CHOICE, (), "a field of type choice needs at least one"),
        (FieldType.TEXT, ("S",), "go with the type choice only, but the type is text"),
        (FieldType.CHOICE, ("S", "S"), "the same value is given twice"),
        (FieldType.CHOICE, ("",), "must be 1 to 2000 characters long, but 0 were given"),
        (FieldType.CHOICE, tuple(map(str, range(1_001))), "may be at most 1000, but 1001 were given"),
    ],
)
def test_choices_that_do_not_fit_are_refused(kind: FieldType, choices: tuple[str, ...], fault: str) -> None:
    assert [("choices", fault)] == faults_of(lambda problems: check_choices(kind, choices, "choices", problems))


# Putting the values of a conversation right

known_values = st.dictionaries(st.integers(1, 4), st.sampled_from(["a", "b"]))
changes = st.dictionaries(st.integers(1, 4), st.none() | st.sampled_from(["a", "b", "c"]))


@given(known_values, changes)
def test_those_that_are_named_change_and_the_others_stay(before: dict[int, str], given: dict[int, str | None]) -> None:
    known = catalogue(*(field(id=number) for number in range(1, 5)))
    kept = known.change_fields(
        tuple(FieldValue(*pair) for pair in before.items()), tuple(given.items()), "fields", Problems()
    )

    wanted = {number: value for number, value in (before | given).items() if value is not None}
    assert wanted == {value.id: value.value for value in kept}
    assert [value.id for value in kept] == [number for number in (before | given) if number in wanted]


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_required_field_keeps_a_value(value: str | None) -> None:
    known = catalogue(field(id=1, name="Order", is_required=True), field(id=2))
    before = (FieldValue(1, "A-7"),)
    told = faults_of(lambda problems: known.change_fields(before, ((2, "x"), (1, value)), "fields", problems))

    assert [("fields[1].value", "the field 1 ('Order') needs a value")] == told


def test_a_required_field_that_is_not_named_is_not_asked_for() -> None:
    """It may be younger than the conversation."""
    known = catalogue(field(id=1, is_required=True), field(id=2))

    assert [] == faults_of(lambda problems: known.change_fields((), ((2, "x"),), "fields", problems))


def test_what_is_changed_is_checked_like_what_is_sent_at_first() -> None:
    known = catalogue(field(id=1, type=FieldType.NUMBER))
    told = faults_of(lambda problems: known.change_fields((), ((1, "many"), (9, "x")), "fields", problems))

    assert [
        ("fields[0].value", "must be a number written as in JSON, but 'many' was given"),
        ("fields[1].id", "there is no field 9 in this community"),
    ] == told
