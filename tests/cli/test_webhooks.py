"""`parley webhook`, `listen` and `trigger`: what they print, what they ask of a receiver, what they refuse."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from parley.core.webhooks import EVENT_TYPES
from tests.cli.conftest import Command, Ended
from tests.programs import Program
from tests.receivers import Receiver, answer
from tests.servers import Server, sqlite_url

ADDED = ("--verify-token", "sesame", "--allow-host", "127.0.0.1")
MEMBERS = ["id", "url", "events", "status", "reason", "allowedHosts", "waitingEvents", "failures", "failingSince"]
MEMBERS += ["restsUntil", "lastDeliveryTime", "creationTime"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parley: Command) -> str:
    """A file with the Shop, which commands find."""
    url = sqlite_url(tmp_path / "parley.db")
    monkeypatch.setenv("PARLEY_DATABASE", url)
    parley("community", "add", "Shop")
    return url


@pytest.fixture
def hook(database: str, parley: Command, receiver: Receiver) -> Any:
    """A webhook of the Shop, as it was added."""
    return parley("webhook", "add", "Shop", f"{receiver.url}/hooks", *ADDED, "--json").json()


def shown(parley: Command) -> Any:
    """The Shop's first webhook."""
    return parley("webhook", "show", "Shop", "1", "--json").json()


def trigger(parley: Command, kind: str = "conversation_created") -> Any:
    """A sample."""
    return parley("trigger", "Shop", kind, "--json").json()


# Endpoints


def test_a_webhook_is_added_when_its_receiver_answers(hook: Any, parley: Command, receiver: Receiver) -> None:
    (asked,) = receiver.requests

    assert ["id", "url", "secret"] == list(hook)
    assert (1, f"{receiver.url}/hooks") == (hook["id"], hook["url"])
    assert hook["secret"].startswith("whsec_")
    assert "sesame" == asked.query["verifyToken"]
    assert asked.query["challenge"].isdecimal()
    assert MEMBERS == list(shown(parley))
    assert ["127.0.0.1"] == shown(parley)["allowedHosts"]


def test_one_that_does_not_answer_is_not_stored(database: str, parley: Command, receiver: Receiver) -> None:
    receiver.script = lambda _: answer(200, b"hello")
    ended = parley("webhook", "add", "Shop", receiver.url, *ADDED)

    assert 1 == ended.code
    assert "200 with 'hello' came back" in ended.refusal
    assert [] == parley("webhook", "list", "Shop", "--json").json()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("https://10.0.0.8/", "--verify-token", "t"), "URL: may not lead to an inner address"),
        (("http://shop.example/", "--verify-token", "t"), "URL: must begin with https"),
        (("https://shop.example/", "--verify-token", " "), "--verify-token: must be 1 to 500 characters"),
        (("https://shop.example/", "--verify-token", "t", "--event", "nonsense"), "--event[0]: must be one of"),
        (("https://shop.example/", "--verify-token", "t", "--allow-host", " "), "--allow-host: "),
        (("https://shop.example/",), "--verify-token"),
    ],
)
def test_what_does_not_fit_is_refused(database: str, parley: Command, arguments: tuple[str, ...], words: str) -> None:
    ended = parley("webhook", "add", "Shop", *arguments)

    assert 2 == ended.code
    assert words in ended.refusal
    assert [] == parley("webhook", "list", "Shop", "--json").json()


@pytest.mark.parametrize("words", ["show", "enable", "disable", "remove", "rotate"])
def test_an_unknown_webhook_is_refused(database: str, parley: Command, words: str) -> None:
    ended = parley("webhook", words, "Shop", "7")

    assert (1, "There is no webhook 7.") == (ended.code, ended.refusal.strip())


def test_it_is_disabled_enabled_and_removed(hook: Any, parley: Command, receiver: Receiver) -> None:
    assert ("disabled", "operator") == states(parley("webhook", "disable", "Shop", "1", "--json"))
    assert ("enabled", None) == states(parley("webhook", "enable", "Shop", "1", "--json"))
    assert 2 == len(receiver.requests)
    assert 1 == parley("webhook", "remove", "Shop", "1", "--json").json()["id"]
    assert [] == parley("webhook", "list", "Shop", "--json").json()


def states(ended: Ended) -> tuple[str, str | None]:
    """Whether it is sent anything, and why not."""
    webhook = ended.json()
    return webhook["status"], webhook["reason"]


def test_one_whose_receiver_is_gone_is_not_enabled(hook: Any, parley: Command, receiver: Receiver) -> None:
    parley("webhook", "disable", "Shop", "1")
    receiver.close()
    ended = parley("webhook", "enable", "Shop", "1")

    assert 1 == ended.code
    assert "connection_failed" in ended.refusal
    assert "disabled" == shown(parley)["status"]


def test_a_rotated_secret_is_another(hook: Any, parley: Command) -> None:
    rotated = parley("webhook", "rotate", "Shop", "1", "--json").json()

    assert ["id", "url", "secret"] == list(rotated)
    assert hook["secret"] != rotated["secret"]


