"""POST /token: the refresh token grant of OAuth 2.0 (RFC 6749 §6), not enveloped (spec §2)."""

import base64
import binascii
import contextlib
from datetime import datetime
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from parley.actions.tokens import USE_NOTED_EVERY, NoteTokenUse
from parley.api.calls import Answer, Call
from parley.api.doorkeeper import hash_of
from parley.core.access import EXPIRES_IN, Grant
from parley.core.errors import ParleyError

FORM_LIMIT = 8_192  # bytes; a good form has about 150
FORM_MEMBERS = 50
_NO_STORE = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
_BASIC = ((b"www-authenticate", b'Basic realm="parley"'),)


class TokenForm(msgspec.Struct):
    """What the form holds. An older page of the reference spells it `grand_type`; both are read."""

    grant_type: str
    refresh_token: str
    client_id: str | None = None


class TokenReply(msgspec.Struct):
    """The access token; the refresh token comes back unchanged."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


class TokenFailure(msgspec.Struct):
    """What went wrong (RFC 6749 §5.2)."""

    error: str
    error_description: str


async def token(call: Call) -> Answer:
    """Exchange a refresh token for an access token."""
    form = _form(call)
    if isinstance(form, Answer):
        return form
    kind = form.get("grant_type", form.get("grand_type"))
    secret = form.get("refresh_token")
    client_id = _client_id(call, form)
    if kind is not None and kind != "refresh_token":
        return _refuse("unsupported_grant_type", "grant_type must be refresh_token.")
    if kind is None or secret is None:
        return _refuse("invalid_request", "grant_type and refresh_token are needed.")
    if client_id is None or not await call.backend.reader.client_exists(client_id.lower()):
        return _refuse("invalid_client", "There is no such client.", status=401, headers=_BASIC)
    grant = await call.backend.reader.grant_by_hash(hash_of(secret))
    if grant is None or grant.token.revoked_at is not None or grant.client_id != client_id.lower():
        return _refuse("invalid_grant", "The refresh token is unknown, revoked, or another client's.")
    reply = TokenReply(await call.backend.doorkeeper.issue(grant), "bearer", EXPIRES_IN, secret)
    await _note_use(call, grant, call.backend.now())
    return Answer(msgspec.json.encode(reply), headers=_NO_STORE)


async def _note_use(call: Call, grant: Grant, now: datetime) -> None:
    """Move the token's `lastUsedAt` on. When the line is full the token is given out all the same."""
    used = grant.token.last_used_at
    if used is None or now - used >= USE_NOTED_EVERY:
        with contextlib.suppress(ParleyError):
            await call.backend.ledger.submit(
                NoteTokenUse(community_id=grant.token.community_id, token_id=grant.token.id)
            )


def _form(call: Call) -> dict[str, str] | Answer:
    media_type = call.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/x-www-form-urlencoded":
        return _refuse("invalid_request", "The body must be application/x-www-form-urlencoded.")
    if len(call.raw) > FORM_LIMIT:
        return _refuse("invalid_request", f"The form may be at most {FORM_LIMIT} bytes long.")
    try:
        pairs = parse_qsl(
            call.raw.decode("ascii"), keep_blank_values=False, errors="strict", max_num_fields=FORM_MEMBERS
        )
    except ValueError:
        return _refuse("invalid_request", "The form cannot be read.")
    if len(pairs) != len(dict(pairs)):
        return _refuse("invalid_request", "A member of the form is given twice.")
    return dict(pairs)


def _client_id(call: Call, form: dict[str, str]) -> str | None:
    """The client id from HTTP Basic (RFC 6749 §2.3.1, its parts form-encoded) or from the form."""
    scheme, _, credentials = call.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"basic":
        return form.get("client_id")
    try:
        name, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return None if password else unquote_plus(name)


def _refuse(error: str, words: str, *, status: int = 400, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return Answer(msgspec.json.encode(TokenFailure(error, words)), status, (*_NO_STORE, *headers))
