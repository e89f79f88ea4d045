"""Refusals as problem details (RFC 9457) for those who ask for them, with nothing lost and nothing added."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.chats import Chat, begin
from tests.api.envelopes import refusal
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply

PROBLEM = "application/problem+json"
MEMBERS = ["type", "title", "status", "detail", "instance", "errorCode", "requestId", "errors"]
Ask = Callable[[Chat, dict[str, str]], Reply]


def call(method: str, path: str, body: Any = None, *, is_signed_in: bool = True, **more: str) -> Ask:
    """A request about a closed conversation."""

    def ask(chat: Chat, headers: dict[str, str]) -> Reply:
        token = chat.shop.token if is_signed_in else None
        headers = {**headers, **{name.replace("_", "-"): value for name, value in more.items()}}
        return chat.shop.server.request(method, path.format(chat.id), body, token=token, headers=headers)

    return ask


# A request for each kind of refusal: its status, its code and its title.
REFUSED: dict[str, tuple[Ask, int, int, str]] = {
    "malformed": (call("POST", CONVERSATIONS, b"{"), 400, 1003, "Malformed"),
    "invalid": (call("POST", CONVERSATIONS, {"author": {}, "url": "x"}), 422, 1001, "Invalid"),
    "invalid query": (call("GET", CONVERSATIONS + "/{}/messages?take=0"), 422, 1001, "Invalid"),
    "too large": (call("POST", CONVERSATIONS, b" " * 1_048_577), 413, 1004, "Too large"),
    "method": (call("DELETE", CONVERSATIONS), 405, 1005, "Method"),
    "media type": (call("POST", CONVERSATIONS, b"a=b", Content_Type="text/plain"), 415, 1006, "Media type"),
    "unauthorized": (call("GET", CONVERSATIONS, is_signed_in=False), 401, 2001, "Unauthorized"),
    "expired": (call("GET", CONVERSATIONS, is_signed_in=False, Authorization="Bearer x"), 401, 2002, "Expired"),
    "not found": (call("GET", f"{CONVERSATIONS}/{2**53 - 1}"), 404, 3001, "Not found"),
    "no route": (call("GET", "/nowhere"), 404, 3002, "No route"),
    "conflict": (call("PATCH", CONVERSATIONS + "/{}/latestUrl", {"url": "https://h"}), 409, 4001, "Conflict"),
}


@pytest.fixture
def chat(shop: Integrator) -> Chat:
    """A closed conversation."""
    chat = begin(shop)
    chat.close()
    return chat


@pytest.mark.parametrize(("ask", "status", "code", "title"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_has_the_members_of_the_standard_and_ours(
    chat: Chat, ask: Ask, status: int, code: int, title: str
) -> None:
    reply = ask(chat, {"Accept": PROBLEM})
    body = reply.json()

    assert (status, PROBLEM) == (reply.status, reply.headers["Content-Type"])
    assert MEMBERS == list(body)
    assert (f"urn:parley:error:{code}", title, status, code) == tuple(
        body[name] for name in ("type", "title", "status", "errorCode")
    )
    assert reply.headers["X-Request-Id"] == body["requestId"]
    assert f"urn:parley:request:{body['requestId']}" == body["instance"]


@pytest.mark.parametrize(("ask", "status", "code", "title"), REFUSED.values(), ids=REFUSED)
def test_it_says_what_the_envelope_says(chat: Chat, ask: Ask, status: int, code: int, title: str) -> None:
    plain = refusal(ask(chat, {}), status, code)
    body = ask(chat, {"Accept": PROBLEM}).json()

    assert (plain["errorText"], plain.get("errorDetails", [])) == (body["detail"], body["errors"])


@pytest.mark.parametrize(("ask", "status", "code", "title"), REFUSED.values(), ids=REFUSED)
def test_the_other_headers_are_the_same(chat: Chat, ask: Ask, status: int, code: int, title: str) -> None:
    own = {"content-type", "content-length", "x-request-id", "date"}
    plain, problem = (
        {name: value for name, value in ask(chat, headers).headers.items() if name not in own}
        for headers in ({}, {"Accept": PROBLEM})
    )

    assert plain == problem


def test_a_refusal_without_faults_of_members_has_an_empty_list(chat: Chat) -> None:
    assert [] == chat.ask("GET", "/nowhere", headers={"Accept": PROBLEM}).json()["errors"]


def test_every_fault_of_a_member_is_listed(chat: Chat) -> None:
    reply = chat.shop.post({"author": {"email": "x"}, "url": "y"}, {"Accept": PROBLEM})

    assert ["author.email", "url"] == [error["path"] for error in reply.json()["errors"]]


@pytest.mark.parametrize(
    "accept", [PROBLEM.upper(), f"application/json, {PROBLEM}", f"{PROBLEM};q=0.9, text/html", f"text/html,{PROBLEM}"]
)
def test_it_may_be_asked_for_in_any_case_and_among_others(chat: Chat, accept: str) -> None:
    reply = chat.shop.server.request("GET", "/nowhere", headers={"Accept": accept})

    assert PROBLEM == reply.headers["Content-Type"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "text/html", ""])
def test_whoever_does_not_ask_for_it_gets_the_envelope(chat: Chat, accept: str) -> None:
    reply = chat.shop.server.request("GET", "/nowhere", headers={"Accept": accept})

    refusal(reply, 404, 3002)


def test_a_success_is_the_envelope_whatever_is_asked_for(chat: Chat) -> None:
    reply = chat.shop.post({"author": JOHN}, {"Accept": PROBLEM})

    assert "application/json" == reply.headers["Content-Type"]
    assert reply.data["id"] > 0


def test_a_refused_token_is_answered_as_oauth_has_it(chat: Chat) -> None:
    """RFC 6749 §5.2 knows only its own form."""
    form = {"Accept": PROBLEM, "Content-Type": "application/x-www-form-urlencoded"}
    reply = chat.shop.server.request("POST", "/token", b"grant_type=password", headers=form)

    assert ("application/json", "unsupported_grant_type") == (reply.headers["Content-Type"], reply.json()["error"])
