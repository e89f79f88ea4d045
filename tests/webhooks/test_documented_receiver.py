"""The receiver that our documents show, run as it stands there."""

import http.client
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_bytes

import pytest

from parley.core.signing import show_secret, sign
from parley.core.webhooks import message_id
from tests.api.chats import begin
from tests.api.integrators import Integrator, join
from tests.pages import Page
from tests.programs import Program
from tests.servers import Server, free_port, sqlite_url

WITHIN_S = 30
SECRET = b"a secret of thirty-two bytes ..."
BODY = b'{"EventType":"conversation_closed"}'
RETIRED = token_bytes(32)

Start = Callable[[str | None], Program]


@pytest.fixture
def port() -> int:
    """Where the receiver is to listen."""
    return free_port()


@pytest.fixture
def start(tmp_path: Path, port: int) -> Start:
    """Starts the receiver, with a secret or without."""
    section = Page.of("docs/webhooks.md").sections(2)["Verify what comes"]
    (block,) = (block for block in section.blocks if block.language == "python")
    file = tmp_path / "receiver.py"
    file.write_text(block.text, encoding="utf-8")

    def start(secret: str | None) -> Program:
        env = {} if secret is None else {"WEBHOOK_SECRET": secret}
        return Program(sys.executable, "-W", "error", file, str(port), env=env)

    return start


def ask(port: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """The status of the answer, and its body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
    try:
        connection.request(method, path, body, dict(headers or {}))
        reply = connection.getresponse()
        return b"%d %b" % (reply.status, reply.read())
    finally:
        connection.close()


def signed(*secrets: bytes, at: int | None = None, body: bytes = BODY) -> dict[str, str]:
    """The headers of a delivery."""
    timestamp = int(time.time()) if at is None else at
    return {
        "webhook-id": "msg_1_7",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, "msg_1_7", timestamp, body),
    }


def test_it_answers_the_challenge_and_takes_what_happens(start: Start, port: int, tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "parley.db")) as server:
        shop = join(server)
        url = f"http://127.0.0.1:{port}/hooks"
        with start(None) as receiver:
            receiver.await_listening(port)
            secret = add_webhook(shop, url)
        with start(secret) as receiver:
            receiver.await_listening(port)
            chat = begin(shop, message="Hello")
            ids = [message_id(shop.tenant.id, event.seq or 0) for event in shop.events()[-2:]]
            lines = [line.split(maxsplit=1) for line in receiver.lines(2)]
    created, added = (json.loads(body) for _, body in lines)

    assert ids == [webhook_id for webhook_id, _ in lines]
    assert ["conversation_created", "conversation_message_added"] == [created["EventType"], added["EventType"]]
    assert [chat.id, chat.id] == [body["Events"][0]["ConversationId"] for body in (created, added)]


def test_it_refuses_a_challenge_with_another_token(start: Start, port: int) -> None:
    with start(show_secret(SECRET)) as receiver:
        receiver.await_listening(port)

        assert b"200 abc" == ask(port, "GET", "/?mode=subscribe&verifyToken=sesame&challenge=abc")
        assert b"403 " == ask(port, "GET", "/?mode=subscribe&verifyToken=guess&challenge=abc")
        assert b"403 " == ask(port, "GET", "/")


@pytest.mark.parametrize("secrets", [(SECRET,), (RETIRED, SECRET), (SECRET, RETIRED)])
def test_it_takes_what_one_of_the_signatures_proves(start: Start, port: int, secrets: tuple[bytes, ...]) -> None:
    with start(show_secret(SECRET)) as receiver:
        receiver.await_listening(port)

        assert b"200 " == ask(port, "POST", "/", BODY, signed(*secrets))
        assert [f"msg_1_7 {BODY.decode()}"] == receiver.lines(1)


@pytest.mark.parametrize(
    "headers",
    [
        signed(RETIRED),
        signed(SECRET, body=BODY + b" "),
        signed(SECRET, at=int(time.time()) - 301),
        signed(SECRET, at=int(time.time()) + 3_600),
        {**signed(SECRET), "webhook-id": "msg_1_8"},
        {**signed(SECRET), "webhook-signature": "v1,caf\xe9"},
        {},
    ],
    ids=["another secret", "another body", "overheard long ago", "of the future", "another id", "no ASCII", "unsigned"],
)
def test_it_refuses_what_is_not_proven(start: Start, port: int, headers: Mapping[str, str]) -> None:
    with start(show_secret(SECRET)) as receiver:
        receiver.await_listening(port)

        assert b"401 " == ask(port, "POST", "/", BODY, headers)
        assert b"200 " == ask(port, "POST", "/", BODY, signed(SECRET))
        assert [f"msg_1_7 {BODY.decode()}"] == receiver.lines(1)


@pytest.mark.parametrize("secret", [b"", SECRET])
def test_without_a_secret_it_takes_nothing(start: Start, port: int, secret: bytes) -> None:
    with start(None) as receiver:
        receiver.await_listening(port)

        assert b"401 " == ask(port, "POST", "/", BODY, signed(secret))


def add_webhook(shop: Integrator, url: str) -> str:
    """Have the shop's events sent to an address on this machine; its signing secret."""
    with Program(
        *(sys.executable, "-m", "parley", "webhook", "add", shop.tenant.name, url, "--verify-token", "sesame"),
        *("--allow-host", "127.0.0.1", "--json"),
        env={"PARLEY_DATABASE": shop.server.database},
    ) as added:
        secret: str = json.loads(*added.lines(1))["secret"]
        return secret
