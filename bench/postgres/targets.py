"""What is measured over HTTP: Parley on PostgreSQL with so many workers, and the baseline on the same server."""

import secrets
import sys
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from sqlalchemy import create_engine

from bench.asking import Address
from bench.baseline.setup import make_tables, mint_token
from bench.postgres.cluster import Postgres, made
from bench.seed import CATEGORY
from bench.servers import Running, Server, free_port, post_form

_READY = "/health/ready"


class _Token(msgspec.Struct):
    access_token: str


class ParleyOnPostgres:
    """`parley serve` on a database of its own, with so many workers."""

    def __init__(self, postgres: Postgres, *, workers: int) -> None:
        """Take the server and the number of processes."""
        self.name = f"parley_{workers}"
        self.label = "Parley on PostgreSQL" if workers == 1 else f"…with {workers} workers"
        self._postgres = postgres
        self._workers = workers

    def prepare(self, folder: Path) -> None:
        """Make the database."""
        self._server = Server(folder / "server.log")
        self._url = self._postgres.make_database(self.name)
        self._login = made(self._url)

    def start(self) -> Running:
        """Start `parley serve` and exchange the refresh token for an access token."""
        port = free_port()
        arguments = ("--database", self._url, "--port", str(port), "--workers", str(self._workers))
        command = [sys.executable, "-m", "parley", "serve", *arguments]
        process, ready_after_s = self._server.start(command, port=port, ready=_READY)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._login.refresh_token,
            "client_id": self._login.client_id,
        }
        token = msgspec.json.decode(post_form(port, "/token", urlencode(form)), type=_Token).access_token
        return Running(process=process, address=Address(port=port, token=token), ready_after_s=ready_after_s)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()


class BaselineOnPostgres:
    """The baseline with psycopg; the community's row is read FOR UPDATE."""

    name = "baseline"
    label = "FastAPI + ORM on PostgreSQL"

    def __init__(self, postgres: Postgres) -> None:
        """Take the server."""
        self._postgres = postgres
        self._environment = {"BASELINE_PLACE": "counter", "BASELINE_KEY": secrets.token_hex(64)}

    def prepare(self, folder: Path) -> None:
        """Make the tables, one community and its category."""
        self._server = Server(folder / "server.log")
        url = self._postgres.make_database(self.name).replace("postgresql://", "postgresql+psycopg://", 1)
        self._environment["BASELINE_DATABASE"] = url
        account = make_tables(create_engine(url), category_id=CATEGORY)
        self._token = mint_token(account, key=self._environment["BASELINE_KEY"])

    def start(self) -> Running:
        """Start the baseline on uvicorn."""
        port = free_port()
        serving = ("--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools")
        quiet = ("--log-level", "warning", "--no-access-log")
        command = [sys.executable, "-m", "uvicorn", "bench.baseline.app:app", "--factory", *serving, *quiet]
        process, ready_after_s = self._server.start(command, port=port, ready=_READY, environment=self._environment)
        return Running(process=process, address=Address(port=port, token=self._token), ready_after_s=ready_after_s)

    def stop(self) -> None:
        """End the server."""
        self._server.stop()
