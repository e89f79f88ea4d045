"""Calls from web pages of other origins (CORS), and a path under which everything is served as well."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.api.envelopes import refusal
from tests.api.following import Follower
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator, join
from tests.servers import Reply, Server, sqlite_url

SHOP, OFFICE, STRANGER = "https://shop.example", "http://office.example:8000", "https://evil.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}

WITH_LAST = {"Access-Control-Request-Headers": "authorization,last-event-id"}


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that two origins may call, and that stands under a path."""
    flags = ("--cors-origin", SHOP, "--cors-origin", OFFICE, "--prefix", "/api/v1")
    with Server(sqlite_url(tmp_path_factory.mktemp("open") / "parley.db"), flags=flags) as running:
        yield running


@pytest.fixture
def page(open_server: Server) -> Integrator:
    """A community whose integrator is a web page."""
    return join(open_server)


def from_origin(
    page: Integrator, origin: str, method: str = "POST", path: str = CONVERSATIONS, body: Any = None, **more: str
) -> Reply:
    """What a browser sends for a page of that origin."""
    return page.server.request(method, path, body, token=page.token, headers={"Origin": origin, **more})


def preflight(page: Integrator, origin: str, path: str = CONVERSATIONS, **changes: str) -> Reply:
    """What a browser asks before it sends."""
    headers: Mapping[str, str] = {"Origin": origin, **PREFLIGHT, **changes}
    return page.server.request("OPTIONS", path, headers=headers)


def names(reply: Reply, header: str) -> set[str]:
    return {name.strip().lower() for name in (reply.headers[header] or "").split(",")}


def test_no_other_origin_may_call_unless_it_is_named(shop: Integrator) -> None:
    asked, called = preflight(shop, SHOP), from_origin(shop, SHOP, body={"author": JOHN})
    refusal(asked, 405, 1005)

    assert 200 == called.status
    assert not any(name.lower().startswith("access-control") for reply in (asked, called) for name in reply.headers)


@pytest.mark.parametrize("origin", [SHOP, OFFICE])
def test_a_named_origin_may_ask_for_what_the_api_needs(page: Integrator, origin: str) -> None:
    reply = preflight(page, origin)

    assert (200, origin) == (reply.status, reply.headers["Access-Control-Allow-Origin"])
    assert {"get", "post", "patch"} <= names(reply, "Access-Control-Allow-Methods")
    assert {"authorization", "content-type", "idempotency-key"} <= names(reply, "Access-Control-Allow-Headers")
    assert int(reply.headers["Access-Control-Max-Age"]) > 0
    assert reply.headers["Access-Control-Allow-Credentials"] is None


def test_a_named_origin_creates_a_conversation_and_may_read_the_headers(page: Integrator) -> None:
    reply = from_origin(page, SHOP, body={"author": JOHN})

    assert (200, SHOP) == (reply.status, reply.headers["Access-Control-Allow-Origin"])
    assert {"x-request-id", "idempotent-replayed", "retry-after"} <= names(reply, "Access-Control-Expose-Headers")
    assert "origin" in names(reply, "Vary")


@pytest.mark.parametrize(
    ("path", "status"), [(f"{CONVERSATIONS}/1", 404), ("/chat/nowhere", 404), (CONVERSATIONS, 422)]
)
def test_a_named_origin_may_read_refusals_too(page: Integrator, path: str, status: int) -> None:
    reply = from_origin(page, SHOP, "POST", path, {}) if status == 422 else from_origin(page, SHOP, "GET", path)

    assert (status, SHOP) == (reply.status, reply.headers["Access-Control-Allow-Origin"])


def test_a_named_origin_may_read_that_its_token_is_not_good(page: Integrator) -> None:
    page.token = "x"

    assert SHOP == from_origin(page, SHOP).headers["Access-Control-Allow-Origin"]


def test_a_named_origin_may_follow_a_conversation_and_come_back(page: Integrator) -> None:
    conversation_id = page.create()["id"]
    path = f"{CONVERSATIONS}/{conversation_id}/events"
    asked = preflight(page, SHOP, path, **{"Access-Control-Request-Method": "GET"} | WITH_LAST)
    with Follower(("127.0.0.1", page.server.port), path, page.token, origin=SHOP) as stream:
        assert (200, SHOP) == (stream.status, stream.headers["access-control-allow-origin"])

    assert (200, SHOP) == (asked.status, asked.headers["Access-Control-Allow-Origin"])
    assert "last-event-id" in names(asked, "Access-Control-Allow-Headers")


@pytest.mark.parametrize("origin", [STRANGER, "null", SHOP.upper(), f"{SHOP}.evil.example", "http://shop.example", ""])
def test_any_other_origin_is_refused(page: Integrator, origin: str) -> None:
    asked, called = preflight(page, origin), from_origin(page, origin, body={"author": JOHN})

    assert asked.status in {400, 405}
    assert [None, None] == [reply.headers["Access-Control-Allow-Origin"] for reply in (asked, called)]


@pytest.mark.parametrize("change", [{"Method": "DELETE"}, {"Headers": "x-other"}])
def test_a_named_origin_may_not_ask_for_more(page: Integrator, change: dict[str, str]) -> None:
    changes = {f"Access-Control-Request-{name}": value for name, value in change.items()}

    assert 400 == preflight(page, SHOP, **changes).status


@pytest.mark.parametrize("path", ["/token", "/version", "/schema", "/health/live", "/teammates"])
def test_only_the_chat_routes_are_open_to_other_origins(page: Integrator, path: str) -> None:
    asked, called = preflight(page, SHOP, path), from_origin(page, SHOP, "GET", path)

    assert 405 == asked.status
    assert [None, None] == [reply.headers["Access-Control-Allow-Origin"] for reply in (asked, called)]


# The prefix


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize("path", ["/version", "/health/ready", "/schema", "/schema/openapi.json"])
def test_everything_is_served_under_the_prefix_as_well(open_server: Server, prefix: str, path: str) -> None:
    assert 200 == open_server.request("GET", prefix + path).status


def test_a_conversation_is_the_same_under_the_prefix(page: Integrator) -> None:
    made = page.create()
    reply = page.server.request("GET", f"/api/v1{CONVERSATIONS}/{made['id']}", token=page.token)

    assert made == reply.data


def test_an_idempotency_key_knows_its_request_under_the_prefix(page: Integrator) -> None:
    replies = [
        page.server.request(
            "POST", f"{prefix}{CONVERSATIONS}", {"author": JOHN}, token=page.token, headers={"Idempotency-Key": "k"}
        )
        for prefix in ("", "/api/v1")
    ]

    assert replies[0].body == replies[1].body


def test_a_named_origin_may_call_under_the_prefix(page: Integrator) -> None:
    path = f"/api/v1{CONVERSATIONS}"

    assert SHOP == preflight(page, SHOP, path).headers["Access-Control-Allow-Origin"]
    assert SHOP == from_origin(page, SHOP, path=path, body={"author": JOHN}).headers["Access-Control-Allow-Origin"]


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1version", "/api/version", "/api/v1/api/v1/version"])
def test_nothing_is_served_beside_the_prefix(open_server: Server, path: str) -> None:
    refusal(open_server.request("GET", path), 404, 3002)


def test_the_page_of_the_schema_finds_its_document_under_the_prefix(open_server: Server) -> None:
    assert b'href="schema/openapi.json"' in open_server.request("GET", "/api/v1/schema").body
    assert 200 == open_server.request("GET", urljoin("/api/v1/schema", "schema/openapi.json")).status
