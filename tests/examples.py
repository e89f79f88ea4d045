"""The examples in the documents, run: what a page shows is typed and sent, and what comes back is held against it.

What a block of each language means:

- `console`: lines behind `$ ` are commands, what follows is their output. Known are `parley …`, `curl …` and
  `NAME=value`; `parley serve` stays until the page ends.
- `http`: a request, or when it begins with `HTTP/1.1` the reply to the request before.
  Of a stream as many frames are read as the page shows.
- `sh`: commands that are shown and not run.
- `python` and `js`: programs, which a test of their own runs.

At `http://127.0.0.1:9000` a page finds a receiver of webhooks, which answers the challenge, and at `/bot` a bot.

What differs from run to run is compared in shape: times, GUIDs, refresh tokens, entity tags. `…` stands for anything,
on a line of its own for any lines, and as a member of an object for any other members.
All of these but times, and words that end in `…`, are remembered with what stood in their place, and mean that from
then on: a page can show one token throughout.
"""

import contextlib
import io
import json
import os
import re
import shlex
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any, Self

import pytest

from parley.cli import main
from tests.pages import Block, Page
from tests.receivers import Receiver, Request, Writer, answer, greet
from tests.servers import Server, clean_environment

ADDRESS = "http://127.0.0.1:8080"  # where the server of every page is said to listen
RECEIVER = "127.0.0.1:9000"  # where the receiver of every page is said to listen
LANGUAGES = {"console", "http", "sh", "json", "toml", "mermaid", "text", "ini", "nginx", "python", "js"}
TIMEOUT_S = 20

_GUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_SECRET = r"(?<![\w-])[\w-]{43}(?![\w-])"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"
_TAG = r"(?<!\w)[0-9a-f]{24}(?!\w)"
_SHAPES = re.compile(
    rf"(?P<guid>{_GUID})|(?P<time>{_TIME})|(?P<secret>{_SECRET})|(?P<tag>{_TAG})|(?P<cut>[\w.-]{{8,}}…)|(?P<any>…)"
)
_KEPT = {"guid": _GUID, "secret": _SECRET, "tag": _TAG}
_REPLY = re.compile(r"HTTP/1\.1 (\d{3}) (.+)")


async def repeat(request: Request, writer: Writer) -> bool:
    """What the bot of every page does."""
    said = [f"You said: {each['message']}" for each in request.json()["messages"]]
    return await answer(200, json.dumps({"messages": said}).encode())(request, writer)


class DiffersError(AssertionError):
    """What came back is not what the page shows."""


