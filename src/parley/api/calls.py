"""One call: what came in, what the handlers may use, and how they answer."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from parley import ledger
from parley.actions.draft import Action
from parley.api import epochs, wire
from parley.api.bodies import BODY_LIMIT, Body
from parley.api.connections import CONNECTION
from parley.api.desk import BotDesk, Desk
from parley.api.doorkeeper import Access, Doorkeeper
from parley.api.errors import Headers, MediaTypeError, NotAllowedError, SignInError
from parley.api.session_keeper import NOBODY, Agent, SessionKeeper, is_proof, read_cookie
from parley.api.stream import Connection
from parley.api.streams import Streams
from parley.api.tries import Tries
from parley.core.access import Scope
from parley.core.agency import Agency
from parley.core.errors import (
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    ParleyError,
    Problem,
    TooLargeError,
    UnauthorizedError,
)
from parley.core.texts import shown
from parley.ledger import Ledger, Once
from parley.passwords import Passwords
from parley.ports import Reader, Tail

NO_CONTENT = 204
KEY_LIMIT = 255  # visible characters of an Idempotency-Key
ID_LIMIT = 2**53 - 1  # the largest whole number that every JSON reader keeps exactly

SAFE = frozenset({"GET", "HEAD"})  # methods that change nothing (RFC 9110 §9.2.1)

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
R = TypeVar("R")
T = TypeVar("T")

_KEY = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e][\x21-\x7e]{0,254})')
_JSON_TYPE = re.compile(rb"application/(json|[a-z0-9.+-]+\+json)\s*(;.*)?", re.IGNORECASE | re.DOTALL)


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """What `wiring` hands to this edge."""

    ledger: Ledger
    reader: Reader
    doorkeeper: Doorkeeper
    now: Callable[[], datetime]
    version: str
    desk: Desk
    bot_desk: BotDesk
    tail: Tail
    streams: Streams
    sessions: SessionKeeper
    passwords: Passwords
    tries: Tries
    new_secret: Callable[[], str]
    instance: str = ""  # a few random characters that tell this process's request ids from another's


class Answer(msgspec.Struct, frozen=True):
    """A whole answer, ready to be sent."""

    body: bytes
    status: int = 200
    headers: Headers = ()
    media_type: bytes = b"application/json"
    stream: Callable[[], Awaitable[bytes]] | None = None  # writes what comes before the body, for as long as it lasts


class GoneError(Exception):
    """The caller went away before the request was whole; there is nobody to answer."""


class Call:
    """One request.

    `access` and `token` are set on routes that need a token, `agent` and `secret` (of the session) on those that need a
    teammate, `raw` on those that take a body. `actor` is whichever of `access` and `agent` there is: whose call it is.
    """

    __slots__ = (
        "_scope",
        "access",
        "actor",
        "agent",
        "backend",
        "headers",
        "method",
        "params",
        "path",
        "query_string",
        "raw",
        "request_id",
        "secret",
        "token",
    )

    access: Access
    actor: Access | Agent
    agent: Agent
    secret: str
    token: str
    raw: bytes

    def __init__(self, scope: Mapping[str, Any], backend: Backend, request_id: str) -> None:
        self._scope = scope
        self.backend = backend
        self.request_id = request_id
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.params: Mapping[str, str] = scope.get("path_params", {})
        self.query_string: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])

    @property
    def accept(self) -> str:
        """What the caller takes, by all its Accept headers."""
        return ",".join(value.decode("latin-1") for name, value in self._scope["headers"] if name == b"accept")

    @property
    def connection(self) -> Connection:
        """The caller's connection, for an answer that lasts."""
        connection: Connection = self._scope[CONNECTION]
        return connection

    async def authenticate(self, wanted: Scope) -> None:
        """Find out whose call it is. Raises UnauthorizedError, ExpiredError or ForbiddenError."""
        scheme, _, token = self.headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            msg = "An access token is needed: Authorization: Bearer <token>. POST /token gives one."
            raise UnauthorizedError(msg)
        self.token = token.strip().decode("latin-1")
        keeper = self.backend.doorkeeper
        self.actor = self.access = keeper.remembered(self.token) or await keeper.verify(self.token)
        if not self.access.scope.covers(wanted):
            msg = f"This token has the scope {self.access.scope}, but {wanted} is needed."
            raise ForbiddenError(msg)

    @property
    def address(self) -> str:
        """Where the caller is: its IP address."""
        client = self._scope.get("client")
        return str(client[0]) if client else ""

    async def admit(self, wanted: Agency, *, is_use: bool) -> None:
        """Find out which teammate calls. Raises SignInError, and NotAllowedError for a write without its proof."""
        secret = read_cookie(self.headers.get(b"cookie"))
        if secret is None:
            raise SignInError(NOBODY)
        self.secret = secret
        self.actor = self.agent = await self.backend.sessions.admit(secret, is_use=is_use)
        if self.method not in SAFE and not is_proof(self.headers.get(b"x-parley-csrf"), secret):
            msg = "A write needs the header X-Parley-CSRF with the csrfToken of the session."
            raise NotAllowedError(msg)
        if not wanted.allows(self.agent.role):
            msg = f"Your role, {self.agent.role}, may not do this."
            raise NotAllowedError(msg)

    async def receive_body(self, receive: Receive) -> None:
        """Take in the whole body. Raises TooLargeError as soon as it is known to be over 1 MiB."""
        length = self.headers.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > BODY_LIMIT:
            raise _too_large(int(length))
        message = await receive()
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            parts, size = [body], len(body)
            while message.get("more_body"):
                message = await receive()
                part = message.get("body", b"")
                parts.append(part)
                size += len(part)
                if size > BODY_LIMIT:
                    raise _too_large(size)
            body = b"".join(parts)
        if message["type"] == "http.disconnect":
            raise GoneError
        self.raw = body

    def body(self, reader: Body[T]) -> T:
        """The JSON body as a value."""
        media_type = self.headers.get(b"content-type")
        if media_type is not None and _JSON_TYPE.fullmatch(media_type.strip()) is None:
            msg = "The body must be JSON: Content-Type: application/json."
            raise MediaTypeError(msg)
        return reader.read(self.raw)

    def query(self) -> dict[str, str]:
        """The query's members; of one that is given twice the last counts. Raises MalformedError if not UTF-8."""
        if not self.query_string:
            return {}
        try:
            return dict(parse_qsl(self.query_string.decode("ascii"), keep_blank_values=True, errors="strict"))
        except UnicodeDecodeError:
            msg = "The query is not percent-encoded UTF-8."
            raise MalformedError(msg) from None

    def id(self, name: str = "id") -> int:
        """A number in the path. What cannot be one names nothing: NotFoundError."""
        text = self.params[name]
        if text.isascii() and text.isdecimal() and len(text) <= 16 and 0 < int(text) <= ID_LIMIT:  # noqa: PLR2004
            return int(text)
        msg = "There is nothing at this path: the id is not a positive whole number."
        raise NotFoundError(msg)

    async def act(
        self,
        action: Action[R],
        show: Callable[[R], Any],
        *,
        epoch_of: Callable[[R], int | None] | None = None,
        may_be_nothing: bool = False,
    ) -> Answer:
        """Do the action, at most once for an Idempotency-Key, and answer with `show` of its reply.

        `epoch_of` finds in the reply the epoch of the conversation that it is about. With `may_be_nothing` the answer
        to no reply is 204: there was nothing to do.
        """

        def render(reply: R) -> tuple[int, bytes]:
            is_nothing = reply is None and may_be_nothing
            return (NO_CONTENT, b"") if is_nothing else (200, wire.envelope(show(reply)))

        key = self.idempotency_key()
        if key is None:
            reply = await self.backend.ledger.submit(action)
            status, body = render(reply)
            return Answer(body, status, epochs.headers(epoch_of and epoch_of(reply)))
        return stored(await self.backend.ledger.submit_once(action, self._once(key, render, epoch_of)))

    def once(self, render: Callable[[Any], bytes]) -> Once | None:
        """The Idempotency-Key with the request, and how the answer is written down; None without a key."""
        key = self.idempotency_key()
        return None if key is None else self._once(key, lambda reply: (200, render(reply)), None)

    def _once(
        self,
        key: str,
        render: Callable[[Any], tuple[int, bytes]],
        epoch_of: Callable[[Any], int | None] | None,
    ) -> Once:
        return Once(
            key=key,
            method=self.method,
            path=self.path,
            body_hash=hashlib.sha256(self.raw).digest(),
            render=render,
            epoch_of=epoch_of,
        )

    def epoch(self) -> int | None:
        """The takeover epoch that the caller decided under. Raises InvalidError for what is no epoch."""
        return epochs.read(self.headers.get(epochs.HEADER))

    def idempotency_key(self) -> str | None:
        """The key in either form: a quoted string (draft-ietf-httpapi-idempotency-key-header-07) or a bare token."""
        raw = self.headers.get(b"idempotency-key")
        if raw is None:
            return None
        found = _KEY.fullmatch(raw.decode("latin-1").strip())
        if found is None:
            problem = Problem("Idempotency-Key", f"must be 1 to {KEY_LIMIT} visible characters, quoted or not")
            raise InvalidError(f"{problem.path}: {problem.text}", (problem,))
        return found[1] or found[2]


