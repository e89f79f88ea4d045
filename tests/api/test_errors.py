"""The table of codes and statuses, the envelope of an error, and that a fault shows nothing of itself."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from parley.api import errors
from parley.api.app import build
from parley.cli.app import app as commands
from parley.core.errors import (
    InvalidError,
    LineFullError,
    ParleyError,
    Problem,
    StorageFullError,
    StorageUnavailableError,
)
from parley.logs import JsonLines
from parley.settings import UrlError
from parley.vault import VaultError
from tests.api import inside
from tests.api.envelopes import REFUSAL, refusal
from tests.api.inside import House
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator

INTERNAL = 9_001  # codes from here on are for those who run the program
SECRET = "john@dow.com owes 9000"  # what a message may hold and no answer and no log line may repeat
BODY = json.dumps({"author": JOHN}).encode()


def kinds(of: type[ParleyError] = ParleyError) -> Iterator[type[ParleyError]]:
    """Every error there is; all rooms are imported above by way of the commands."""
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


ALL = sorted(set(kinds()), key=lambda kind: kind.code)
PUBLIC = [kind for kind in ALL if kind.code < INTERNAL]


def test_every_room_was_looked_at() -> None:
    assert commands is not None
    assert {VaultError, UrlError, errors.MethodError} <= set(ALL)


def test_every_error_has_a_code_of_its_own() -> None:
    assert len(ALL) == len({kind.code for kind in ALL})


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_a_public_error_has_its_code_its_status_and_its_words(kind: type[ParleyError]) -> None:
    assert kind.code > 0
    assert "code" in vars(kind)
    assert kind in errors.STATUS
    assert kind.__doc__


def test_only_public_errors_have_a_status() -> None:
    assert set(PUBLIC) == errors.STATUS.keys()


@pytest.mark.parametrize(("kind", "status"), errors.STATUS.items(), ids=lambda each: getattr(each, "__name__", None))
def test_the_first_digit_of_a_code_tells_whose_fault_it_is(kind: type[ParleyError], status: int) -> None:
    first = kind.code // 1_000
    statuses = {
        1: {400, 405, 408, 413, 415, 422, 431},
        2: {401, 403},
        3: {404},
        4: {409},
        5: {429, 503},
        9: {500},
    }

    assert status in statuses[first]


def test_an_error_looks_like_a_success_with_three_additions() -> None:
    body = json.loads(errors.body_of(InvalidError("a: b.", (Problem("a", "b"),)), "r-1"))

    assert REFUSAL == list(body)
    assert {"data": None, "errorCode": 1001, "errorText": "a: b.", "requestId": "r-1"} == {
        name: body[name] for name in REFUSAL[:4]
    }
    assert [{"path": "a", "text": "b"}] == body["errorDetails"]


def test_an_error_without_details_leaves_them_out() -> None:
    assert REFUSAL[:4] == list(json.loads(errors.body_of(LineFullError("Full."), "r-1")))


def test_request_ids_tell_requests_apart(shop: Integrator) -> None:
    ids = [shop.get(2**53 - 1).headers["X-Request-Id"] for _ in range(20)]

    assert 20 == len(set(ids))


def test_problem_details_are_given_to_those_who_ask_for_them(shop: Integrator) -> None:
    reply = shop.post({}, {"Accept": "application/problem+json"})
    body = reply.json()

    assert (422, "application/problem+json") == (reply.status, reply.headers["Content-Type"])
    assert (422, 1001, reply.headers["X-Request-Id"]) == (body["status"], body["errorCode"], body["requestId"])
    assert [{"path": "author", "text": "is required, but it is missing"}] == body["errors"]


# Faults


class Broken:
    """A reader that fails at whatever is asked of it, once a caller is through the door."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def fail(*_: Any, **__: Any) -> Any:
            raise self._error

        return fail


async def get_broken(house: House, error: Exception) -> Any:
    """The answer to a read that fails."""
    app = build(inside.with_reader(house.backend, Broken(error)))
    headers = {"Authorization": f"Bearer {await house.token()}"}
    return await inside.ask(app, "GET", f"{CONVERSATIONS}/1", headers=headers)


@pytest.mark.parametrize("error", [RuntimeError(SECRET), KeyError(SECRET), VaultError(SECRET), UrlError(SECRET)])
async def test_a_fault_shows_nothing_of_itself(
    house: House, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        reply = await get_broken(house, error)
    refused = refusal(reply, 500, 9000)
    lines = [JsonLines().format(record) for record in caplog.records]

    assert "Something went wrong on our side" in refused["errorText"]
    assert SECRET not in reply.body.decode() + "".join(lines)
    assert any(refused["requestId"] in line and type(error).__name__ in line for line in lines)


async def test_a_fault_says_where_it_was(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await get_broken(house, RuntimeError(SECRET))
    (record,) = (record for record in caplog.records if record.getMessage() == "fault")

    assert "test_errors.py" in vars(record)["where"]


def no_id() -> str:
    """A supply of ids that has run out."""
    raise RuntimeError(SECRET)


async def test_a_fault_in_an_action_is_as_silent(house: House, caplog: pytest.LogCaptureFixture) -> None:
    ledger = house.backend.ledger
    ledger._fresh = no_id  # noqa: SLF001
    headers = {"Authorization": f"Bearer {await house.token()}"}
    reply = await inside.ask(house.app, "POST", CONVERSATIONS, BODY, headers=headers)
    refusal(reply, 500, 9000)

    assert SECRET not in reply.body.decode() + caplog.text


@pytest.mark.parametrize(
    ("error", "code"),
    [(StorageUnavailableError("Away."), 5004), (StorageFullError("Full."), 5005), (LineFullError("Full."), 5003)],
)
async def test_what_passes_is_answered_503_with_a_time_to_come_back(
    house: House, error: ParleyError, code: int
) -> None:
    reply = await get_broken(house, error)
    refusal(reply, 503, code)

    assert int(reply.headers["Retry-After"]) > 0


async def test_the_server_is_not_ready_while_its_database_is_away(house: House) -> None:
    app = build(inside.with_reader(house.backend, Broken(StorageUnavailableError("Away."))))

    refusal(await inside.ask(app, "GET", "/health/ready"), 503, 5004)
    assert 200 == (await inside.ask(app, "GET", "/health/live")).status


async def test_the_server_is_not_ready_on_another_schema(house: House) -> None:
    class Older(Broken):
        async def ready(self) -> bool:
            return False

    app = build(inside.with_reader(house.backend, Older(RuntimeError())))

    refusal(await inside.ask(app, "GET", "/health/ready"), 503, 5002)


async def test_a_door_that_cannot_look_up_a_token_answers_503_and_not_401(house: House) -> None:
    """An integrator that is told 401 throws its token away."""
    token = await house.token()
    keeper = house.keeper()
    keeper._reader = Broken(StorageUnavailableError("Away."))  # noqa: SLF001
    app = build(msgspec.structs.replace(house.backend, doorkeeper=keeper))
    reply = await inside.ask(app, "GET", f"{CONVERSATIONS}/1", headers={"Authorization": f"Bearer {token}"})

    refusal(reply, 503, 5004)
