"""Trailing commas, which the published examples carry: tolerated outside strings, and only there."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.api.bodies import TOLERANT_LIMIT, Body, without_trailing_commas
from parley.api.wire import CreateConversationBody
from parley.core.errors import ParleyError
from tests.api.envelopes import refusal
from tests.api.integrators import JOHN, Integrator

# Processor time that a reading takes only if it grows with the square of the length. A good one takes some
# milliseconds, of which the specification allows ten; but how many is for a benchmark to say, not for a busy machine.
SQUARE_S = 1.0
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from([",", ",]", ',}"', "\\", '\\"', "[,", "{,}"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
SPACES = st.text(" \t\r\n", max_size=3)


def spoilt(value: Any, space: str) -> str:
    """The value as JSON with a comma behind the last element of everything that has one."""
    match value:
        case dict() if value:
            pairs = (f"{json.dumps(name)}{space}:{space}{spoilt(inner, space)}" for name, inner in value.items())
            return f"{{{space}{f',{space}'.join(pairs)}{space},{space}}}"
        case list() if value:
            return f"[{space}{f',{space}'.join(spoilt(inner, space) for inner in value)}{space},{space}]"
        case _:
            return json.dumps(value)


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
def test_json_without_trailing_commas_keeps_every_byte(value: Any, indent: int | None, ascii_only: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")

    assert text == without_trailing_commas(text)


@given(VALUES, SPACES)
def test_json_with_trailing_commas_keeps_its_value(value: Any, space: str) -> None:
    assert value == json.loads(without_trailing_commas(spoilt(value, space).encode()))


@given(st.binary(max_size=200) | st.text(',[]{}"\\ 1\n', max_size=40).map(str.encode))
def test_from_any_bytes_only_commas_are_taken(raw: bytes) -> None:
    assert raw.replace(b",", b"") == without_trailing_commas(raw).replace(b",", b"")


@given(st.binary(max_size=200) | st.text(',[]{}":\\ 1a', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        Body(list[Any]).read(raw)
    except ParleyError as refused:
        assert refused.code in {1001, 1003}  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    "body",
    [
        b'{"author":{"email":"a@b",},}',
        b'{"author":{"email":"a@b"},"fields":[],}',
        b'{"author":{"email":"a@b"},"unknown":[1,[2,],{"a":[3,\n],\t},],}',
        b'{"author":{"email":"a@b"} , \r\n }',
    ],
)
def test_a_trailing_comma_is_tolerated_at_every_depth(shop: Integrator, body: bytes) -> None:
    assert 200 == shop.post(body).status


@pytest.mark.parametrize("text", [",}", ",]", "a,}", '",]', "\\,}", '\\",]', "[,]", "{,}"])
def test_a_comma_in_a_text_stays(shop: Integrator, text: str) -> None:
    body = json.dumps({"author": JOHN, "message": text})[:-1] + ",}"

    assert text == shop.post(body.encode()).data["messages"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"[,]",
        b"{,}",
        b"[ , ]",
        b'{"author":{"email":"a@b"},,}',
        b'{"author":{"email":"a@b"},"unknown":[1,,]}',
        b'{"author":{"email":"a@b"},"unknown":[,1]}',
        b'{"author":{"email":"a@b"},"unknown":[1,,2]}',
        b'{"author":{"email":"a@b"},"unknown":[[,],]}',
        b'{"author":{"email":"a@b"},"unknown":,}',
        b'{"author":{"email":"a@b"}},',
        b',{"author":{"email":"a@b"}}',
    ],
)
def test_a_comma_with_nothing_before_it_is_refused(shop: Integrator, body: bytes) -> None:
    refusal(shop.post(body), 400, 1003)

    assert [] == shop.happened()


def test_a_body_is_read_a_second_time_up_to_64_kib_and_not_beyond(shop: Integrator) -> None:
    body = json.dumps({"author": JOHN})[:-1].encode() + b","

    assert 200 == shop.post(body.ljust(TOLERANT_LIMIT - 1) + b"}").status
    refusal(shop.post(body.ljust(TOLERANT_LIMIT) + b"}"), 400, 1003)


SLOW = {
    "quotes and backslashes": b'"\\',
    "backslashes and quotes": b'\\"',
    "quotes": b'"',
    "commas": b",",
    "commas and spaces": b", ",
    "commas and many spaces": b"," + b" " * 255,
    "trailing commas": b",]",
    "values with trailing commas": b'"",]',
    "commas in brackets": b"[,",
    "brackets and spaces": b"[ ",
    "texts": b'"a",',
    "wrong members": b'{"id":"x"},',
}
AROUND = {
    "bare": (b"", b""),
    "in an open text": (b'{"title":"', b""),
    "behind a good start": (b'{"author":{"email":"a@b"},"unknown":[1', b",],}"),
    "behind a wrong member": (b'{"author":1,"fields":[', b"1,],}"),
}
BODY: Body[CreateConversationBody] = Body(CreateConversationBody)


def seconds_to_read(body: bytes) -> float:
    began = time.thread_time()
    with pytest.raises(ParleyError):
        BODY.read(body)
    return time.thread_time() - began


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("shape", SLOW)
def test_64_kib_made_to_slow_the_reading_down_do_not(shape: str, around: str) -> None:
    begin, end = AROUND[around]
    piece = SLOW[shape]
    room = TOLERANT_LIMIT - len(begin) - len(end)
    body = begin + (piece * (room // len(piece) + 1))[:room] + end

    assert min(seconds_to_read(body) for _ in range(5)) < SQUARE_S
