"""The webhooks' administration over HTTP: who may, what is asked of a receiver, what is shown, what is sent again."""

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any

import msgspec
import pytest

from parley import wiring
from parley.actions.endpoints import AddEndpoint
from parley.actions.tokens import AddToken
from parley.api.app import Asgi, build
from parley.api.doorkeeper import hash_of
from parley.api.routes import Route
from parley.api.webhook_routes import WEBHOOK_ROUTES
from parley.core.access import Scope
from parley.core.webhooks import ENDPOINTS_LIMIT, EVENT_TYPES
from parley.outgoing.client import CallError, Failure
from parley.outgoing.client import Reply as Came
from tests.api.askings import named
from tests.api.envelopes import TIME, paths, refusal, without_request_id
from tests.api.inside import House
from tests.api.inside import ask as ask_inside
from tests.api.integrators import Integrator
from tests.receivers import Receiver, answer
from tests.servers import Reply

URL = "https://hooks.shop.example/parley"
GOOD: Any = {"url": URL, "verifyToken": "sesame"}
OF_ONE = [route for route in WEBHOOK_ROUTES if "{id}" in route.path]
BODIES: dict[str, Any] = {"addWebhook": GOOD, "changeWebhook": {"events": []}, "replay": {"since": 1}}
UNKNOWN = 2**53 - 1
MEMBERS = ["id", "url", "events", "status", "reason", "statusTime", "allowedHosts", "creationTime", "waitingEvents"]
MEMBERS += ["failures", "failingSince", "restsUntil", "lastDeliveryTime", "formerSecretUntil"]


class Caller:
    """A receiver that is asked the challenge, on a public host; stands where `Outgoing` stands."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        self.answer: str | None = None  # instead of the challenge
        self.failure: Failure | None = None

    async def call(self, method: str, url: str, **_: Any) -> Came:
        """Answer the challenge, or as it was told."""
        self.asked.append(f"{method} {url}")
        if self.failure is not None:
            raise CallError(self.failure)
        digits = url.partition("challenge=")[2].partition("&")[0]
        body = digits if self.answer is None else self.answer
        return Came(status=self.status, headers={}, body=body.encode(), is_whole=True)


class Office:
    """The administration in this process, with a caller of its own."""

    def __init__(self, house: House, caller: Caller, app: Asgi, token: str) -> None:
        self.house = house
        self.caller = caller
        self._app = app
        self._token = token

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send a request."""
        sent = {"Authorization": f"Bearer {self._token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await ask_inside(
            self._app, method, path, b"" if body is None else json.dumps(body).encode(), headers=sent
        )

    async def add(self, **members: Any) -> Any:
        """A new webhook."""
        return (await self.ask("POST", "/webhooks", {**GOOD, **members})).data


@pytest.fixture
async def office(house: House) -> Office:
    """The administration of the Shop's webhooks."""
    caller = Caller()
    desk: Any = wiring.desk(house.parts, caller, public_url="https://chat.example")  # type: ignore[arg-type]
    backend = msgspec.structs.replace(house.backend, desk=desk)
    return Office(house, caller, build(backend), await house.token())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine, which the operator allowed."""
    with Receiver() as receiver:
        yield receiver


def hook(shop: Integrator, url: str = URL, **members: Any) -> int:
    """A webhook that the operator has added; its id."""
    filled: Any = {
        "community_id": shop.tenant.id,
        "url": url,
        "event_types": EVENT_TYPES,
        "allowed_hosts": ("127.0.0.1",),
        "verify_token": b"plain:sesame",
        "secret": b"plain:secret",
        "by": "operator",
    }
    (added,) = shop.do(AddEndpoint(**{**filled, **members}))
    return added.id


def call(who: Integrator, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    """Send a request."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return who.server.request(method, path, body, token=who.token, headers=sent)


def call_route(who: Integrator, route: Route, number: int = UNKNOWN) -> Reply:
    """Send the route's good request."""
    return call(who, route.method, route.path.replace("{id}", str(number)), BODIES.get(route.name))


# Who may


@pytest.mark.parametrize("route", WEBHOOK_ROUTES, ids=named)
def test_a_token_is_needed(shop: Integrator, route: Route) -> None:
    reply = shop.server.request(route.method, route.path.replace("{id}", "1"), BODIES.get(route.name))

    refusal(reply, 401, 2001)