def stored(answer: ledger.Answer) -> Answer:
    """An answer as the ledger has it, with what says that it was given before."""
    headers = epochs.headers(answer.epoch)
    if answer.is_replay:
        headers += ((b"idempotent-replayed", b"true"),)
    return Answer(answer.body, answer.status, headers)


def read_bool(text: str | None, name: str, *, default: bool) -> bool:
    """A query's truth value, without regard to case; absent or blank is the default."""
    if not text:
        return default
    match text.lower():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise wrong(name, "must be true or false", text)


def read_choice(text: str | None, name: str, choices: Mapping[str, T], *, default: str) -> T:
    """One of the allowed words of a query; absent or blank is the default."""
    word = text or default
    if word not in choices:
        raise wrong(name, f"must be one of {', '.join(choices)}", word)
    return choices[word]


def read_whole(text: str | None, name: str, *, default: int, least: int = 0, most: int = ID_LIMIT) -> int:
    """A whole number of a query within its limits; absent or blank is the default."""
    if not text:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= 16 and least <= int(text) <= most:  # noqa: PLR2004 - 2^53
        return int(text)
    raise wrong(name, f"must be a whole number from {least} to {most}", text)


def wrong(name: str, wanted: str, given: str) -> ParleyError:
    """The error of a query member that does not fit."""
    text = f"{wanted}, but {shown(given)} was given"
    return InvalidError(f"{name}: {text}", (Problem(name, text),))


def _too_large(size: int) -> TooLargeError:
    return TooLargeError(f"The body may be at most {BODY_LIMIT} bytes long, but at least {size} were sent.")
