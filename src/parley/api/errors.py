"""Which status each error has, and how an error looks on the wire. Errors that only HTTP can meet are added here."""

import re

import msgspec

from parley.api import epochs
from parley.core import errors
from parley.core.errors import ParleyError, Problem


class NoRouteError(errors.NotFoundError):
    """There is nothing at this path."""

    code = 3002


class MethodError(ParleyError):
    """The path exists, but not with this method; `allow` has those that it takes, as the header wants them."""

    code = 1005

    def __init__(self, method: str, allow: str) -> None:
        super().__init__(f"{method} is not possible here; use {allow}.")
        self.allow = allow


class MediaTypeError(ParleyError):
    """The body is not of the type that is needed here."""

    code = 1006


class SlowRequestError(ParleyError):
    """The request did not arrive whole in time."""

    code = 1007


class HeadTooLargeError(errors.TooLargeError):
    """The request's line and headers are larger than we take."""

    code = 1008


class NotHttpError(errors.MalformedError):
    """What was sent is not an HTTP request."""

    code = 1009


class SignInError(errors.UnauthorizedError):
    """Nobody is signed in, the session is over, or e-mail and password do not fit."""

    code = 2004


class NotAllowedError(errors.ForbiddenError):
    """Signed in, but this teammate may not do this, or this page may not do it for them."""

    code = 2005


class SeveralCommunitiesError(errors.ConflictError):
    """The e-mail and the password fit in several communities; say which."""

    code = 4003


class TooManyTriesError(errors.BusyError):
    """There were too many wrong passwords."""

    code = 5006

    def __init__(self, text: str, *, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after  # seconds


class InternalError(ParleyError):
    """A fault of ours. The log knows more, under the same request id."""

    code = 9000


STATUS: dict[type[ParleyError], int] = {
    errors.InvalidError: 422,
    errors.KeyReusedError: 422,
    errors.ChallengeError: 422,
    errors.MalformedError: 400,
    NotHttpError: 400,
    errors.TooLargeError: 413,
    HeadTooLargeError: 431,
    errors.UnauthorizedError: 401,
    errors.ExpiredError: 401,
    errors.ForbiddenError: 403,
    SignInError: 401,
    NotAllowedError: 403,
    SeveralCommunitiesError: 409,
    TooManyTriesError: 429,
    errors.NotFoundError: 404,
    NoRouteError: 404,
    MethodError: 405,
    SlowRequestError: 408,
    errors.ConflictError: 409,
    errors.StaleEpochError: 409,
    MediaTypeError: 415,
    errors.BusyError: 429,
    InternalError: 500,
    errors.UnavailableError: 503,
    errors.LineFullError: 503,
    errors.StorageUnavailableError: 503,
    errors.StorageFullError: 503,
}
RETRY_AFTER_S = 1  # a full line empties within a second; a database that is away is asked for as often

Headers = tuple[tuple[bytes, bytes], ...]


class Failure(msgspec.Struct, rename="camel", omit_defaults=True):
    """The published envelope of an error, with our three additions behind it."""

    data: None
    error_code: int
    error_text: str
    request_id: str
    error_details: tuple[Problem, ...] = ()


class ProblemDetails(msgspec.Struct, rename="camel"):
    """The same error for those who ask for application/problem+json (RFC 9457 §3)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    error_code: int
    request_id: str
    errors: tuple[Problem, ...]


PROBLEM_TYPE = b"application/problem+json"


def status_of(error: ParleyError) -> int:
    """The HTTP status of an error, its own or its nearest ancestor's."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def body_of(error: ParleyError, request_id: str) -> bytes:
    """The error in its envelope."""
    return msgspec.json.encode(Failure(None, error.code, error.text, request_id, error.problems))


def problem_of(error: ParleyError, request_id: str) -> bytes:
    """The error as problem details. `type` names the kind of problem, `instance` this occurrence of it."""
    name = type(error).__name__.removesuffix("Error")
    details = ProblemDetails(
        type=f"urn:parley:error:{error.code}",
        title=re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize(),
        status=status_of(error),
        detail=error.text,
        instance=f"urn:parley:request:{request_id}",
        error_code=error.code,
        request_id=request_id,
        errors=error.problems,
    )
    return msgspec.json.encode(details)


def headers_of(error: ParleyError) -> Headers:
    """The headers that belong to an error: when to come back, how to prove oneself (RFC 6750 §3)."""
    status = status_of(error)
    if isinstance(error, TooManyTriesError):
        return ((b"retry-after", str(error.retry_after).encode()),)
    if isinstance(error, (SignInError, NotAllowedError)):
        return ()  # a browser signs in on the page; no header tells how
    if status in {429, 503}:
        return ((b"retry-after", str(RETRY_AFTER_S).encode()),)
    if isinstance(error, errors.ExpiredError):
        return ((b"www-authenticate", b'Bearer error="invalid_token"'),)
    if isinstance(error, errors.UnauthorizedError):
        return ((b"www-authenticate", b"Bearer"),)
    if isinstance(error, errors.ForbiddenError):
        return ((b"www-authenticate", b'Bearer error="insufficient_scope"'),)
    if isinstance(error, errors.StaleEpochError):
        return epochs.headers(error.epoch)
    if isinstance(error, MethodError):
        return ((b"allow", error.allow.encode()),)
    return ()
