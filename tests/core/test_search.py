"""What is typed to find a conversation, as words and phrases."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Problems
from parley.core.search import QUERY_LIMIT, WORDS_LIMIT, Query, read_query, spellings
from tests.builders import faults_of


def read(text: str) -> Query | None:
    """The query in a text that is not too long."""
    problems = Problems()
    found = read_query(text, "q", problems)
    problems.refuse_if_any()
    return found


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("parcel", Query((("parcel",),), is_unfinished=True)),
        ("late parcel ", Query((("late",), ("parcel",)), is_unfinished=False)),
        ('"late parcel" refund', Query((("late", "parcel"), ("refund",)), is_unfinished=True)),
        ('"late parcel"', Query((("late", "parcel"),), is_unfinished=False)),
        ('"late parcel', Query((("late", "parcel"),), is_unfinished=True)),
        ("john@dow.com", Query((("john",), ("dow",), ("com",)), is_unfinished=True)),
        ("NOT a* OR (b)", Query((("NOT",), ("a",), ("OR",), ("b",)), is_unfinished=False)),
        ("snake_case", Query((("snake",), ("case",)), is_unfinished=True)),
        ("Ærlig 東京", Query((("Ærlig",), ("東京",)), is_unfinished=True)),
        ("Crème bru\u0302le\u0301e", Query((("Creme",), ("brulee",)), is_unfinished=True)),
        ("мои\u0306 ", Query((("мой",),), is_unfinished=False)),
        ("नमस्ते, שָׁלוֹם", Query((("नमस्ते",), ("שָׁלוֹם",)), is_unfinished=True)),
        ("takk🙂 ❤\ufe0f", Query((("takk",),), is_unfinished=False)),
        ("\u0301 \ufe0f", None),
        ("", None),
        (' "" - * ', None),
    ],
)
def test_words_and_phrases_are_read_and_everything_else_is_passed_over(text: str, query: Query | None) -> None:
    assert query == read(text)


def test_a_query_that_is_too_long_is_refused() -> None:
    told = faults_of(lambda problems: read_query("x" * (QUERY_LIMIT + 1), "q", problems))

    assert [("q", f"may be at most {QUERY_LIMIT} characters long, but {QUERY_LIMIT + 1} were given")] == told


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        (("late", "parcel"), ("late parcel",)),
        (("мой", "заказ"), ("мой заказ", "мои\u0306 заказ")),
        (("लड\u093cका",), ("लड\u093cका", "ल\u095cका")),
    ],
)
def test_a_phrase_is_spelled_with_letters_and_marks_as_one_and_apart(
    phrase: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert found == spellings(phrase)


@given(st.text(max_size=QUERY_LIMIT))
def test_whatever_is_typed_words_hold_letters_digits_and_marks_alone(text: str) -> None:
    found = read(text)
    words = [word for phrase in found.phrases for word in phrase] if found is not None else []

    assert {"L", "N", "M"} >= {category(character)[0] for word in words for character in word}
    assert len(found.phrases if found is not None else ()) <= WORDS_LIMIT
