"""Handing letters over: encrypted where it has to be, with a password, and what is told when it does not work."""

import ssl

import pytest
import trustme
from msgspec.structs import replace

from parley.core.mail import Relay
from parley.mail.post import AwayError, NotTakenError, Post
from tests.mail.receiving import PASSWORD, USER, MailServer, lets_in, receiving

LETTER = b"From: help@shop.example\r\nTo: alice@example.org\r\nSubject: Hi\r\n\r\nHi\r\n.\r\n"


async def hand_over(relay: Relay, tls: ssl.SSLContext | None = None) -> None:
    post = Post(relay, tls=tls)
    try:
        async with post.line() as line:
            await line.hand_over(LETTER, sender="help@shop.example", to="alice@example.org")
    finally:
        await post.rest()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for the mail server."""
    return trustme.CA()


@pytest.fixture
def servers(authority: trustme.CA) -> ssl.SSLContext:
    """What the mail server shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def ours(authority: trustme.CA) -> ssl.SSLContext:
    """Whom we trust."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
async def closed_port() -> int:
    """Where nobody listens."""
    server = MailServer()
    async with receiving(server):
        pass
    return server.port


async def test_starttls_is_used_where_it_is_offered(servers: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    server = MailServer()
    async with receiving(server, tls_context=servers):
        await hand_over(server.relay, ours)

    assert [True] == server.encrypted


async def test_a_server_that_offers_none_is_spoken_to_in_the_clear_without_a_password() -> None:
    server = MailServer()
    async with receiving(server):
        await hand_over(server.relay)

    assert [False] == server.encrypted


async def test_smtps_is_encrypted_from_the_first_byte_on(servers: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    server = MailServer()
    async with receiving(server, tls=servers):
        await hand_over(replace(server.relay, is_encrypted=True), ours)

    assert 1 == len(server.letters)


async def test_a_certificate_that_nobody_vouches_for_is_refused(servers: ssl.SSLContext) -> None:
    server = MailServer()
    async with receiving(server, tls_context=servers):
        with pytest.raises(AwayError):
            await hand_over(server.relay)

    assert [] == server.letters


async def test_the_password_is_told_after_starttls(servers: ssl.SSLContext, ours: ssl.SSLContext) -> None:
    server = MailServer()
    async with receiving(server, tls_context=servers, authenticator=lets_in, auth_required=True):
        await hand_over(replace(server.relay, user=USER, password=PASSWORD), ours)

    assert [True] == server.encrypted


async def test_a_wrong_password_is_no_letters_fault_and_is_not_repeated(
    servers: ssl.SSLContext, ours: ssl.SSLContext
) -> None:
    server = MailServer()
    async with receiving(server, tls_context=servers, authenticator=lets_in, auth_required=True):
        with pytest.raises(AwayError) as failed:
            await hand_over(replace(server.relay, user=USER, password="sesame"), ours)

    assert "auth_535" == failed.value.name
    assert "sesame" not in failed.value.text


def test_a_password_leaves_the_machine_only_encrypted() -> None:
    far = Relay(host="mail.example", port=587, is_encrypted=False, user=USER, password=PASSWORD)

    assert far.must_encrypt
    assert not replace(far, host="127.0.0.1").must_encrypt
    assert not replace(far, user=None, password=None).must_encrypt


async def test_a_server_that_is_not_there_is_away(closed_port: int) -> None:
    with pytest.raises(AwayError) as failed:
        await hand_over(Relay(host="localhost", port=closed_port, is_encrypted=False))

    assert "connection_failed" == failed.value.name


@pytest.mark.parametrize(("answer", "is_for_good"), [("450 Later", False), ("550 No", True), ("421 Bye", False)])
async def test_what_is_not_taken_is_told_by_its_code_alone(answer: str, *, is_for_good: bool) -> None:
    server = MailServer()
    server.answers = lambda _: f"{answer} alice@example.org"
    async with receiving(server):
        with pytest.raises(NotTakenError) as failed:
            await hand_over(server.relay)

    assert (f"smtp_{answer[:3]}", is_for_good) == (failed.value.name, failed.value.is_for_good)
    assert "alice" not in failed.value.text
