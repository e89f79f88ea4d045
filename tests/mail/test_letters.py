"""A letter as it goes out: nobody can add a header, nothing in it is markup, its lines are kept."""

import email
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.mail import Mail, Sender
from parley.mail.letters import letter
from tests.builders import SHOP, client, community, conversation, message, teammate
from tests.clock import START

HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"]
HEADERS += ["MIME-Version", "Content-Type"]
SENDER = Sender(community_id=SHOP, address="help@shop.example", name="Shop", since_seq=1, set_at=START)
MAIL = Mail(
    message_id=5,
    community_id=SHOP,
    conversation_id=1,
    domain="shop.example",
    since_seq=1,
    created_at=START,
    due_at=START,
)


def read(**changes: Any) -> EmailMessage:
    """The letter as a mail program reads it."""
    filled = {
        "sender": SENDER,
        "community": community(),
        "conversation": conversation(title="Order 7"),
        "message": message(id=5, text="Hi"),
        "author": teammate(),
        "to": "alice@example.org",
        "client": client(),
    }
    written = letter(MAIL, **cast("Any", {**filled, **changes}))
    return email.message_from_bytes(written, policy=default)


def part(made: EmailMessage, kind: str) -> str:
    body = made.get_body((kind,))
    assert body is not None
    return cast("str", body.get_content()).replace("\r\n", "\n")


def test_it_says_who_wrote_and_for_whom() -> None:
    assert "Hi\n\n-- \nCharlie\nShop\n" == part(read(), "plain")


def test_without_a_title_the_subject_is_in_words() -> None:
    assert "Re: Your conversation with Shop" == read(conversation=conversation())["Subject"]
    assert "RE: Order 7" == read(conversation=conversation(title="RE: Order 7"))["Subject"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_no_name_or_title_adds_a_header(ends: str) -> None:
    evil = f"Hi{ends}Bcc: eve@evil.example{ends}{ends}Body"
    made = read(
        conversation=conversation(title=evil),
        client=client(name=evil),
        author=teammate(name=evil),
        community=community(name=evil),
        sender=Sender(community_id=SHOP, address="help@shop.example", name=evil, since_seq=1, set_at=START),
    )

    assert HEADERS == made.keys()
    assert "alice@example.org" == made["To"].addresses[0].addr_spec


@given(title=st.text(max_size=500).filter(lambda text: text.isprintable()), name=st.text(max_size=200))
def test_whatever_a_name_and_a_title_hold_the_headers_are_ours(title: str, name: str) -> None:
    made = read(conversation=conversation(title=title), client=client(name=name.encode("utf-8", "ignore").decode()))

    assert HEADERS == made.keys()
    assert ["alice@example.org"] == [each.addr_spec for each in made["To"].addresses]


def test_markup_is_escaped_and_lines_are_kept() -> None:
    made = read(message=message(id=5, text="<script>alert('x')</script>\r\nTwo & three"))

    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;<br>\nTwo &amp; three" in part(made, "html")
    assert "<script>alert('x')</script>\nTwo & three\n" in part(made, "plain")


def test_all_letters_of_the_world_arrive_and_long_lines_too() -> None:
    text = "Füße 🙂 " + "x" * 5_000
    assert text in part(read(message=message(id=5, text=text)), "plain")


def test_it_is_the_same_for_each_try() -> None:
    assert read().as_bytes() == read().as_bytes()