class Memory:
    """What the page's own values stand for in this run."""

    def __init__(self) -> None:
        self._meant: dict[str, str] = {ADDRESS: ADDRESS}

    def put(self, shown: str, meant: str) -> None:
        """Remember a value."""
        self._meant[shown] = meant

    def real(self, text: str) -> str:
        """A text of the page with this run's values in place of the page's."""
        for shown in sorted(self._meant, key=len, reverse=True):
            text = text.replace(shown, self._meant[shown])
        return text

    def compare(self, shown: str, actual: str, where: str = "") -> None:
        """Hold an output against the page: as JSON when both are, else as text."""
        with contextlib.suppress(json.JSONDecodeError):
            self.compare_values(json.loads(shown), json.loads(actual), where)
            return
        lines = "".join(self._line(line) for line in shown.strip().splitlines())
        self._match(lines, "".join(f"{line}\n" for line in actual.rstrip().splitlines()), shown, where)

    def compare_values(self, shown: Any, actual: Any, where: str) -> None:
        """Hold a JSON value against the page, the order of members included."""
        if isinstance(shown, dict) and isinstance(actual, dict):
            wanted = {name: value for name, value in shown.items() if name != "…"}
            there = [name for name in actual if name in wanted or "…" not in shown]
            _same(list(wanted), there, f"{where}: members")
            for name, value in wanted.items():
                self.compare_values(value, actual[name], f"{where}.{name}")
        elif isinstance(shown, list) and isinstance(actual, list):
            _same(len(shown), len(actual), f"{where}: length")
            for index, pair in enumerate(zip(shown, actual, strict=True)):
                self.compare_values(*pair, f"{where}[{index}]")
        elif isinstance(shown, str) and isinstance(actual, str):
            self._match(self._pattern(shown), actual, shown, where)
        else:
            _same(shown, actual, where)

    def _match(self, pattern: str, actual: str, shown: str, where: str) -> None:
        found = re.fullmatch(pattern, actual)
        if found is None:
            raise DiffersError(f"{where}: the page shows\n{shown}\nbut it is\n{actual}")
        values = [value[0] for value in _SHAPES.finditer(shown) if value.lastgroup in {*_KEPT, "cut"}]
        for value, group in zip(values, found.groups(), strict=True):
            self.put(value, group)

    def _line(self, line: str) -> str:
        return r"(?:.*\n)*?" if line.strip() == "…" else self._pattern(line.rstrip()) + r"[ \t]*\n"

    def _pattern(self, shown: str) -> str:
        pattern, at = "", 0
        for value in _SHAPES.finditer(shown):
            pattern += self._plain(shown[at : value.start()]) + self._shape(value)
            at = value.end()
        return pattern + self._plain(shown[at:])

    def _plain(self, text: str) -> str:
        return re.sub(r"[ \t]+", lambda _: r"[ \t]+", re.escape(self.real(text)).replace(r"\ ", " "))

    def _shape(self, value: "re.Match[str]") -> str:
        known = self._meant.get(value[0])
        match value.lastgroup:
            case "guid" | "secret" | "tag" as kind:
                return f"({_KEPT[kind] if known is None else re.escape(known)})"
            case "time":
                return _TIME
            case "cut":
                return rf"({re.escape(value[0][:-1])}\S*)"
            case _:
                return r"[^\n]*"