def test_people_get_tables(hook: Any, parley: Command) -> None:
    assert "conversation_created, conversation_message_added" in parley("webhook", "list", "Shop").out
    assert "whsec_" not in parley("webhook", "show", "Shop", "1").out
    assert "Nothing of that kind.\n" == parley("webhook", "deliveries", "Shop").out


# Deliveries and replays


def test_what_happened_is_sent_signed_listed_and_sent_again(
    hook: Any, database: str, parley: Command, receiver: Receiver
) -> None:
    with Server(database):
        made = trigger(parley)
        (first,) = receiver.posted(1)
        assert {"count": 1} == parley("webhook", "replay", "Shop", "--event", str(made["seq"]), "--json").json()
        (_, again) = receiver.posted(2)
    (listed,) = parley("webhook", "deliveries", "Shop", "--endpoint", "1", "--json").json()

    for request in (first, again):
        Webhook(hook["secret"]).verify(request.body, dict(request.headers))
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == listed["webhookId"]
    assert (made["seq"], made["conversationId"], "delivered", 200) == tuple(
        listed[name] for name in ("seq", "conversationId", "state", "status")
    )


def test_what_happened_without_a_server_waits(hook: Any, parley: Command) -> None:
    for kind in EVENT_TYPES:
        trigger(parley, kind)

    assert 7 == shown(parley)["waitingEvents"]
    assert {"count": 7} == parley("webhook", "replay", "Shop", "--since", "1", "--dry-run", "--json").json()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "exactly one of --event, --conversation, --since, --failed is needed, but none was given"),
        (("--event", "1", "--failed"), "but --event and --failed was given"),
        (("--since", "1", "--to", "https://10.0.0.8/"), "--to: may not lead to an inner address"),
        (("--since", "1", "--to", "nonsense"), "--to: "),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(
    database: str, parley: Command, receiver: Receiver, arguments: tuple[str, ...], words: str
) -> None:
    parley("webhook", "add", "Shop", f"{receiver.url}/hooks", *ADDED)
    ended = parley("webhook", "replay", "Shop", *arguments)

    assert 2 == ended.code
    assert words in ended.refusal


def test_a_replay_may_go_elsewhere(hook: Any, database: str, parley: Command, receiver: Receiver) -> None:
    with Server(database), Receiver() as other:
        made = trigger(parley)
        receiver.posted(1)
        replayed = parley("webhook", "replay", "Shop", "--event", str(made["seq"]), "--to", f"{other.url}/x", "--json")
        (came,) = other.posted(1)

    assert {"count": 1} == replayed.json()
    assert "/x" == came.target


# For those who build a receiver


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_a_sample_of_every_type_can_be_made(database: str, parley: Command, kind: str) -> None:
    made = trigger(parley, kind)

    assert ["conversationId", "seq"] == list(made)


def test_a_sample_is_made_also_where_fields_are_required(database: str, parley: Command) -> None:
    for kind in ("text", "number", "boolean", "date", "email", "url"):
        parley("field", "add", "Shop", kind, "--type", kind, "--required")
    parley("field", "add", "Shop", "choice", "--type", "choice", "--choice", "A", "--choice", "B", "--required")

    assert 1 == trigger(parley)["conversationId"]


def test_there_is_no_sample_of_another_type(database: str, parley: Command) -> None:
    ended = parley("trigger", "Shop", "conversation_assigned")

    assert 2 == ended.code
    assert "TYPE: must be one of" in ended.refusal


def test_what_happens_is_forwarded_to_a_program(database: str, parley: Command, receiver: Receiver) -> None:
    with listen(database, receiver) as program:
        (begun,) = program.lines(1)
        trigger(parley, "conversation_closed")
        lines = [line.split() for line in program.lines(2)]
    requests = receiver.posted(2)

    for request in requests:
        Webhook(begun.split()[-1]).verify(request.body, dict(request.headers))
    assert ["conversation_created", "conversation_closed"] == [line[1] for line in lines]
    assert ["200", "200"] == [line[2] for line in lines]
    assert ["conversation_created", "conversation_closed"] == [json.loads(each.body)["EventType"] for each in requests]
    assert all(request.method == "POST" for request in receiver.requests)


def test_what_is_forwarded_is_told_to_a_program_as_json(database: str, parley: Command, receiver: Receiver) -> None:
    with listen(database, receiver, "--json") as program:
        begun = json.loads(*program.lines(1))
        trigger(parley)
        told = json.loads(*program.lines(1))
    (request,) = receiver.posted(1)

    Webhook(begun["secret"]).verify(request.body, dict(request.headers))
    assert ("Shop", f"{receiver.url}/dev") == (begun["community"], begun["url"])
    assert ("conversation_created", 200, None) == (told["eventType"], told["status"], told["failure"])
    assert {"seq", "eventType", "status", "failure", "tookMs"} == set(told)


def listen(database: str, receiver: Receiver, *flags: str) -> Program:
    """`parley listen`, as a program of its own."""
    command = (sys.executable, "-m", "parley", "listen", "Shop", "--forward", f"{receiver.url}/dev", *flags)
    return Program(*command, env={"PARLEY_DATABASE": database})
