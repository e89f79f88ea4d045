"""Mail to clients: from whom it comes, what is owed to whom, when it is tried again, and where it is handed over.

A *mail* is a message of the team that goes to the client by e-mail, for the conversation was closed when it was
written. It is owed from the transaction of the message on, and ends sent or failed.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec.structs import replace

from parley.core import texts
from parley.core.errors import Problems

# Waits before the second, third … ninth try: 71 h 35 min in all, just less than a mail is kept trying.
SCHEDULE = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=20),
)
TRIED_FOR = timedelta(hours=72)  # and given up after that, whatever kept it from being tried
SEEN_WITHIN = timedelta(hours=1)  # what nobody saw for longer was written while no mail was sent, and never is

PORT, TLS_PORT = 587, 465

_PORTS = {"smtp": PORT, "smtps": TLS_PORT}
_SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_LOCAL_LIMIT, _DOMAIN_LIMIT = 64, 255  # octets (RFC 5321 §4.5.3.1)


class MailState(StrEnum):
    """Where a mail is."""

    WAITING = "waiting"
    SENT = "sent"  # the server that takes our mails has it
    FAILED = "failed"


class MailReason(StrEnum):
    """Why a mail failed."""

    NO_ADDRESS = "no_address"  # the client has no e-mail address, or none that mail can be sent to
    REFUSED = "refused"  # the receiving side said no, for good
    GAVE_UP = "gave_up"  # three days of tries
    OFF = "off"  # mail was switched off, for the community or for the server


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """From whom a community's mail comes. `since_seq` is the community's last event when it was switched on."""

    community_id: int
    address: str
    name: str | None
    since_seq: int
    set_at: datetime
    removed_at: datetime | None = None

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2]

    @property
    def shown(self) -> str:
        """Name and address, as people write them."""
        return self.address if self.name is None else f"{self.name} <{self.address}>"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is owed to the client by e-mail.

    `domain` and `since_seq` are the sender's when the message was written: its name as a mail must not change with the
    sender, and what was owed when mail was switched off is not sent when it is switched on again. `is_seen`: whoever
    sends knows of it. It is due at `due_at`, null when it has ended; `tries` counts those begun, `failure` names the
    last that failed.
    """

    message_id: int
    community_id: int
    conversation_id: int
    domain: str
    since_seq: int
    created_at: datetime
    due_at: datetime | None
    state: MailState = MailState.WAITING
    is_seen: bool = False
    tries: int = 0
    reason: MailReason | None = None
    failure: str | None = None
    ended_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it still is to be sent."""
        return self.state is MailState.WAITING


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """The server that takes our mails. `user` and `password` are what it is told, if anything."""

    host: str
    port: int
    is_encrypted: bool  # from the first byte on
    user: str | None = None
    password: str | None = None

    @property
    def must_encrypt(self) -> bool:
        """Whether nothing may be said in the clear: a password never leaves this machine unencrypted."""
        return self.password is not None and _LOOPBACK.fullmatch(self.host) is None


def after_begin(mail: Mail, *, now: datetime) -> Mail:
    """The mail when a try begins: should nothing be heard of it again, it is due when it would be had it failed."""
    wait = SCHEDULE[mail.tries] if mail.tries < len(SCHEDULE) else timedelta()
    return replace(mail, is_seen=True, tries=mail.tries + 1, due_at=now + wait)


def after_failure(mail: Mail, failure: str, *, now: datetime) -> Mail:
    """The mail when a try failed for now: due again as the try's beginning has it, or given up after the last."""
    failed = replace(mail, failure=failure)
    return ended(failed, MailState.FAILED, now=now, reason=MailReason.GAVE_UP) if mail.tries > len(SCHEDULE) else failed


def ended(mail: Mail, state: MailState, *, now: datetime, reason: MailReason | None = None) -> Mail:
    """The mail when nothing more is to be done about it."""
    return replace(mail, state=state, reason=reason, due_at=None, ended_at=now)


def doomed(mail: Mail, sender: Sender | None, *, now: datetime) -> MailReason | None:
    """Why it may not be tried any more; None when it may."""
    if sender is None or sender.since_seq != mail.since_seq:
        return MailReason.OFF
    if not mail.is_seen and now - mail.created_at > SEEN_WITHIN:
        return MailReason.OFF
    return MailReason.GAVE_UP if now - mail.created_at > TRIED_FOR else None


def mailable(address: str | None) -> str | None:
    """An address as mail can be sent to it; None when it cannot. A domain in other letters has its ASCII form."""
    local, _, domain = (address or "").rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return None
    if not 1 <= len(local) <= _LOCAL_LIMIT or not 1 <= len(domain) <= _DOMAIN_LIMIT:
        return None
    if _LOCAL.fullmatch(local) is None or _DOMAIN.fullmatch(domain) is None:
        return None
    return f"{local}@{domain}"


def read_sender(value: str, path: str, problems: Problems) -> tuple[str, str | None]:
    """The address and the name of a sender: `Shop <help@shop.example>`, or an address alone."""
    line = texts.read_line(value, path, problems, limit=texts.NAME_LIMIT + texts.EMAIL_LIMIT) or ""
    found = _SENDER.fullmatch(line)
    name = "" if found is None else found["name"].strip().strip('"').strip()
    address = mailable(line if found is None else found["address"].strip())
    if address is None:
        problems.add(path, f"must be like Shop <help@shop.example>, but {texts.shown(line)} was given")
    if len(name) > texts.NAME_LIMIT:
        problems.add(path, f"may have a name of at most {texts.NAME_LIMIT} characters, but it has {len(name)}")
    return address or "", name or None


def read_relay(url: str) -> Relay:
    """The server that a URL names. Raises ValueError with what is wrong, which repeats nothing of the URL."""
    if not url.isprintable() or " " in url:
        msg = "it may not hold white space or control characters"
        raise ValueError(msg)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        msg = "its host or port cannot be read"
        raise ValueError(msg) from None
    if parts.scheme not in _PORTS:
        msg = "it must begin with smtp:// or smtps://"
        raise ValueError(msg)
    if not parts.hostname or port == 0:
        msg = "it must name a host, and a port from 1 to 65535 if any"
        raise ValueError(msg)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        msg = "nothing may follow the host and port"
        raise ValueError(msg)
    if (parts.username is None) != (parts.password is None):
        msg = "a user and a password go together"
        raise ValueError(msg)
    return Relay(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        is_encrypted=parts.scheme == "smtps",
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
