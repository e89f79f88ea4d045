"""What a text may hold, at the edge of every limit."""

from collections.abc import Callable
from functools import partial
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import texts
from parley.core.errors import Problems
from tests.builders import faults_of

any_text = st.text(st.characters(), max_size=60)  # surrogates and control characters too
LINE = partial(texts.read_line, path="name", limit=200)
PROSE = partial(texts.read_prose, path="message", limit=10_000, least=1)
EMAIL = partial(texts.read_email, path="email")
URL = partial(texts.read_url, path="url")
HALF = "\ud83d"  # of an emoji


def faults(read: Callable[..., object], value: str) -> list[str]:
    return [text for _, text in faults_of(lambda problems: read(value, problems=problems))]


def test_a_line_is_trimmed() -> None:
    assert "John" == LINE("  John\n", problems=Problems())


@pytest.mark.parametrize("blank", [None, "", "  ", "\t\r\n", "\u2003"])
def test_a_blank_line_is_absent(blank: str | None) -> None:
    assert None is LINE(blank, problems=Problems())


def test_a_line_as_long_as_its_limit_passes() -> None:
    assert [] == faults(LINE, "x" * 200)


def test_a_line_one_longer_is_refused_with_field_limit_and_what_was_given() -> None:
    told = faults_of(lambda problems: LINE("x" * 201, problems=problems))

    assert [("name", "may be at most 200 characters long, but 201 were given")] == told


def test_a_limit_counts_characters_after_trimming() -> None:
    assert [] == faults(LINE, "  " + "😀" * 200 + "  ")


@pytest.mark.parametrize("control", ["\x00", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_control_character_in_a_line_is_refused(control: str) -> None:
    given = f"a{control}b"

    assert [f"may not hold line breaks or control characters, but {given!a} was given"] == faults(LINE, given)


@pytest.mark.parametrize("text", ["Zoë", "名前", "a\u00a0b", "a\u200db", "👩‍👩‍👧"])
def test_other_letters_are_fine_in_a_line(text: str) -> None:
    assert [] == faults(LINE, text)


@pytest.mark.parametrize("read", [LINE, PROSE])
def test_half_a_character_is_refused(read: Callable[..., object]) -> None:
    assert ["holds an unpaired surrogate (half of a character)"] == faults(read, f"a{HALF}")


@given(any_text)
def test_a_line_that_passes_has_no_control_character_and_is_not_blank(value: str) -> None:
    problems = Problems()
    line = texts.read_line(value, "name", problems, limit=40)

    if line is not None and not faults(partial(texts.read_line, path="name", limit=40), value):
        assert line == line.strip() != ""
        assert not {"Cc", "Cs", "Zl", "Zp"} & set(map(category, line))
        assert len(line) <= 40


@pytest.mark.parametrize("length", [1, 10_000])
def test_prose_between_its_limits_passes(length: int) -> None:
    assert [] == faults(PROSE, "x" * length)


@pytest.mark.parametrize("length", [0, 10_001])
def test_prose_outside_its_limits_is_refused(length: int) -> None:
    assert [f"must be 1 to 10000 characters long, but {length} were given"] == faults(PROSE, "x" * length)


def test_prose_without_a_least_length_names_only_the_limit() -> None:
    told = faults(partial(texts.read_prose, path="text", limit=5), "123456")

    assert ["must be at most 5 characters long, but 6 were given"] == told


def test_prose_keeps_its_line_breaks_tabs_and_spaces() -> None:
    assert " a\r\n\tb " == PROSE(" a\r\n\tb ", problems=Problems())


def test_prose_refuses_nul() -> None:
    assert ["may not hold the NUL character"] == faults(PROSE, "a\x00b")


@given(any_text)
def test_prose_comes_back_unchanged(value: str) -> None:
    assert value == texts.read_prose(value, "message", Problems(), limit=100)


@pytest.mark.parametrize(
    "address",
    [
        "https://thejohndow.com",
        "http://localhost:8080/a?b=c#d",
        "HTTPS://EXAMPLE.ORG",
        "http://[::1]/",
        "https://müller.example/straße",
    ],
)
def test_an_absolute_web_address_passes(address: str) -> None:
    assert [] == faults(URL, address)


@pytest.mark.parametrize(
    "text",
    [
        "thejohndow.com",
        "/path",
        "//host/path",
        "ftp://host",
        "javascript:alert(1)",
        "https://",
        "https://user@",
        "http://ho st",
        "http://host/a b",
        "http://host:99999",
        "http://host:0",
        "http://[::1",
    ],
)
def test_what_is_no_absolute_web_address_is_refused(text: str) -> None:
    assert [f"must be an absolute http or https address with a host, but '{text}' was given"] == faults(URL, text)


def test_a_web_address_may_be_as_long_as_its_limit() -> None:
    longest = "http://h/".ljust(2_048, "x")

    assert [] == faults(URL, longest)
    assert ["may be at most 2048 characters long, but 2049 were given"] == faults(URL, longest + "x")


@pytest.mark.parametrize("text", ["http://h/\x00", "http://h/\x9f"])
def test_a_control_character_makes_no_web_address(text: str) -> None:
    assert not texts.is_url(text)


@pytest.mark.parametrize("address", ["john@dow.com", "a@b", "o'hara+x@[127.0.0.1]", "jörg@müller.example"])
def test_an_email_with_one_at_sign_passes(address: str) -> None:
    assert [] == faults(EMAIL, address)


@pytest.mark.parametrize("text", ["john", "@dow.com", "john@", "a@b@c", "a b@c", "a@b c"])
def test_what_is_no_email_is_refused(text: str) -> None:
    wanted = "must be an e-mail address: one @, something on both sides and no white space"

    assert [f"{wanted}, but '{text}' was given"] == faults(EMAIL, text)


def test_an_email_may_be_as_long_as_its_limit() -> None:
    longest = "a@".ljust(320, "b")

    assert [] == faults(EMAIL, longest)
    assert ["may be at most 320 characters long, but 321 were given"] == faults(EMAIL, longest + "b")


@pytest.mark.parametrize("read", [URL, EMAIL])
def test_a_blank_address_is_absent(read: Callable[..., object]) -> None:
    assert None is read("  ", problems=Problems())


def test_a_refused_value_is_repeated_up_to_40_characters() -> None:
    assert f"'{'x' * 40}'" == texts.shown("x" * 40)
    assert f"'{'x' * 39}…'" == texts.shown("x" * 41)


@given(any_text)
def test_what_an_error_repeats_can_be_printed_on_one_line(value: str) -> None:
    told = texts.shown(value)

    assert not {"Cc", "Cs", "Zl", "Zp"} & set(map(category, told))


@pytest.mark.parametrize(("one", "other"), [("John@Dow.com", "john@dow.COM"), ("ÄRGER", "ärger")])
def test_two_spellings_of_one_thing_share_their_key(one: str, other: str) -> None:
    assert texts.key_of(one) == texts.key_of(other)
