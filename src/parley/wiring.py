"""The composition root: builds the parts and hands each what it needs. The only reader of the clock and of chance."""

import asyncio
import contextlib
import os
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from parley import __version__, databases
from parley.actions.tokens import ResealKeys, RotateKey
from parley.api.attending import Attendance
from parley.api.calls import Backend
from parley.api.doorkeeper import Doorkeeper
from parley.api.session_keeper import SessionKeeper
from parley.api.streams import Streams
from parley.api.tries import Tries
from parley.attendance import Registry
from parley.bots.asking import Asker
from parley.bots.attendants import Attendants
from parley.bots.connectors import CONNECTORS
from parley.bots.desk import BotDesk
from parley.core.access import SIGNING_KEY_BYTES
from parley.core.bots import Bot
from parley.core.errors import NotFoundError
from parley.core.mail import Relay, read_relay
from parley.core.mail import Sender as MailSender
from parley.core.signing import SECRET_BYTES
from parley.core.webhooks import Endpoint
from parley.feeds.tail import LogTail
from parley.ledger import LINE_LIMIT, Ledger
from parley.mail.letters import trial
from parley.mail.office import ClosedOffice, Office
from parley.mail.post import Post
from parley.outgoing.client import Outgoing
from parley.passwords import Passwords
from parley.ports import Reader, Storage, Watch
from parley.processes import Process
from parley.shifts import Shifts, Trade
from parley.vault import Vault
from parley.webhooks.desk import Desk, Secrets
from parley.webhooks.forwarding import Forwarder
from parley.webhooks.postman import Postman
from parley.webhooks.sending import Sender

T = TypeVar("T")

CHALLENGES_FROM = 10**9  # a challenge has ten digits: too many to guess, and what the published example looks like
SERVER = "server"  # who did what the program does by itself
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)
_RANDOM_BITS = (1 << 80) - 1 - (0xF << 76) - (3 << 62)


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that works on one database."""

    storage: Storage
    reader: Reader
    ledger: Ledger
    vault: Vault
    tail: LogTail
    watch: Watch

    def backend(self, outgoing: Outgoing, *, public_url: str) -> Backend:
        """What the HTTP edge is handed."""
        keeper = Doorkeeper(self.reader, now=now, unseal=self.vault.unseal)
        sessions = SessionKeeper(self.reader, self.ledger, now=now)
        return Backend(
            ledger=self.ledger,
            reader=self.reader,
            doorkeeper=keeper,
            now=now,
            version=__version__,
            desk=desk(self, outgoing, public_url=public_url),
            bot_desk=bot_desk(self, outgoing),
            instance=secrets.token_hex(6),
            tail=self.tail,
            streams=Streams(
                reader=self.reader,
                tail=self.tail,
                neighbours=self.watch,
                doorkeeper=keeper,
                sessions=sessions,
                attendance=Attendance(self.ledger, now=now),
                now=now,
            ),
            sessions=sessions,
            passwords=Passwords(),
            tries=Tries(self.watch, now=now),
            new_secret=new_secret,
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


class Clock:
    """The time, and waiting for it. Satisfies `parley.shifts.Clock`."""

    def now(self) -> datetime:
        """The present time."""
        return now()

    async def rest(self, wake: asyncio.Event, until: datetime | None) -> None:
        """Return when woken, and at the latest then."""
        seconds = None if until is None else max((until - now()).total_seconds(), 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()


def outgoing() -> Outgoing:
    """Who makes requests to customers' addresses; to be closed in the loop that it is used in."""
    return Outgoing()


def desk(parts: Parts, outgoing: Outgoing, *, public_url: str) -> Desk:
    """Where webhooks are looked after."""
    return Desk(
        ledger=parts.ledger,
        reader=parts.reader,
        caller=outgoing,
        secrets=Secrets(
            new_secret=_signing_secret,
            new_challenge=lambda: str(secrets.randbelow(9 * CHALLENGES_FROM) + CHALLENGES_FROM),
            seal=parts.vault.seal,
            unseal=parts.vault.unseal,
        ),
        public_url=public_url,
    )


