"""The show: a conversation created as the published page has it and everything it caused; then sample life."""

import asyncio
import contextlib
import json
import os
import secrets
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

import aiohttp
import msgspec
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from parley import running, wiring
from parley.actions.catalogue import AddCategory
from parley.actions.communities import AddCommunity
from parley.actions.sign_ins import SetPassword
from parley.actions.teammates import AddTeammate
from parley.api.doorkeeper import hash_of
from parley.core.communities import Community
from parley.core.events import Event
from parley.core.people import Role, User
from parley.core.waiting import NOT_WAITING
from parley.demo.life import Life
from parley.demo.past import LASTS, Past, SetClock, Shop
from parley.demo.people import AGAIN_AFTER_S, Integrator, Seat
from parley.demo.scripts import CATEGORIES, TEAM, email_of
from parley.passwords import Passwords
from parley.ports import Opened

HOST = "127.0.0.1"
PORT = 8080
PORTS_TRIED = 100
CATEGORY = 1505  # the number in the published example
TIMEOUT_S = 10
OPERATOR = "operator"
VISITOR = "Demo"
CHUNK = 65_536

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


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """The community of the demo and what opens it."""

    community: Community
    refresh_token: str
    category_ids: dict[str, int]
    password: str  # the same for each teammate, the visitor first
    emails: tuple[str, ...]
    last_seq: int  # when the show begins


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What the show plays on: a running server and a community."""

    url: str
    database: str
    company: Company


def run(*, once: bool, port: int, lives: bool = True) -> int:
    """Show it; then leave the server running until Ctrl-C, unless `once`, with people on it if it `lives`.

    The exit code.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # end as Ctrl-C does, or the server and its file would be left
        signal.signal(number, signal.default_int_handler)
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        lives = lives and not once
        with console.status("Writing down what happened in the last four hours …" if lives else "Making a new file …"):
            company = asyncio.run(furnish(database, has_past=lives))
        chosen = _free_port(port)
        if chosen != port:
            console.print(f"Port {port} is taken, so this is port {chosen}.")
        with _serving(database, chosen) as server:
            stage = Stage(url=f"http://{HOST}:{chosen}", database=database, company=company)
            _show(console, stage)
            if not once:
                _stay(console, stage, server, lives=lives)
    return 0


async def furnish(database: str, *, has_past: bool) -> Company:
    """A new file with a community, the category of the example, and teammates; with a past, if it is to have one."""
    secret, password = wiring.new_secret(), secrets.token_urlsafe(12)
    kept = await Passwords().hash(password)
    clock = SetClock(wiring.now() - LASTS if has_past else wiring.now())
    async with wiring.opened(database, clock=clock) as parts:
        ledger = parts.ledger
        community = await ledger.submit(AddCommunity(name="Demo", secret_hash=hash_of(secret), by=OPERATOR))
        mine: dict[str, Any] = {"community_id": community.id, "by": OPERATOR}
        await ledger.submit(AddCategory(name="Support", id=CATEGORY, **mine))
        categories = [await ledger.submit(AddCategory(name=name, **mine)) for name in CATEGORIES]
        team = [await _employ(parts, mine, name, kept) for name in (VISITOR, *TEAM)]
        company = Company(
            community=community,
            refresh_token=secret,
            category_ids={category.name: category.id for category in categories},
            password=password,
            emails=tuple(user.email or "" for user in team),
            last_seq=0,
        )
        if has_past:
            shop = Shop(
                community_id=community.id,
                category_ids=company.category_ids,
                team=tuple(user.id for user in team[1:]),
                emails=company.emails[1:],
            )
            await Past(shop, ledger, clock).happen()
        last_seq = await parts.reader.last_seq(community.id)
    return msgspec.structs.replace(company, last_seq=last_seq)


async def _employ(parts: wiring.Parts, mine: dict[str, Any], name: str, kept: str) -> User:
    """A teammate who can sign in; the visitor may change settings too."""
    role = Role.ADMIN if name == VISITOR else Role.AGENT
    user, _ = await parts.ledger.submit(AddTeammate(name=name, email=email_of(name), role=role, **mine))
    await parts.ledger.submit(SetPassword(email=email_of(name), hash=kept, **mine))
    return user


def _show(console: Console, stage: Stage) -> None:
    console.rule("[bold]1. An access token for the integrator")
    token = _post(
        stage,
        "/token",
        urllib.parse.urlencode(
            {
                "grant_type": "refresh_token",
                "refresh_token": stage.company.refresh_token,
                "client_id": stage.company.community.client_id,
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
    console.print(_curl_lines(stage, token["access_token"], created["data"]["id"]), markup=False)


async def _look(stage: Stage, conversation_id: int) -> tuple[list[Event], Opened | None]:
    """The community's log and the conversation, read from the file while the server runs on it."""
    async with wiring.opened(stage.database, migrates=False) as parts:
        events = await parts.reader.events_of(stage.company.community.id, after=stage.company.last_seq, take=100)
        return events, await parts.reader.conversation(stage.company.community.id, conversation_id, messages=None)


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


def _curl_lines(stage: Stage, token: str, conversation_id: int) -> str:
    return f"""TOKEN={token}

curl {stage.url}/chat/conversations \\
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: try-1" \\
  -d '{{"author": {{"email": "you@example.com", "name": "You"}}, "message": "Hello!"}}'

curl "{stage.url}/chat/conversations/{conversation_id}?includeMessages=true" -H "Authorization: Bearer $TOKEN"

The API as a page: {stage.url}/schema
"""


def _stay(console: Console, stage: Stage, server: "subprocess.Popen[bytes]", *, lives: bool) -> None:
    try:
        if lives:
            console.print(_invitation(stage), markup=False)
        console.print(f"The server runs on {stage.url} until you press Ctrl-C; its file is then removed.")
        asyncio.run(_last(stage, server, lives=lives))
    except KeyboardInterrupt:
        console.print("Goodbye.")


def _invitation(stage: Stage) -> str:
    return f"""The inbox: {stage.url}/inbox
    e-mail    {stage.company.emails[0]}
    password  {stage.company.password}
Clients, a bot and {len(TEAM)} teammates are at work in it. Take a conversation and answer: they answer back.
"""


async def _last(stage: Stage, server: "subprocess.Popen[bytes]", *, lives: bool) -> None:
    """Return when the server ends; until then there is life, if there is to be any."""
    assert server.stdout is not None  # noqa: S101 - it was started with a pipe
    ended, loop, pipe = asyncio.Event(), asyncio.get_running_loop(), server.stdout.fileno()

    def hear() -> None:
        if not os.read(pipe, CHUNK):
            ended.set()

    loop.add_reader(pipe, hear)
    try:
        life = asyncio.create_task(_live(stage)) if lives else None
        await ended.wait()
        if life is not None:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)
    finally:
        loop.remove_reader(pipe)


async def _live(stage: Stage) -> None:
    """Let people use it. When they all fall over, which a restart would bring about, they get up again."""
    company = stage.company
    while True:
        async with aiohttp.ClientSession() as http:
            integrator = Integrator(
                http, stage.url, client_id=company.community.client_id, refresh_token=company.refresh_token
            )
            seats = [Seat(stage.url, email=email, password=company.password) for email in company.emails[1:]]
            with contextlib.suppress(ExceptionGroup):
                await Life(integrator, seats, category_ids=company.category_ids).go_on(http)
        await asyncio.sleep(AGAIN_AFTER_S)


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
