"""The targets: Parley, the baseline in its forms, the ceiling, and the trivial server."""

import importlib.util
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from bench.asking import Address
from bench.baseline.setup import make_database, mint_token
from bench.errors import BenchError
from bench.fill import url_of
from bench.seed import CATEGORY
from bench.servers import Running, Server, Target, free_port, output_of, post_form

_READY = "/health/ready"


class Login(Protocol):
    """What an access token is got with."""

    @property
    def client_id(self) -> str:
        """Whose refresh token it is."""

    @property
    def refresh_token(self) -> str:
        """What is exchanged."""


class _Community(msgspec.Struct, rename="camel"):
    id: str | int
    client_id: str
    refresh_token: str


class _Token(msgspec.Struct):
    access_token: str


def access_token(port: int, login: Login) -> str:
    """Exchange a refresh token at a running Parley."""
    form = {"grant_type": "refresh_token", "refresh_token": login.refresh_token, "client_id": login.client_id}
    return msgspec.json.decode(post_form(port, "/token", urlencode(form)), type=_Token).access_token


class Parley:
    """Parley as it is installed and run: `serve` is the server."""

    name = "parley"
    label = "Parley on SQLite"

    def __init__(self, make: Callable[[Path], Login] | None = None) -> None:
        """Take what makes the database at a path and returns its login; by default Parley's own commands do."""
        self._make: Callable[[Path], Login] = make or _made_by_commands

    def prepare(self, folder: Path) -> None:
        """Make the database."""
        self._server = Server(folder / "server.log")
        self.database = folder / "parley.db"
        self._login = self._make(self.database)

    def start(self) -> Running:
        """Start `parley serve` and exchange the refresh token for an access token."""
        port = free_port()
        command = _parley("serve", "--database", url_of(self.database), "--port", str(port))
        process, ready_after_s = self._server.start(command, port=port, ready=_READY)
        address = Address(port=port, token=access_token(port, self._login))
        return Running(process=process, address=address, ready_after_s=ready_after_s)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()

    def kill(self) -> None:
        """End the server with SIGKILL: it hears nothing of it and can do nothing about it."""
        self._server.kill()


class Baseline:
    """FastAPI, SQLAlchemy's ORM and pydantic, one transaction for each request; see `bench.baseline`."""

    def __init__(
        self, name: str, label: str, *, fill: Callable[[Path, int], None] | None = None, **environment: str
    ) -> None:
        """Take what fills the tables of a community, if anything, and what differs from the baseline by default."""
        self.name = name
        self.label = label
        self._fill = fill
        self._environment = {"BASELINE_PLACE": "counter", "BASELINE_KEY": secrets.token_hex(64)} | environment

    def prepare(self, folder: Path) -> None:
        """Make the tables, one community and its category."""
        self._server = Server(folder / "server.log")
        database = folder / "baseline.db"
        self._environment["BASELINE_DATABASE"] = str(database)
        account = make_database(database, category_id=CATEGORY)
        if self._fill is not None:
            self._fill(database, account.community_id)
        self._token = mint_token(account, key=self._environment["BASELINE_KEY"])

    def start(self) -> Running:
        """Start the baseline on uvicorn."""
        port = free_port()
        command = _uvicorn("bench.baseline.app:app", port, "--factory")
        process, ready_after_s = self._server.start(command, port=port, ready=_READY, environment=self._environment)
        return Running(process=process, address=Address(port=port, token=self._token), ready_after_s=ready_after_s)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


class Ceiling:
    """A bare ASGI function (`bench.ceiling:app`) over Parley's own ledger: the most this design can give."""

    name = "ceiling"
    label = "bare ASGI on the ledger"

    def prepare(self, folder: Path) -> None:
        """Make the database by Parley's own commands."""
        if importlib.util.find_spec("bench.ceiling") is None:
            raise BenchError("there is no bench/ceiling.py; name the other targets with --target")
        self._server = Server(folder / "server.log")
        database = folder / "ceiling.db"
        self._database, self._community = url_of(database), _made_by_commands(database)

    def start(self) -> Running:
        """Start the function on uvicorn; it knows its community from the environment and reads no token."""
        port = free_port()
        process, ready_after_s = self._server.start(
            _uvicorn("bench.ceiling:app", port),
            port=port,
            ready=_READY,
            environment={"CEILING_DATABASE": self._database, "CEILING_COMMUNITY": str(self._community.id)},
        )
        return Running(process=process, address=Address(port=port, token="none"), ready_after_s=ready_after_s)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


class Trivial:
    """The server that does nothing, for the load generator's own limit."""

    name = "trivial"
    label = "a server that does nothing"

    def prepare(self, folder: Path) -> None:
        """Nothing is kept but the output."""
        self._server = Server(folder / "server.log")

    def start(self) -> Running:
        """Start it."""
        port = free_port()
        command = [sys.executable, "-m", "bench.trivial", str(port)]
        process, ready_after_s = self._server.start(command, port=port, ready="/")
        return Running(process=process, address=Address(port=port, token="none"), ready_after_s=ready_after_s)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


TARGETS: dict[str, Callable[[], Target]] = {
    "parley": Parley,
    "baseline": lambda: Baseline("baseline", "FastAPI + ORM"),
    "baseline-blocking": lambda: Baseline("baseline-blocking", "…blocking the loop", BASELINE_BLOCKING="yes"),
    "baseline-count": lambda: Baseline("baseline-count", "…with COUNT(*)", BASELINE_PLACE="count"),
    "ceiling": Ceiling,
}
"""Every target by name; the baseline in its usual form, and in two others."""

DEFAULT_TARGETS = ("parley", "baseline", "ceiling")


def _parley(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "parley", *arguments]


def _made_by_commands(path: Path) -> _Community:
    database = url_of(path)
    output_of(_parley("migrate", "--database", database))
    made = output_of(_parley("community", "add", "Bench", "--json", "--database", database))
    category = ("category", "add", "Bench", "Support", "--id", str(CATEGORY), "--database", database)
    output_of(_parley(*category))
    return msgspec.json.decode(made, type=_Community)


def _uvicorn(app: str, port: int, *more: str) -> list[str]:
    server = ("--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log")
    return [sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port), *server, *more]