def forwarder(parts: Parts, outgoing: Outgoing, *, public_url: str) -> Forwarder:
    """Who sends a community's webhooks to a program under development."""
    return Forwarder(reader=parts.reader, tail=parts.tail, sender=_sender(parts, outgoing, public_url))


def _sender(parts: Parts, outgoing: Outgoing, public_url: str) -> Sender:
    dice = random.SystemRandom().random
    return Sender(outgoing, unseal=parts.vault.unseal, public_url=public_url, now=now, dice=dice)


def postman(parts: Parts, outgoing: Outgoing, process: Process, *, public_url: str) -> Shifts[Endpoint]:
    """Who sees to it that webhooks are sent."""
    sender = _sender(parts, outgoing, public_url)
    trade = Postman(
        ledger=parts.ledger,
        reader=parts.reader,
        tail=parts.tail,
        attempt=sender.attempt,
        clock=Clock(),
        holder=process.name,
    )
    return _shifts(trade, parts, process)


def attendants(parts: Parts, outgoing: Outgoing, process: Process) -> Shifts[Bot]:
    """Who sees to it that bots are asked."""
    trade = Attendants(
        ledger=parts.ledger,
        reader=parts.reader,
        tail=parts.tail,
        asking=_asker(parts, outgoing),
        clock=Clock(),
        dice=random.SystemRandom().random,
    )
    return _shifts(trade, parts, process)


def bot_desk(parts: Parts, outgoing: Outgoing) -> BotDesk:
    """Where bots are looked after."""
    return BotDesk(_asker(parts, outgoing), new_secret=_signing_secret, seal=parts.vault.seal, now=now)


def relay(smtp_url: str | None) -> Relay | None:
    """The server that takes mails; None when none is named."""
    return None if smtp_url is None else read_relay(smtp_url)


def mail(parts: Parts, process: Process, taker: Relay | None) -> Shifts[None]:
    """Who sees to it that mail goes out; without a server that takes it, that teammates know that it does not."""
    trade: Trade[None]
    if taker is None:
        trade = ClosedOffice(ledger=parts.ledger, reader=parts.reader, clock=Clock())
    else:
        trade = Office(ledger=parts.ledger, reader=parts.reader, tail=parts.tail, post=Post(taker), clock=Clock())
    return _shifts(trade, parts, process)


def attendance(parts: Parts, process: Process) -> Shifts[None]:
    """Who sees to it that teammates who are gone are known to be."""
    return _shifts(Registry(ledger=parts.ledger, reader=parts.reader, clock=Clock()), parts, process)


async def mail_trial(parts: Parts, taker: Relay, sender: MailSender, *, to: str) -> None:
    """Hand over a mail that shows whether mail works. Raises AwayError and NotTakenError."""
    community = await parts.reader.community(str(sender.community_id))
    if community is None:
        raise NotFoundError("There is no such community.")
    post = Post(taker)
    async with post.line() as line:
        await line.hand_over(trial(sender, community, to=to, name=f"trial.{fresh()}"), sender=sender.address, to=to)
    await post.rest()


def _asker(parts: Parts, outgoing: Outgoing) -> Asker:
    return Asker(outgoing, CONNECTORS, unseal=parts.vault.unseal, now=now)


def _signing_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def _shifts(trade: Trade[T], parts: Parts, process: Process) -> Shifts[T]:
    return Shifts(
        trade,
        ledger=parts.ledger,
        reader=parts.reader,
        clock=Clock(),
        holder=process.name,
        gone=lambda leases: process.gone({lease.holder for lease in leases}),
    )


@asynccontextmanager
async def opened(
    url: str,
    *,
    secret: str | None = None,
    line_limit: int = LINE_LIMIT,
    migrates: bool = True,
    clock: Callable[[], datetime] = now,
) -> AsyncIterator[Parts]:
    """The parts on a database, its schema brought up to date and a signing key made, until the block ends.

    What is written has the time of `clock`.
    """
    vault = Vault(secret)
    storage, reader, watch = databases.sides(url)
    tail = LogTail(reader)
    ledger = Ledger(storage, now=clock, fresh=fresh, line_limit=line_limit, on_events=tail.wake)
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
