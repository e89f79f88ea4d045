"""Senders, addresses that mail can be sent to, the URL of the server that takes it, and when a mail is tried."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from parley.core.mail import (
    SCHEDULE,
    SEEN_WITHIN,
    TRIED_FOR,
    MailReason,
    MailState,
    Relay,
    after_begin,
    after_failure,
    doomed,
    mailable,
    read_relay,
    read_sender,
)
from tests.builders import MINUTE, faults_of, mail, sender
from tests.clock import START


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


@pytest.mark.parametrize(
    "value",
    ["", "Shop", "Shop <>", "Shop <a@b", "Shop <a@b>\nBcc: <c@d>", "a@b <c>", "<a b@c>", f"{'S' * 201} <a@b.c>"],
)
def test_what_is_no_sender_is_refused(value: str) -> None:
    assert faults_of(lambda problems: read_sender(value, "--sender", problems))


@pytest.mark.parametrize(
    "address", [None, "", "a", "@b", "a@", "a b@c", "a<b@c", '"a"@b', "a@b_c", "ä@b", "a..b@c", f"a@{'ä' * 64}.example"]
)
def test_what_no_mail_can_be_sent_to(address: str | None) -> None:
    assert mailable(address) is None


def test_the_last_try_comes_before_a_mail_is_given_up() -> None:
    assert timedelta(hours=70) < sum(SCHEDULE, timedelta()) < TRIED_FOR


def test_a_sender_is_shown_as_people_write_it() -> None:
    assert ["Shop <help@shop.example>", "help@shop.example"] == [sender(name=name).shown for name in ("Shop", None)]
    assert "shop.example" == sender().domain


@pytest.mark.parametrize(
    ("relay", "must"),
    [
        (Relay(host="mail.example", port=25, is_encrypted=False), False),
        (Relay(host="mail.example", port=25, is_encrypted=False, user="u", password="p"), True),
        (Relay(host="127.0.0.1", port=25, is_encrypted=False, user="u", password="p"), False),
    ],
)
def test_a_password_is_never_told_in_the_clear_to_another_machine(relay: Relay, must: bool) -> None:  # noqa: FBT001
    assert must == relay.must_encrypt


def test_a_mail_is_tried_as_often_as_there_are_times_and_once_more_then_given_up() -> None:
    at, tried = START, mail(due_at=START)
    for wait in SCHEDULE:
        tried = after_failure(after_begin(tried, now=at), "refused", now=at)
        assert (at + wait, True, True) == (tried.due_at, tried.is_seen, tried.is_waiting)
        at += wait
    over = after_failure(after_begin(tried, now=at), "refused", now=at)

    assert (len(SCHEDULE) + 1, "refused") == (over.tries, over.failure)
    assert (MailState.FAILED, MailReason.GAVE_UP, None, at) == (over.state, over.reason, over.due_at, over.ended_at)


@pytest.mark.parametrize(
    ("changes", "now", "reason"),
    [
        ({}, START, None),
        ({}, START + SEEN_WITHIN + MINUTE, MailReason.OFF),
        ({"is_seen": True}, START + SEEN_WITHIN + MINUTE, None),
        ({"is_seen": True}, START + TRIED_FOR + MINUTE, MailReason.GAVE_UP),
        ({"since_seq": 7}, START, MailReason.OFF),
    ],
    ids=["new", "never seen in time", "seen", "too old", "owed by a former sender"],
)
def test_what_may_not_be_tried_any_more_has_its_reason(
    changes: dict[str, Any], now: datetime, reason: MailReason | None
) -> None:
    since = {"since_seq": sender().since_seq}
    owed = mail(**{"created_at": START, **since, **changes})

    assert reason is doomed(owed, sender(), now=now)
    assert MailReason.OFF is doomed(owed, None, now=now)


def test_a_label_that_no_domain_can_have_is_refused() -> None:
    assert mailable(f"a@{'ä' * 64}.example") is None


def test_a_sender_with_too_long_a_name_is_refused() -> None:
    ((path, text),) = faults_of(lambda problems: read_sender(f"{'S' * 201} <a@b.example>", "--sender", problems))

    assert ("--sender", "may have a name of at most 200 characters, but it has 201") == (path, text)
