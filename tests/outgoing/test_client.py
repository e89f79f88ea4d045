"""One request, against receivers that behave well or in every bad way."""

import asyncio
import datetime as dt
import gzip
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from parley.outgoing.client import CallError, Failure, Outgoing, Reply
from tests.receivers import Manner, Receiver, Request, answer, drop, hang, pour, write

SOON = timedelta(seconds=0.4)
LONG = timedelta(seconds=20)


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    """As the server has it."""
    outgoing = Outgoing()
    yield outgoing
    await outgoing.aclose()


async def post(outgoing: Outgoing, url: str, **more: Any) -> Reply:
    """A request to a host that is allowed."""
    told: dict[str, Any] = {"headers": {"x-mine": "1"}, "body": b"{}", "allowed_hosts": ("127.0.0.1",)}
    return await outgoing.call("POST", url, **{**told, "within": LONG, "keep": 100, **more})


async def failure(outgoing: Outgoing, url: str, **more: Any) -> Failure:
    """What a request comes to nothing with."""
    with pytest.raises(CallError) as caught:
        await post(outgoing, url, **more)
    return caught.value.name


async def met(outgoing: Outgoing, manner: Manner, **more: Any) -> Reply:
    """A request to a receiver that behaves like this."""
    with Receiver(lambda _: manner) as receiver:
        return await post(outgoing, receiver.url, **more)


async def missed(outgoing: Outgoing, manner: Manner, **more: Any) -> Failure:
    """What a request to such a receiver comes to nothing with."""
    with Receiver(lambda _: manner) as receiver:
        return await failure(outgoing, receiver.url, **more)


async def test_a_request_arrives_as_it_was_made(outgoing: Outgoing) -> None:
    with Receiver(lambda _: answer(201, b"made", {"X-Theirs": "2"})) as receiver:
        reply = await post(outgoing, f"{receiver.url}/a%20b?c=d")

    (request,) = receiver.requests
    assert ("POST", "/a%20b?c=d", b"{}") == (request.method, request.target, request.body)
    assert "1" == request.headers["x-mine"]
    assert {"cookie", "accept-encoding"}.isdisjoint(request.headers)
    assert (201, b"made", True, "2") == (reply.status, reply.body, reply.is_whole, reply.headers["x-theirs"])


async def test_a_connection_is_used_again_and_no_cookie_kept(outgoing: Outgoing) -> None:
    with Receiver(lambda _: answer(200, b"ok", {"Set-Cookie": "a=b"})) as receiver:
        for _ in range(5):
            await post(outgoing, receiver.url)

    assert 1 == receiver.connections
    assert all("cookie" not in request.headers for request in receiver.requests)


async def test_a_redirect_is_not_followed(outgoing: Outgoing) -> None:
    with Receiver() as other:
        reply = await met(outgoing, answer(302, headers={"Location": other.url}))

    assert 302 == reply.status
    assert [] == other.requests


@pytest.mark.parametrize("status", [204, 400, 404, 410, 429, 500, 503])
async def test_every_status_is_an_answer(outgoing: Outgoing, status: int) -> None:
    reply = await met(outgoing, answer(status, headers={"Retry-After": "7"}))

    assert (status, "7") == (reply.status, reply.headers["retry-after"])


async def test_of_a_body_without_end_the_beginning_is_kept(outgoing: Outgoing) -> None:
    reply = await met(outgoing, pour)

    assert (b"x" * 100, False) == (reply.body, reply.is_whole)


async def test_a_larger_body_is_refused_where_that_is_asked(outgoing: Outgoing) -> None:
    assert Failure.RESPONSE_TOO_LARGE == await missed(outgoing, pour, refuses_larger=True)


async def test_a_body_of_just_the_size_is_whole(outgoing: Outgoing) -> None:
    reply = await met(outgoing, answer(200, b"x" * 100), refuses_larger=True)

    assert (100, True) == (len(reply.body), reply.is_whole)


async def test_a_packed_body_stays_packed(outgoing: Outgoing) -> None:
    """A few bytes cannot become many."""
    packed = gzip.compress(b"x" * 10_000_000)
    reply = await met(outgoing, answer(200, packed, {"Content-Encoding": "gzip"}))

    assert packed[:100] == reply.body


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        (drop, Failure.CONNECTION_LOST),
        (write(b"HTTP/1.1 200 OK\r\nconte"), Failure.CONNECTION_LOST),
        (write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"), Failure.CONNECTION_LOST),
        (write(b"SSH-2.0-OpenSSH_9.2\r\n"), Failure.INVALID_RESPONSE),
        (write(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000 + b"\r\n\r\n"), Failure.INVALID_RESPONSE),
    ],
    ids=["before the head", "in the head", "in the body", "no HTTP", "a head too large"],
)
async def test_an_answer_that_is_none_has_a_name(outgoing: Outgoing, manner: Manner, expected: Failure) -> None:
    assert expected == await missed(outgoing, manner)


