"""A real `parley serve` on a real socket, started and ended by tests, and the commands run beside it."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Self

START_WITHIN_S = 20
STOP_WITHIN_S = 20


def run_parley(*arguments: str, database: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command that must succeed; its standard output."""
    done = try_parley(*arguments, database=database, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def try_parley(
    *arguments: str, database: str | None = None, env: Mapping[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command, whatever comes of it."""
    where = [] if database is None else ["--database", database]
    return subprocess.run(
        [sys.executable, "-m", "parley", *arguments, *where],
        env=clean_environment(env),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process without any PARLEY_ variable of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(more or {})


@dataclass
class Tenant:
    """A community with what its integrator needs to sign in."""

    id: int
    name: str
    client_id: str
    refresh_token: str


def add_community(database: str, name: str, *, env: Mapping[str, str] | None = None) -> Tenant:
    """Add a community by command."""
    made = json.loads(run_parley("community", "add", name, "--json", database=database, env=env))
    return Tenant(made["id"], made["name"], made["clientId"], made["refreshToken"])


@dataclass
class Reply:
    """What came back for a request."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """The whole body as a value."""
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """What stands in the envelope of a success."""
        body = self.json()
        assert (body["errorCode"], body["errorText"]) == (-1, None), body
        return body["data"]


@dataclass
class Server:
    """A running `parley serve`. Use as a context manager; leaving it ends the process with SIGTERM.

    `log` is the file that takes its standard error; `said` has what it printed before it listened. `program` is run
    instead of `parley serve` when a test brings its own.
    """

    database: str
    flags: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    log: Path | None = None
    program: tuple[str, ...] = ("parley", "serve")
    said: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on a port of the system's choice, or on the one it had before; returns when it listens."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start it without waiting."""
        command = [sys.executable, "-m", *self.program, "--port", str(self.port), "--database", self.database]
        with ExitStack() as files:
            self.process = subprocess.Popen(
                [*command, *self.flags],
                env=clean_environment(self.env),
                stdout=subprocess.PIPE,
                stderr=None if self.log is None else files.enter_context(self.log.open("ab")),
                text=True,
            )

    def await_ready(self) -> None:
        """Return when it listens."""
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "listens on http://" in line:
                self.port = int(line.rsplit(":", 1)[1].split()[0])
                return
        self.process.stdout.close()
        message = f"parley serve ended with {self.process.wait(START_WITHIN_S)} before it listened"
        raise AssertionError(message)

    def tell(self, what: signal.Signals) -> None:
        """Send it a signal and do not wait."""
        assert self.process is not None
        self.process.send_signal(what)

    def stop(self, within: float = STOP_WITHIN_S) -> int:
        """Ask it to drain and end; its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._ended(within)

    def kill(self) -> None:
        """End it without warning."""
        assert self.process is not None
        self.process.kill()
        self._ended()

    def _ended(self, within: float = STOP_WITHIN_S) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        try:
            code = self.process.wait(within)
        finally:
            self.process.kill()
            self.process.stdout.close()
        self.process = None
        return code

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request. A body that is bytes goes as it is, any other as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        elif body is not None:
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.url + path, data=body, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, refused.headers, refused.read())

    def token(self, tenant: Tenant) -> str:
        """An access token of the community."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tenant.refresh_token,
            "client_id": tenant.client_id,
        }
        reply = self.request(
            "POST",
            "/token",
            urllib.parse.urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert reply.status == 200, reply.body
        access: str = reply.json()["access_token"]
        return access


def sqlite_url(path: Path) -> str:
    """The URL of a file."""
    return f"sqlite:///{path}"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