@pytest.mark.parametrize("route", WEBHOOK_ROUTES, ids=named)
def test_a_token_for_chats_may_not(shop: Integrator, route: Route) -> None:
    secret = token_urlsafe()
    token = AddToken(
        community_id=shop.tenant.id, name="Front end", scope=Scope.CHAT, secret_hash=hash_of(secret), by="operator"
    )
    shop.do(token)
    front = replace(shop, token=shop.server.token(replace(shop.tenant, refresh_token=secret)))

    refusal(call_route(front, route), 403, 2003)


@pytest.mark.parametrize("route", OF_ONE, ids=named)
def test_anothers_is_answered_like_one_that_does_not_exist(shop: Integrator, rival: Integrator, route: Route) -> None:
    theirs = hook(shop)
    there, nowhere = (refusal(call_route(rival, route, number), 404, 3001) for number in (theirs, UNKNOWN))
    there["errorText"] = there["errorText"].replace(str(theirs), str(UNKNOWN))

    assert without_request_id(nowhere) == without_request_id(there)


def test_a_list_has_ones_own_alone(shop: Integrator, rival: Integrator) -> None:
    number = hook(shop)

    assert [number] == [item["id"] for item in call(shop, "GET", "/webhooks").data["items"]]
    assert [] == call(rival, "GET", "/webhooks").data["items"]
    assert [] == call(rival, "GET", "/webhooks/deliveries").data["items"]


def test_a_replay_of_anothers_is_unknown(shop: Integrator, rival: Integrator) -> None:
    hook(rival)
    conversation = shop.create()["id"]
    body = refusal(call(rival, "POST", "/webhooks/replay", {"conversationId": conversation}), 422, 1001)

    assert ["conversationId"] == paths(body)


# Adding


async def test_a_webhook_is_added_once_its_receiver_has_answered(office: Office) -> None:
    added = await office.add(url=f" {URL}?a=b ", events=["conversation_closed", "conversation_created"])
    (asked,) = office.caller.asked

    assert [*MEMBERS, "secret"] == list(added)
    assert (f"{URL}?a=b", "enabled", None, []) == tuple(
        added[name] for name in ("url", "status", "reason", "allowedHosts")
    )
    assert ["conversation_created", "conversation_closed"] == added["events"]
    assert 32 == len(b64decode(added["secret"].removeprefix("whsec_")))
    assert TIME.fullmatch(added["creationTime"])
    assert asked.startswith(f"GET {URL}?a=b&challenge=")
    assert asked.endswith("&verifyToken=sesame")


async def test_without_events_it_wants_all(office: Office) -> None:
    assert list(EVENT_TYPES) == (await office.add())["events"]
    assert list(EVENT_TYPES) == (await office.add(events=[]))["events"]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"status": 404}, "404 with"),
        ({"answer": "no digits"}, "200 with 'no digits' came back"),
        ({"answer": ""}, "200 with nothing came back"),
        ({"answer": "sesame"}, "200 with '…' came back"),
        ({"failure": Failure.DNS_LOOKUP_FAILED}, "dns_lookup_failed"),
    ],
)
async def test_a_receiver_that_does_not_answer_is_not_saved(office: Office, members: Any, words: str) -> None:
    vars(office.caller).update(members)
    body = refusal(await office.ask("POST", "/webhooks", GOOD), 422, 1010)

    assert words in body["errorText"]
    assert "sesame" not in body["errorText"]
    assert [] == await office.house.parts.reader.endpoints(office.house.tenant.id)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"url": "http://hooks.shop.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://user:secret@hooks.shop.example/"}, "url"),
        ({"url": "shop"}, "url"),
        ({"url": " "}, "url"),
        ({"url": 5}, "url"),
        ({"url": "https://shop.example/" + 2048 * "a"}, "url"),
        ({"verifyToken": " "}, "verifyToken"),
        ({"verifyToken": 501 * "a"}, "verifyToken"),
        ({"verifyToken": "a\nb"}, "verifyToken"),
        ({"events": ["conversation_created", "nonsense"]}, "events[1]"),
    ],
)
async def test_what_does_not_fit_is_named_and_nobody_is_asked(office: Office, members: Any, path: str) -> None:
    body = refusal(await office.ask("POST", "/webhooks", GOOD | members), 422, 1001)

    assert [path] == paths(body)
    assert [] == office.caller.asked


