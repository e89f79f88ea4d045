"""Entity tags: whoever has an answer already is told so, and whatever changes it is a new tag."""

import re
from collections.abc import Callable

import pytest

from parley.actions.catalogue import AddCategory
from parley.api.routes import Route
from parley.core.people import Presence
from tests.api.askings import GUARDED, WRITING, named
from tests.api.askings import ask as send
from tests.api.chats import Chat, begin, hire
from tests.api.integrators import CONVERSATIONS, Integrator
from tests.servers import Reply

READING = tuple(route for route in GUARDED if route.method == "GET")
TAG = re.compile(r'"[0-9a-f]{24}"')


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A conversation with a message, that waits."""
    return begin(shop, message="Hello")


def tag(chat: Chat, what: str = "") -> str:
    """The tag of an answer about it."""
    return str(chat.ask("GET", what).headers["ETag"])


def asked_again(chat: Chat, known: str, what: str = "") -> Reply:
    """The answer for one who knows some tags."""
    return chat.ask("GET", what, headers={"If-None-Match": known})


@pytest.mark.parametrize("route", READING, ids=named)
def test_every_read_carries_a_tag_and_is_to_be_asked_for_again(chat: Chat, route: Route) -> None:
    reply = send(chat.shop, route, chat.id)

    assert TAG.fullmatch(reply.headers["ETag"])
    assert "private, no-cache" == reply.headers["Cache-Control"]


@pytest.mark.parametrize("route", READING, ids=named)
def test_whoever_has_it_already_gets_nothing_but_the_tag(chat: Chat, route: Route) -> None:
    first = send(chat.shop, route, chat.id)
    again = send(chat.shop, route, chat.id, **{"If-None-Match": first.headers["ETag"]})

    assert (304, b"") == (again.status, again.body)
    assert first.headers["ETag"] == again.headers["ETag"]
    assert "private, no-cache" == again.headers["Cache-Control"]
    assert (None, None) == (again.headers["Content-Type"], again.headers["Content-Length"])
    assert again.headers["X-Request-Id"]


@pytest.mark.parametrize("known", ["{}", "W/{}", '"a", {}', '{},"b"', '"a", W/{} , "b"', "*"])
def test_a_tag_is_known_weakly_among_others_or_as_any(chat: Chat, known: str) -> None:
    """RFC 9110 §13.1.2: If-None-Match compares weakly."""
    assert 304 == asked_again(chat, known.format(tag(chat))).status


@pytest.mark.parametrize("known", ['"0123456789abcdef01234567"', '""', "", "x", '"*"'])
def test_another_tag_is_not_it(chat: Chat, known: str) -> None:
    reply = asked_again(chat, known)

    assert 200 == reply.status
    assert chat.id == reply.data["id"]


def test_a_tag_without_its_quotes_is_not_it(chat: Chat) -> None:
    assert 200 == asked_again(chat, tag(chat).strip('"')).status


CHANGES: dict[str, Callable[[Chat], object]] = {
    "a message": lambda chat: chat.say("Hello"),
    "history": lambda chat: chat.bring("Hello"),
    "the bot": Chat.to_bot,
    "feedback": lambda chat: chat.rate({"isPositive": True}),
    "the page": lambda chat: chat.move({"url": "https://shop.example"}),
    "the end": Chat.close,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_a_conversation_is_a_new_tag(chat: Chat, change: Callable[[Chat], object]) -> None:
    before = tag(chat)
    change(chat)

    assert 200 == asked_again(chat, before).status
    assert before != tag(chat)


@pytest.mark.parametrize("what", ["", "/queue", "/queue/estimate"])
def test_a_place_that_moved_is_a_new_tag(shop: Integrator, what: str) -> None:
    """Nothing else of the conversation changed, not even its time."""
    ahead, chat = begin(shop), begin(shop)
    before, time = tag(chat, what), chat.get()["lastModifiedTime"]
    ahead.close()

    assert 200 == asked_again(chat, before, what).status
    assert time == chat.get()["lastModifiedTime"]


def test_a_wait_that_changed_is_a_new_tag(shop: Integrator) -> None:
    charlie = hire(shop)
    for _ in range(5):
        done = begin(shop)
        done.to(charlie.id)
        done.close()
    chat = begin(shop)
    before = tag(chat, "/queue")
    charlie.be(Presence.ONLINE)

    assert 200 == asked_again(chat, before, "/queue").status


def test_what_does_not_change_the_answer_is_no_new_tag(chat: Chat, shop: Integrator) -> None:
    before = [tag(chat, what) for what in ("/queue", "/takeover", "/messages")]
    begin(shop).close()
    chat.rate({"isPositive": True})

    assert before == [tag(chat, what) for what in ("/queue", "/takeover", "/messages")]


def test_equal_answers_have_equal_tags(chat: Chat) -> None:
    assert tag(chat, "/messages") == tag(chat, "/messages?take=100&skip=0") == tag(chat, "/messages?after=0")
    assert tag(chat, "/messages") != tag(chat)


def test_a_list_gets_a_new_tag_with_what_is_added(shop: Integrator) -> None:
    def known() -> list[str]:
        paths = ("/categories", "/teammates", CONVERSATIONS)
        return [shop.server.request("GET", path, token=shop.token).headers["ETag"] for path in paths]

    before = known()
    shop.do(AddCategory(community_id=shop.tenant.id, name="Orders", by="operator"))
    hire(shop)
    begin(shop)

    assert not set(before) & set(known())


def test_a_request_for_the_head_alone_gets_the_tag_too(chat: Chat) -> None:
    path = f"{CONVERSATIONS}/{chat.id}"
    reply = chat.shop.server.request("HEAD", path, token=chat.shop.token)

    assert (200, tag(chat)) == (reply.status, reply.headers["ETag"])
    assert 304 == chat.ask("HEAD", headers={"If-None-Match": tag(chat)}).status


@pytest.mark.parametrize("route", WRITING, ids=named)
def test_an_answer_to_a_change_carries_no_tag(chat: Chat, route: Route) -> None:
    reply = send(chat.shop, route, chat.id, **{"If-None-Match": "*"})

    assert (200, None) == (reply.status, reply.headers["ETag"])


@pytest.mark.parametrize("path", [f"{CONVERSATIONS}/{2**53 - 1}", f"{CONVERSATIONS}?take=0", "/nowhere"])
def test_a_refusal_carries_no_tag(shop: Integrator, path: str) -> None:
    reply = shop.server.request("GET", path, token=shop.token, headers={"If-None-Match": "*"})

    assert reply.status in {404, 422}
    assert reply.headers["ETag"] is None
