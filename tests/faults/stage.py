"""A server whose database is behind a proxy, callers who ask it, and what is found on disk in the end."""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from parley import wiring
from tests.api.inside import add_tenant
from tests.faults.proxy import Proxy
from tests.postgres import Cluster, cluster, start_cluster
from tests.servers import Reply, Server, Tenant
from tests.stories.callers import CONVERSATIONS, Caller, somebody
from tests.stories.stored import stored_emails

RETRIED = (429, 503)


@dataclass
class Stage:
    """A server behind a proxy, and one community whose token it knows."""

    home: Cluster
    database: str  # its URL without the proxy
    proxy: Proxy
    server: Server
    tenant: Tenant
    token: str
    log: Path

    def sign_in(self) -> None:
        """Take a new token and use it once: for 30 s from now the server need not ask the database whose it is."""
        self.token = self.server.token(self.tenant)
        assert 404 == self.read().status

    def create(self, **more: str) -> Reply:
        """One conversation of somebody new."""
        return self.server.request("POST", CONVERSATIONS, {**somebody(), **more}, token=self.token)

    def read(self) -> Reply:
        """A read that finds nothing: 404 when all is well."""
        return self.server.request("GET", f"{CONVERSATIONS}/999999", token=self.token)

    def ready(self) -> Reply:
        """Whether it can work."""
        return self.server.request("GET", "/health/ready")

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one kind so far."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]


@contextmanager
def staged(*flags: str, on: Cluster | None = None) -> Iterator[Stage]:
    """A server on a new database by way of a proxy, until the block ends."""
    home = on or cluster()
    database = home.new_database()
    tenant = asyncio.run(_add_tenant(database))
    with ExitStack() as scenery:
        log = Path(scenery.enter_context(tempfile.TemporaryDirectory(prefix="parley-faults-"))) / "log"
        proxy = scenery.enter_context(Proxy(home))
        server = scenery.enter_context(Server(proxy.url(database), flags, log=log))
        stage = Stage(home, database, proxy, server, tenant, "", log)
        stage.sign_in()
        yield stage


async def _add_tenant(database: str) -> Tenant:
    async with wiring.opened(database) as parts:
        return await add_tenant(parts.ledger, "Acme")


def fragile_cluster() -> Cluster:
    """A PostgreSQL to be stopped and crashed: what was not committed is lost in a crash, and it is soon back."""
    own = start_cluster(Path(tempfile.mkdtemp(prefix="parley-fragile-")))
    own.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    if sys.platform == "linux":
        own.execute("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")
    own.execute("SELECT pg_reload_conf()")
    return own


def all_at_once(stage: Stage, count: int, *, have_keys: bool, may_repeat: bool = False) -> dict[str, Reply]:
    """So many callers who create a conversation at the same time; the answer to each e-mail address.

    Those who may repeat themselves do so when their line breaks.
    """

    def call(number: int) -> tuple[str, Reply]:
        body = somebody()
        email = body["author"]["email"]
        for is_last in (not may_repeat, True):
            with Caller(stage.server, stage.token) as caller:
                try:
                    return email, caller.create(body, headers={"Idempotency-Key": email} if have_keys else {})
                except (OSError, HTTPException):
                    if is_last:
                        raise
        raise AssertionError(number)

    with ThreadPoolExecutor(count) as threads:
        return dict(threads.map(call, range(count)))


def stored(database: str) -> Counter[str]:
    """How many conversations each e-mail address has."""
    return Counter(stored_emails(database))


def broken_promises(database: str) -> list[str]:
    """The checks of `parley verify` that do not hold."""

    async def audit() -> list[str]:
        async with wiring.opened(database, migrates=False) as parts:
            findings = await parts.reader.audit(lambda done, of: None)
        return [f"{finding.check}: {finding.detail}" for finding in findings if not finding.holds]

    return asyncio.run(audit())


def retry_after(reply: Reply) -> tuple[int, bool]:
    """The status, and whether it says when to come back."""
    return reply.status, int(reply.headers["Retry-After"] or 0) >= 1