async def test_allowed_hosts_are_never_taken(office: Office) -> None:
    body = GOOD | {"url": "https://10.0.0.8/", "allowedHosts": ["10.0.0.8"], "allowHost": ["10.0.0.8"]}

    assert ["url"] == paths(refusal(await office.ask("POST", "/webhooks", body), 422, 1001))


async def test_there_is_an_end_to_how_many_a_community_has(office: Office) -> None:
    for _ in range(ENDPOINTS_LIMIT):
        await office.add()

    assert "50" in refusal(await office.ask("POST", "/webhooks", GOOD), 409, 4001)["errorText"]


async def test_a_repeat_with_the_same_key_asks_nobody_and_shows_the_same_secret(office: Office) -> None:
    first = await office.ask("POST", "/webhooks", GOOD, Idempotency_Key="k-1")
    office.caller.failure = Failure.CONNECTION_FAILED
    again = await office.ask("POST", "/webhooks", GOOD, Idempotency_Key="k-1")

    assert (200, first.body) == (again.status, again.body)
    assert "true" == again.headers["Idempotent-Replayed"]
    assert 1 == len(office.caller.asked)
    refusal(await office.ask("POST", "/webhooks", GOOD | {"events": []}, Idempotency_Key="k-1"), 422, 1002)


# Changing


async def test_what_is_absent_stays(office: Office) -> None:
    added = await office.add()
    changed = (await office.ask("PATCH", "/webhooks/1", {"events": ["conversation_closed"]})).data
    del added["secret"]

    assert added | {"events": ["conversation_closed"]} == changed
    assert 1 == len(office.caller.asked)


@pytest.mark.parametrize("body", [{"url": "https://other.example/"}, {"verifyToken": "other"}])
async def test_another_address_or_token_is_tried_first(office: Office, body: Any) -> None:
    await office.add()
    before = (await office.ask("GET", "/webhooks/1")).data
    office.caller.status = 500
    refusal(await office.ask("PATCH", "/webhooks/1", body), 422, 1010)
    assert before == (await office.ask("GET", "/webhooks/1")).data
    office.caller.status = 200

    assert 200 == (await office.ask("PATCH", "/webhooks/1", body)).status
    assert 3 == len(office.caller.asked)


async def test_it_is_disabled_and_enabled_again(office: Office) -> None:
    await office.add()
    disabled = (await office.ask("POST", "/webhooks/1/disable")).data
    again = (await office.ask("POST", "/webhooks/1/disable")).data
    office.caller.status = 500
    refusal(await office.ask("POST", "/webhooks/1/enable"), 422, 1010)
    office.caller.status = 200
    enabled = (await office.ask("POST", "/webhooks/1/enable")).data

    assert ("disabled", "operator") == (disabled["status"], disabled["reason"])
    assert disabled == again
    assert ("enabled", None) == (enabled["status"], enabled["reason"])


async def test_a_rotated_secret_is_shown_once_and_the_former_signs_for_a_day(office: Office) -> None:
    added = await office.add()
    rotated = (await office.ask("POST", "/webhooks/1/rotate")).data
    shown = (await office.ask("GET", "/webhooks/1")).data

    assert rotated["secret"] != added["secret"]
    assert "secret" not in shown
    assert shown["formerSecretUntil"] is not None


async def test_one_that_was_removed_is_not_there(office: Office) -> None:
    await office.add()
    assert {} == (await office.ask("DELETE", "/webhooks/1")).data

    refusal(await office.ask("GET", "/webhooks/1"), 404, 3001)
    refusal(await office.ask("DELETE", "/webhooks/1"), 404, 3001)
    assert [] == (await office.ask("GET", "/webhooks")).data["items"]


async def test_a_list_comes_in_pages(office: Office) -> None:
    for _ in range(3):
        await office.add()
    first = (await office.ask("GET", "/webhooks?take=2")).data
    second = (await office.ask("GET", f"/webhooks?take=2&cursor={first['nextCursor']}")).data

    assert ([1, 2], [3], None) == (
        [item["id"] for item in first["items"]],
        [item["id"] for item in second["items"]],
        second["nextCursor"],
    )