class Walk:
    """One page's examples from top to bottom, on a new database in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._memory = Memory()
        self._folder = folder
        self._environment = {"PARLEY_DATABASE": "sqlite:///parley.db", "COLUMNS": "200"}
        self._server: Server | None = None
        self._receiver = Receiver(lambda request: repeat if request.target == "/bot" else greet)
        self._reply: tuple[int, str, dict[str, str], str] | None = None

    def __enter__(self) -> Self:
        self._receiver.__enter__()
        self._memory.put(RECEIVER, f"127.0.0.1:{self._receiver.port}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()
        self._receiver.__exit__()

    def run(self, page: Page) -> None:
        """Every block that can be run."""
        for block, behind in pairwise([*page.blocks, Block("", "", 0)]):
            where = f"{page.name}:{block.line}"
            if block.language == "console":
                self._run_console(block, where)
            elif block.language == "http" and not _REPLY.match(block.text):
                self._reply = self._send(*_request_of(self._memory.real(block.text)), frames=behind.text.count("\n\n"))
            elif block.language == "http":
                self._check_reply(block, where)

    def _run_console(self, block: Block, where: str) -> None:
        for command, output in commands_of(block.text):
            actual = self._run(command)
            self._memory.compare(output, actual, f"{where}: $ {command}\n")

    def _run(self, command: str) -> str:
        words = [Template(word).safe_substitute(self._environment) for word in shlex.split(self._memory.real(command))]
        match words:
            case ["parley", "serve", *flags]:
                return self._serve(*flags)
            case ["parley", *arguments]:
                return self._parley(*arguments)
            case ["curl", *arguments]:
                return self._send(*_request_of_curl(arguments))[3]
            case ["export", assignment] | [assignment] if re.match(r"[A-Z_]+=", assignment):
                name, _, value = assignment.partition("=")
                self._environment[name] = value
                return ""
            case _:
                raise DiffersError(f"A console block cannot run this; show it in a sh block: {command}")

    def _parley(self, *arguments: str) -> str:
        """Run a command in this process: as the console does it, without a new interpreter for each."""
        written = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
            for name in os.environ.keys() - clean_environment().keys():
                patch.delenv(name)
            for name, value in self._environment.items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["parley", *arguments])
            patch.setattr("sys.stdin", io.StringIO())
            patch.chdir(self._folder)
            stack.enter_context(contextlib.redirect_stdout(written))
            stack.enter_context(contextlib.redirect_stderr(written))
            stack.enter_context(contextlib.suppress(SystemExit))
            main()
        return written.getvalue()

    def _serve(self, *flags: str) -> str:
        """Start the server; the lines it prints until it listens."""
        assert self._server is None, "a page has one server"
        self._server = Server(self._environment["PARLEY_DATABASE"], flags=flags, env=self._environment)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self._folder)
            self._server.launch()
        self._server.await_ready()
        self._memory.put(ADDRESS, self._server.url)
        return "".join(self._server.said)

    def _send(
        self, method: str, path: str, headers: dict[str, str], body: str, *, frames: int = 0
    ) -> tuple[int, str, dict[str, str], str]:
        """Send a request as it stands; status, its words, headers and body of the reply, of a stream so many frames."""
        if self._server is None:
            self._serve()
        assert self._server is not None
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=TIMEOUT_S)
        with contextlib.closing(connection):
            connection.request(method, path, body.encode() if body else None, headers)
            reply = connection.getresponse()
            head = {name.lower(): value for name, value in reply.getheaders()}
            is_stream = head.get("content-type") == "text/event-stream"
            content = _frames(reply, frames) if is_stream else reply.read()
            return reply.status, reply.reason, head, content.decode()

    def _check_reply(self, block: Block, where: str) -> None:
        assert self._reply is not None, f"{where}: a reply without a request"
        status, words, head, body = self._reply
        self._reply = None
        line, shown_head, shown_body = _parts_of(block.text)
        shown = _REPLY.fullmatch(line)
        assert shown is not None, f"{where}: {line}"
        if (int(shown[1]), shown[2]) != (status, words):
            raise DiffersError(f"{where}: the page shows {shown[1]} {shown[2]}, but it is {status} {words}: {body}")
        for name, value in shown_head.items():
            self._memory.compare(value, head.get(name.lower(), "(missing)"), f"{where}: {name}")
        if shown_body:
            self._memory.compare(shown_body, body, where)


def commands_of(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        command = [lines.pop(0)]
        while command[-1].endswith("\\") or not _is_whole("\n".join(command)):
            command.append(lines.pop(0))
        yield "\n".join(command).replace("\\\n", " "), "\n".join(lines)


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:  # a quotation is still open
        return False
    return True


def _frames(reply: HTTPResponse, count: int) -> bytes:
    """The first frames of a stream."""
    lines = []
    while count:
        lines.append(reply.readline())
        count -= lines[-1] == b"\n"
    return b"".join(lines)


def _request_of(text: str) -> tuple[str, str, dict[str, str], str]:
    line, headers, body = _parts_of(text)
    method, path = line.split(" ")
    if headers.get("Content-Type") == "application/x-www-form-urlencoded":
        body = "".join(part.strip() for part in body.splitlines())
    return method, path, headers, body


def _request_of_curl(arguments: list[str]) -> tuple[str, str, dict[str, str], str]:
    """What curl would send, for the few flags that the pages use."""
    url, headers, bodies, words = "", {}, [], iter(arguments)
    for word in words:
        match word:
            case "-s":
                pass
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                bodies.append(next(words))
            case _:
                assert not word.startswith("-"), f"this flag of curl is not known: {word}"
                url = word
    if bodies:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    path = re.sub(r"^http://[^/]+", "", url)
    return "POST" if bodies else "GET", path, headers, "&".join(bodies)


def _parts_of(text: str) -> tuple[str, dict[str, str], str]:
    """The first line, the headers and the body of an http block."""
    head, _, body = text.strip().partition("\n\n")
    line, *headers = head.splitlines()
    return line, dict(header.split(": ", 1) for header in headers), body


def _same(shown: object, actual: object, where: str) -> None:
    if shown != actual or isinstance(shown, bool) != isinstance(actual, bool):
        raise DiffersError(f"{where}: the page shows {shown!r}, but it is {actual!r}")
