"""Whether a caller would rather have a stream or a list."""

import pytest

from parley.api.accept import prefers_stream


@pytest.mark.parametrize(
    "accept",
    [
        "text/event-stream",
        "Text/Event-Stream",
        "text/event-stream;charset=utf-8",
        "text/event-stream, */*",
        "text/event-stream, application/json",
        "application/json;q=0.9, text/event-stream",
        "text/event-stream;q=0.3, application/json;q=0.2",
        "text/event-stream;q=0.5, */*;q=0.1",
        "text/*",
        "application/json;q=0, */*",
        "text/event-stream;q=0.5, application/problem+json",
    ],
)
def test_a_stream_is_wanted(accept: str) -> None:
    assert prefers_stream(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/*",
        "application/json, text/event-stream;q=0.9",
        "text/event-stream;q=0",
        "text/event-stream;q=0.0, */*",
        "text/event-stream;q=much",
        "*/*, text/event-stream;q=0.1",
        "text/html, */*;q=0.8",
        "text/event-streams",
        "text",
        ";q=1",
        ",,",
    ],
)
def test_a_list_is_wanted(accept: str) -> None:
    assert not prefers_stream(accept)
