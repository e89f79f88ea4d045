"""`parley demo`: a real server on a new file, a conversation created as the published page has it, all of it shown."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from parley import running, wiring
from parley.actions.catalogue import AddCategory
from parley.actions.communities import AddCommunity
from parley.api.doorkeeper import hash_of
from parley.core.communities import Community
from parley.core.events import Event
from parley.core.waiting import NOT_WAITING
from parley.ports import Opened

HOST = "127.0.0.1"
PORT = 8080
PORTS_TRIED = 100
CATEGORY = 1505  # the number in the published example
TIMEOUT_S = 10

# The request body of the published page, byte for byte: its trailing comma included.
SEED_REQUEST = b"""{
    "author":{
        "name": "John",
        "email": "john@dow.com"
    },
    "title": "Chat API Client Problems",
    "url": "https://thejohndow.com",
    "sentiment": "question",
    "categoryId": 1505,
}"""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What the show plays on: a running server, a community, its refresh token."""

    url: str
    database: str
    community: Community
    refresh_token: str


def run(*, once: bool, port: int) -> int:
    """Show it; then leave the server running until Ctrl-C, unless `once`. The exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):  # end as Ctrl-C does, or the server and its file would be left
        signal.signal(number, signal.default_int_handler)
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        community, refresh_token = asyncio.run(_furnish(database))
        chosen = _free_port(port)
        if chosen != port:
            console.print(f"Port {port} is taken, so this is port {chosen}.")
        with _serving(database, chosen) as server:
            stage = Stage(
                url=f"http://{HOST}:{chosen}", database=database, community=community, refresh_token=refresh_token
            )
            _show(console, stage)
            if not once:
                _stay(console, stage, server)
    return 0


async def _furnish(database: str) -> tuple[Community, str]:
    """A new file with a community and the category of the example."""
    secret = wiring.new_secret()
    async with wiring.opened(database) as parts:
        community = await parts.ledger.submit(AddCommunity(name="Demo", secret_hash=hash_of(secret), by="operator"))
        category = AddCategory(community_id=community.id, name="Support", id=CATEGORY, by="operator")
        await parts.ledger.submit(category)
    return community, secret


def _show(console: Console, stage: Stage) -> None:
    console.rule("[bold]1. An access token for the integrator")
    token = _post(
        stage,
        "/token",
        urllib.parse.urlencode(
            {
                "grant_type": "refresh_token",
                "refresh_token": stage.refresh_token,
                "client_id": stage.community.client_id,
            }
        ).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    console.print(f"POST {stage.url}/token → a token that is good for {token['expires_in']} s")

    console.rule("[bold]2. Create a conversation: the published request, trailing comma and all")
    console.print(f"POST {stage.url}/chat/conversations")
    _print_json(console, SEED_REQUEST.decode())
    created = _post(
        stage,
        "/chat/conversations",
        SEED_REQUEST,
        {"Content-Type": "application/json", "Authorization": f"Bearer {token['access_token']}"},
    )

    console.rule("[bold]3. The reply: on disk before it was sent")
    _print_json(console, json.dumps(created, indent=4, ensure_ascii=False))

    events, opened = asyncio.run(_look(stage, created["data"]["id"]))
    console.rule("[bold]4. The log: everything that happened, written in the same transaction")
    _print_events(console, events)
    console.rule("[bold]5. The queue")
    _print_place(console, opened)
    console.rule("[bold]6. Now you")
    console.print(_curl_lines(stage, token["access_token"]), markup=False)


async def _look(stage: Stage, conversation_id: int) -> tuple[list[Event], Opened | None]:
    """The community's log and the conversation, read from the file while the server runs on it."""
    async with wiring.opened(stage.database, migrates=False) as parts:
        events = await parts.reader.events_of(stage.community.id, after=0, take=100)
        return events, await parts.reader.conversation(stage.community.id, conversation_id, messages=None)


def _print_json(console: Console, text: str) -> None:
    console.print(Syntax(text, "json", background_color="default", word_wrap=True))


def _print_events(console: Console, events: list[Event]) -> None:
    table = Table("seq", "type", "conversation", "by", "at", box=None, header_style="bold")
    for event in events:
        conversation = "" if event.conversation_id is None else str(event.conversation_id)
        table.add_row(str(event.seq), event.type, conversation, event.by, f"{event.at:%H:%M:%S.%f}")
    console.print(table)


def _print_place(console: Console, opened: Opened | None) -> None:
    if opened is None or opened.position == NOT_WAITING:
        console.print("Nobody waits.")
    else:
        who = opened.author.name or opened.author.email
        console.print(f"{who} is number {opened.position}: conversation {opened.conversation.id}.")


def _curl_lines(stage: Stage, token: str) -> str:
    return f"""TOKEN={token}

curl {stage.url}/chat/conversations \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: try-1" \\
  -d '{{"author": {{"email": "you@example.com", "name": "You"}}, "message": "Hello!"}}'

curl "{stage.url}/chat/conversations/1?includeMessages=true" -H "Authorization: Bearer $TOKEN"

The API as a page: {stage.url}/schema
"""


def _stay(console: Console, stage: Stage, server: "subprocess.Popen[bytes]") -> None:
    try:
        console.print(f"The server runs on {stage.url} until you press Ctrl-C; its file is then removed.")
        server.wait()
    except KeyboardInterrupt:
        console.print("Goodbye.")


def _post(stage: Stage, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(stage.url + path, data=body, headers=headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
        reply: dict[str, Any] = json.load(answer)
        return reply


def _free_port(wished: int) -> int:
    """The wished port or the next one that is free."""
    for port in range(wished, min(wished + PORTS_TRIED, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    return 0


@contextmanager
def _serving(database: str, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """`parley serve` as its own process, from when it listens until the block ends."""
    command = [sys.executable, "-m", "parley", "serve", "--database", database, "--host", HOST, "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    with server:  # leaving it closes the pipe and waits
        try:
            if not any(b"listens on" in line for line in server.stdout or ()):
                message = "The server ended before it listened."
                raise running.StartError(message)
            yield server
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