@pytest.mark.parametrize(
    "manner", [hang, answer(200, b"")], ids=["nothing at all", "a body that does not come to its end"]
)
async def test_whoever_does_not_answer_is_not_waited_for(outgoing: Outgoing, manner: Manner) -> None:
    async def half(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        return await hang(request, writer)

    assert Failure.RESPONSE_TIMEOUT == await missed(outgoing, hang if manner is hang else half, within=SOON)


async def test_nobody_listens(outgoing: Outgoing) -> None:
    with Receiver() as receiver:
        url = receiver.url

    assert Failure.CONNECTION_FAILED == await failure(outgoing, url)


async def test_a_listener_that_takes_no_connection(outgoing: Outgoing) -> None:
    """Its line is full: connecting comes to no end."""
    with ExitStack() as sockets:
        full = sockets.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            waiting = sockets.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(full.getsockname())
        port = full.getsockname()[1]

        assert Failure.CONNECTION_TIMEOUT == await failure(outgoing, f"http://127.0.0.1:{port}/", within=SOON)


# Names, and what they mean


class Names(AbstractResolver):
    """Answers what it is told, one answer after the other, the last one again and again."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next answer; none is a name that is not known."""
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not addresses:
            raise OSError
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def refused_by_name(*answers: tuple[str, ...], times: int = 1) -> list[Failure]:
    """What requests to a name come to nothing with that means a receiver's address; nobody may have connected."""
    outgoing = Outgoing(resolver=Names(*answers))
    with Receiver() as receiver:
        url = f"https://hooks.example:{receiver.port}/"
        failures = [await failure(outgoing, url, allowed_hosts=(), within=SOON) for _ in range(times)]
        await outgoing.aclose()
        assert 0 == receiver.connections
    return failures


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("fe80::1%1",),
        ("127.0.0.1", "10.0.0.1", "::1"),
    ],
    ids=str,
)
async def test_a_name_that_means_an_inner_address_is_refused(addresses: tuple[str, ...]) -> None:
    assert [Failure.ADDRESS_REFUSED] == await refused_by_name(addresses)


async def test_a_name_that_changes_its_meaning_is_refused_at_the_socket() -> None:
    """First it means nobody's address, then an inner one: what counts is where the socket would go."""
    failures = await refused_by_name((), ("127.0.0.1",), times=2)

    assert [Failure.DNS_LOOKUP_FAILED, Failure.ADDRESS_REFUSED] == failures


async def test_an_exception_for_one_is_none_for_another(outgoing: Outgoing) -> None:
    """A connection that was opened for an endpoint whose host is allowed is not used by one whose host is not."""
    with Receiver() as receiver:
        await post(outgoing, receiver.url)
        refused = await failure(outgoing, receiver.url, allowed_hosts=())

    assert Failure.ADDRESS_REFUSED == refused
    assert 1 == len(receiver.requests)


async def test_a_name_that_is_not_known() -> None:
    assert [Failure.DNS_LOOKUP_FAILED] == await refused_by_name(())


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Whom we trust."""
    return trustme.CA()


def serving(authority: trustme.CA, *names: str, **more: Any) -> ssl.SSLContext:
    """What a receiver shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


@pytest.fixture
async def trusting(authority: trustme.CA) -> AsyncIterator[Outgoing]:
    """One who trusts that authority alone."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    outgoing = Outgoing(tls=context)
    yield outgoing
    await outgoing.aclose()


async def test_a_good_certificate(trusting: Outgoing, authority: trustme.CA) -> None:
    with Receiver(tls=serving(authority, "127.0.0.1")) as receiver:
        assert 200 == (await post(trusting, receiver.url)).status


@pytest.mark.parametrize("kind", ["another's", "of nobody we trust", "expired"])
async def test_a_bad_certificate_is_refused_for_an_allowed_host_too(
    trusting: Outgoing, authority: trustme.CA, kind: str
) -> None:
    over = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    shown = {
        "another's": lambda: serving(authority, "hooks.example"),
        "of nobody we trust": lambda: serving(trustme.CA(), "127.0.0.1"),
        "expired": lambda: serving(authority, "127.0.0.1", not_before=over - LONG, not_after=over),
    }
    with Receiver(tls=shown[kind]()) as receiver:
        assert Failure.FAILED_TLS == await failure(trusting, receiver.url)
    assert [] == receiver.requests


async def test_a_receiver_that_speaks_no_tls(outgoing: Outgoing) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Plain HTTP is spoken here\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert Failure.FAILED_TLS == await failure(outgoing, f"https://127.0.0.1:{port}/")


def test_every_failure_is_told_in_a_sentence() -> None:
    assert all(CallError(name).text.endswith(".") for name in Failure)
