"""What holds for bots of every kind that is asked: what goes out, and how a server that misbehaves is met."""

import json
from datetime import timedelta

import pytest

from parley.bots.asking import ANSWER_LIMIT, INVALID_ANSWER, USER_AGENT, Answer
from parley.core.bots import BotKind
from tests.bots.interviews import KEY, SOON, SPEECHES, Interview, answers
from tests.receivers import Manner, Receiver, answer, drop, hang, pour, write

SPOKEN = Answer(("It left yesterday.",))
TWO = timedelta(seconds=2)


async def test_a_bot_is_asked_by_post_and_answers(interview: Interview) -> None:
    assert SPOKEN == await interview.ask()

    (request,) = interview.receiver.requests
    assert "POST" == request.method
    assert ("application/json", "application/json", USER_AGENT) == tuple(
        request.headers[name] for name in ("content-type", "accept", "user-agent")
    )


@pytest.mark.parametrize("status", [200, 201, 202, 299])
async def test_every_success_is_one(interview: Interview, status: int) -> None:
    interview.behave(answers(SPEECHES[interview.kind], status))

    assert SPOKEN == await interview.ask()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(interview: Interview, status: int) -> None:
    with Receiver() as other:
        failed = await interview.fails(answer(status, headers={"Location": f"{other.url}/"}))

        assert (f"status_{status}", 1, []) == (failed.name, len(interview.receiver.requests), other.requests)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
async def test_a_refusal_is_told_by_its_status(interview: Interview, status: int) -> None:
    failed = await interview.fails(answer(status, b"Your key is " + KEY.encode()))

    assert f"status_{status}" == failed.name
    assert f"The bot's server answered with status {status}." == failed.text
    assert failed.retry_after is None


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2", TWO),
        (" 0 ", timedelta()),
        ("Mon, 01 Jan 2001 00:00:00 GMT", timedelta()),
        ("soon", None),
        ("-2", None),
        ("1.5", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_a_busy_server_wants_to_be_left_alone(
    interview: Interview, status: int, shown: str, expected: timedelta | None
) -> None:
    failed = await interview.fails(answer(status, headers={"Retry-After": shown}))

    assert (f"status_{status}", expected) == (failed.name, failed.retry_after)


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        (drop, "connection_lost"),
        (write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{"), "connection_lost"),
        (write(b"SSH-2.0-OpenSSH_9.2\r\n"), "invalid_response"),
        (pour, "response_too_large"),
        (answer(200, b" " * ANSWER_LIMIT + b"{}"), "response_too_large"),
    ],
    ids=["dropped", "cut off half-way", "no HTTP", "without end", "a little too large"],
)
async def test_an_answer_that_is_none_has_the_name_that_webhooks_give_it(
    interview: Interview, manner: Manner, expected: str
) -> None:
    assert expected == (await interview.fails(manner)).name


async def test_a_bot_that_hangs_is_not_waited_for(interview: Interview) -> None:
    assert "response_timeout" == (await interview.fails(hang, within=SOON)).name


async def test_a_bot_whose_server_is_gone(interview: Interview) -> None:
    interview.receiver.close()

    assert "connection_failed" == (await interview.fails()).name


@pytest.mark.parametrize(
    "body",
    [
        b"It left yesterday.",
        b"<html>Bad gateway</html>",
        b'"It left yesterday."',
        b"null",
        b"7",
        b'{"messages": ["half',
        b"[" * 500_000,
        b'[{"custom": ' + b"[" * 500_000,
        b'{"more": ' + b'{"more": ' * 50_000,
        b'{"choices": [{"message": {"tool_calls": [{"function": {"arguments": ' + b"[" * 500_000,
    ],
    ids=lambda body: body[:30].decode(errors="replace"),
)
async def test_what_is_not_in_the_connectors_form_is_an_invalid_answer(interview: Interview, body: bytes) -> None:
    """A nesting without end, which makes parsers give up, is no exception."""
    assert INVALID_ANSWER == await interview.rejects(body)


@pytest.mark.parametrize("letter", [b"\xff", b"\xc3", b"\\ud800", b"\x00"], ids=str)
async def test_what_is_no_text_is_an_invalid_answer(interview: Interview, letter: bytes) -> None:
    body = json.dumps(SPEECHES[interview.kind]).encode()

    assert INVALID_ANSWER == await interview.rejects(body.replace(b"yesterday", letter))


@pytest.mark.parametrize("kind", SPEECHES)
async def test_the_answer_of_another_kind_of_bot_is_an_invalid_one(interview: Interview, kind: BotKind) -> None:
    """But for the webhook's: members that it does not know are left for later versions."""
    is_lenient = interview.kind is BotKind.WEBHOOK and kind is BotKind.OPENAI
    if kind is not interview.kind and not is_lenient:
        assert INVALID_ANSWER == await interview.rejects(SPEECHES[kind])


async def test_an_answer_of_just_the_size_is_taken(interview: Interview) -> None:
    body = json.dumps(SPEECHES[interview.kind]).encode()
    interview.behave(answer(200, body.rjust(ANSWER_LIMIT)))

    assert SPOKEN == await interview.ask()


@pytest.mark.parametrize("url", ["https://10.0.0.8/bot", "https://localhost/bot", "https://[::1]/bot"])
async def test_an_inner_address_is_not_called(interview: Interview, url: str) -> None:
    failed = await interview.fails(url=url)

    assert "address_refused" == failed.name
    assert "may not lead to an inner address" in failed.text


async def test_a_host_that_was_not_allowed_is_not_called(interview: Interview) -> None:
    failed = await interview.fails(allowed_hosts=("hooks.example",))

    assert ("address_refused", 0) == (failed.name, interview.receiver.connections)
