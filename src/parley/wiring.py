"""The composition root: builds the parts and hands each what it needs. The only reader of the clock and of chance."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from parley import __version__, databases
from parley.actions.housekeeping import ForgetAnswers, ForgetCheckpoints
from parley.actions.tokens import ResealKeys, RotateKey
from parley.api import server
from parley.api.app import build
from parley.api.calls import Backend
from parley.api.doorkeeper import Doorkeeper
from parley.core.access import SIGNING_KEY_BYTES
from parley.core.errors import ParleyError
from parley.feeds.tail import LogTail
from parley.ledger import LINE_LIMIT, Ledger
from parley.ports import Reader, Storage, Watch
from parley.settings import Settings
from parley.vault import Vault

SERVER = "server"  # who did what the program does by itself
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM_BITS = (1 << 80) - 1 - (0xF << 76) - (3 << 62)
UNENCRYPTED = "Stored keys are not encrypted: set PARLEY_SECRET_KEY or PARLEY_SECRET_KEY_FILE to change that."
HOUSEKEEPING_EVERY_S = 600.0
BEGUN_AGAIN_AFTER_S = 1.0

log = logging.getLogger("parley")


class StartError(ParleyError):
    """A server that was started did not come up. Not public: it stops the program."""

    code = 9006


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that works on one database."""

    storage: Storage
    reader: Reader
    ledger: Ledger
    vault: Vault
    tail: LogTail
    watch: Watch

    def backend(self) -> Backend:
        """What the HTTP edge is handed."""
        keeper = Doorkeeper(self.reader, now=now, unseal=self.vault.unseal)
        return Backend(
            ledger=self.ledger,
            reader=self.reader,
            doorkeeper=keeper,
            now=now,
            version=__version__,
            instance=secrets.token_hex(6),
            tail=self.tail,
        )


def now() -> datetime:
    """The present time."""
    return datetime.now(UTC)


def fresh() -> str:
    """A new GUID of version 7 (RFC 9562 §5.7): the time in milliseconds, then 74 random bits.

    Ids in order of time keep the newest rows of a table and of its indexes side by side; random ones touch, and so
    write, another page each (docs/decisions/0005).
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds << 80) | (random & _RANDOM_BITS) | _VERSION_AND_VARIANT
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_secret() -> str:
    """A new refresh token: 32 random bytes."""
    return secrets.token_urlsafe(32)


@asynccontextmanager
async def opened(
    url: str, *, secret: str | None = None, line_limit: int = LINE_LIMIT, migrates: bool = True
) -> AsyncIterator[Parts]:
    """The parts on a database, its schema brought up to date and a signing key made, until the block ends."""
    vault = Vault(secret)
    storage, reader, watch = databases.sides(url)
    tail = LogTail(reader)
    ledger = Ledger(storage, now=now, fresh=fresh, line_limit=line_limit, on_events=tail.wake)
    parts = Parts(storage=storage, reader=reader, ledger=ledger, vault=vault, tail=tail, watch=watch)
    try:
        if migrates:
            await storage.migrate()
        ledger.start()
        if migrates:
            await _make_keys(parts)
        yield parts
    finally:
        await ledger.close()
        await reader.close()
        await storage.close()


async def _make_keys(parts: Parts) -> None:
    """See to it that there is a signing key, that we can read it, and that it is encrypted if it can be."""
    keys = await parts.reader.signing_keys()
    if not keys:
        await rotate_key(parts, by=SERVER, only_if_none=True)
        return
    opened_keys = [(key, parts.vault.unseal(key.sealed)) for key in keys]
    plain = tuple(
        (key.id, parts.vault.seal(value)) for key, value in opened_keys if parts.vault.needs_sealing(key.sealed)
    )
    if plain:
        await parts.ledger.submit(ResealKeys(sealed=plain))


async def rotate_key(parts: Parts, *, by: str, only_if_none: bool = False) -> int:
    """Put a new signing key in charge; its number."""
    sealed = parts.vault.seal(secrets.token_bytes(SIGNING_KEY_BYTES))
    key = await parts.ledger.submit(RotateKey(sealed=sealed, by=by, only_if_none=only_if_none))
    return key.id


async def keep_house(ledger: Ledger) -> None:
    """Drop what is too old now and then, until cancelled."""
    while True:
        with contextlib.suppress(ParleyError):
            await tidy(ledger)
        await asyncio.sleep(HOUSEKEEPING_EVERY_S)


async def tidy(ledger: Ledger) -> None:
    """Drop everything that is too old, a bounded part at a time, so that callers come between."""
    for forget in (ForgetAnswers(), ForgetCheckpoints()):
        while await ledger.submit(forget):
            pass


async def serve(settings: Settings, listening: socket.socket, *, say: Callable[[str], None]) -> None:
    """Everything that `parley serve` runs, until it is told to stop and has drained."""
    async with opened(settings.database, secret=settings["secret-key"], line_limit=settings["line"]) as parts:
        app = build(parts.backend(), prefix=settings["prefix"], cors_origins=settings["cors-origin"])
        if not parts.vault.encrypts:
            say(UNENCRYPTED)
        host, port = listening.getsockname()[:2]
        async with beside(
            housekeeping=lambda: keep_house(parts.ledger),
            tail=parts.tail.run,
            watch=lambda: parts.watch.watch(parts.tail.wake),
        ):
            await server.serve(
                app,
                listening,
                connections=settings["connections"],
                on_ready=lambda: say(f"Parley {__version__} listens on http://{host}:{port}"),
            )


@asynccontextmanager
async def beside(**works: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Have works that never end done while the block runs; one that breaks is begun again."""
    tasks = [asyncio.create_task(keep_at(name, work), name=name) for name, work in works.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def keep_at(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do a work until cancelled. A fault of ours must not end it while the server seems to be well."""
    while True:
        try:
            await work()
        except Exception as broken:
            log.exception("work_broken", extra={"work": name, "error": type(broken).__name__})
        await asyncio.sleep(BEGUN_AGAIN_AFTER_S)