# What was sent


def test_a_delivery_shows_every_attempt_and_the_request(shop: Integrator, receiver: Receiver) -> None:
    receiver.script = lambda _: answer(202, b"thank you")
    number = hook(shop, receiver.url)
    conversation = shop.create()["id"]
    (came,) = receiver.posted(1)
    shown = settled(shop, number)
    (attempt,), request = shown["attempts"], shown["request"]

    assert ("delivered", 202, None, 1) == tuple(shown[name] for name in ("state", "status", "failure", "attemptCount"))
    assert (conversation, "conversation_created", came.headers["webhook-id"]) == tuple(
        shown[name] for name in ("conversationId", "eventType", "webhookId")
    )
    assert (1, receiver.url, 202, "thank you") == tuple(attempt[name] for name in ("number", "url", "status", "answer"))
    assert came.body.decode() == request["body"]
    assert {name for name in came.headers if name.startswith("webhook-")} - {"webhook-signature"} == {
        name for name in request["headers"] if name.startswith("webhook-")
    }


def test_deliveries_come_newest_first_and_in_pages(shop: Integrator, receiver: Receiver) -> None:
    number = hook(shop, receiver.url)
    for _ in range(3):
        shop.create()
    receiver.posted(3)
    first = call(shop, "GET", "/webhooks/deliveries?take=2").data
    second = call(shop, "GET", f"/webhooks/{number}/deliveries?take=2&cursor={first['nextCursor']}").data
    seqs = [item["seq"] for item in first["items"] + second["items"]]

    assert 3 == len(seqs)
    assert sorted(seqs, reverse=True) == seqs
    assert second["nextCursor"] is None
    assert [] == call(shop, "GET", "/webhooks/deliveries?failed=true").data["items"]


def settled(shop: Integrator, number: int) -> Any:
    """The webhook's only delivery, once what came of it is written down."""
    while True:
        (found,) = call(shop, "GET", f"/webhooks/{number}/deliveries").data["items"] or [None]
        if found is not None and found["state"] in {"delivered", "failed"}:
            return call(shop, "GET", f"/webhooks/deliveries/{found['id']}").data


# Sending again


def test_what_was_delivered_is_sent_again_with_the_same_id(shop: Integrator, receiver: Receiver) -> None:
    number = hook(shop, receiver.url)
    conversation = shop.create()["id"]
    (first,) = receiver.posted(1)
    settled(shop, number)
    assert {"count": 1} == call(shop, "POST", "/webhooks/replay", {"conversationId": conversation}).data
    (_, again) = receiver.posted(2)

    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body


def test_a_dry_run_only_counts(shop: Integrator, receiver: Receiver) -> None:
    number = hook(shop, receiver.url)
    shop.create()
    settled(shop, number)
    body = {"since": 1, "dryRun": True}

    assert {"count": 1} == call(shop, "POST", "/webhooks/replay", body).data
    assert ["delivered"] == [item["state"] for item in call(shop, "GET", "/webhooks/deliveries").data["items"]]


def test_a_replay_is_queued_once_for_a_key(shop: Integrator, receiver: Receiver) -> None:
    number = hook(shop, receiver.url)
    shop.create()
    settled(shop, number)
    first, again = (call(shop, "POST", "/webhooks/replay", {"since": 1}, Idempotency_Key="k-1") for _ in range(2))

    assert first.body == again.body
    assert 1 == shop.happened().count("webhook_replayed")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "event"),
        ({"event": 1, "since": 1}, "event"),
        ({"event": 0}, "event"),
        ({"since": -1}, "since"),
        ({"event": UNKNOWN}, "event"),
        ({"conversationId": UNKNOWN}, "conversationId"),
        ({"since": 1, "endpointId": UNKNOWN}, "endpointId"),
        ({"since": 1, "to": "https://10.0.0.1/"}, "to"),
        ({"failed": "yes"}, "failed"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(shop: Integrator, body: Any, path: str) -> None:
    hook(shop, allowed_hosts=())

    assert [path] == paths(refusal(call(shop, "POST", "/webhooks/replay", body), 422, 1001))
    assert "webhook_replayed" not in shop.happened()
