"""Senders, addresses that mail can be sent to, and the URL of the server that takes it."""

from datetime import timedelta

import pytest

from parley.core.mail import SCHEDULE, TRIED_FOR, Relay, mailable, read_relay, read_sender
from tests.builders import faults_of


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example", Relay(host="mail.example", port=587, is_encrypted=False)),
        ("smtps://mail.example/", Relay(host="mail.example", port=465, is_encrypted=True)),
        (
            "smtp://me%40x:p%3Ass@mail.example:2525",
            Relay(host="mail.example", port=2525, is_encrypted=False, user="me@x", password="p:ss"),
        ),
        ("smtp://[::1]:25", Relay(host="::1", port=25, is_encrypted=False)),
    ],
)
def test_a_url_names_the_server(url: str, relay: Relay) -> None:
    assert relay == read_relay(url)


@pytest.mark.parametrize(
    "url",
    [
        *("mail.example", "http://s3cret@mail.example", "smtp://", "smtp://u:s3cret@h:0", "smtp://u:s3cret@h:x"),
        *("smtp://s3cret@h", "smtp://u:s3cret@h/path", "smtp://h?x=s3cret", "smtp://u:s3 cret@h", "smtp://[s3cret"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w+") as refused:
        read_relay(url)

    assert "s3" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("Shop <help@shop.example>", ("help@shop.example", "Shop")),
        ('"Shop, Inc." <help@shop.example>', ("help@shop.example", "Shop, Inc.")),
        ("help@shop.example", ("help@shop.example", None)),
        (" <help@bücher.example> ", ("help@xn--bcher-kva.example", None)),
    ],
)
def test_a_sender_is_a_name_and_an_address(value: str, sender: tuple[str, str | None]) -> None:
    assert [] == faults_of(lambda problems: read_sender(value, "--sender", problems))
    assert sender == read_sender(value, "--sender", None)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "Shop", "Shop <>", "Shop <a@b", "Shop <a@b>\nBcc: <c@d>", "a@b <c>", "<a b@c>"])
def test_what_is_no_sender_is_refused(value: str) -> None:
    assert faults_of(lambda problems: read_sender(value, "--sender", problems))


@pytest.mark.parametrize("address", [None, "", "a", "@b", "a@", "a b@c", "a<b@c", '"a"@b', "a@b_c", "ä@b", "a..b@c"])
def test_what_no_mail_can_be_sent_to(address: str | None) -> None:
    assert mailable(address) is None


def test_the_last_try_comes_before_a_mail_is_given_up() -> None:
    assert timedelta(hours=70) < sum(SCHEDULE, timedelta()) < TRIED_FOR
