"""The agents' inbox as it is served: one page for every address below /inbox, and the files that it is made of."""

import functools
import gzip
from pathlib import Path

import msgspec

from parley.api.calls import Answer, Call
from parley.api.errors import Headers, NoRouteError
from parley.api.routes import Route

BUILT = Path(__file__).parent / "inbox"  # where `make inbox` puts it
SMALLEST = 1_000  # bytes; what is smaller gains nothing by being compressed

# Scripts, styles and pictures of our own alone, and nobody may put the page into a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_GUARDS: Headers = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_FOR_EVER: Headers = ((b"cache-control", b"public, max-age=31536000, immutable"),)  # names carry a hash
_ASK_AGAIN: Headers = ((b"cache-control", b"no-cache"),)
_VARIES: Headers = ((b"vary", b"accept-encoding"),)
_HTML = b"text/html; charset=utf-8"

# Written down, because what a machine takes for a script's type differs, and `nosniff` holds us to it.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

MISSING = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>The inbox was not built</h1>
<p>This copy of Parley was installed from its sources, without the inbox.
In the sources, <code>make inbox</code> builds it. The API works all the same.</p></html>
"""


class File(msgspec.Struct, frozen=True):
    """A file of the inbox, as it is sent: plain, and compressed where that is smaller."""

    media_type: bytes
    body: bytes
    squeezed: bytes | None


async def page(call: Call) -> Answer:
    """GET /inbox and everything below: the page, which finds out from its address what to show."""
    found = files(BUILT).get("index.html")
    if found is None:
        return Answer(MISSING, 503, _GUARDS + _ASK_AGAIN, _HTML)
    return _answer(call, found, _GUARDS + _ASK_AGAIN)


async def asset(call: Call) -> Answer:
    """GET /inbox/assets/{name}: a script, a style or a picture, by a name that says what is in it."""
    found = files(BUILT).get(f"assets/{call.params['name']}")
    if found is None:
        msg = "There is no such file in this version of the inbox."
        raise NoRouteError(msg)
    return _answer(call, found, _GUARDS + _FOR_EVER)


# They are no part of the API and its document: people go there, not programs.
PAGES = (
    Route(method="GET", path="/inbox", name="inbox", summary="The agents' inbox", handler=page, reply=None, scope=None),
    Route(
        method="GET",
        path="/inbox/assets/{name}",
        name="inboxAsset",
        summary="A file of the inbox",
        handler=asset,
        reply=None,
        scope=None,
    ),
    Route(
        method="GET",
        path="/inbox/{place:path}",
        name="inboxPlace",
        summary="A place in the inbox",
        handler=page,
        reply=None,
        scope=None,
    ),
)


@functools.cache
def files(built: Path) -> dict[str, File]:
    """What was built, by its path, read once: a new version comes with a new process."""
    return {path.relative_to(built).as_posix(): _read(path) for path in built.rglob("*") if path.is_file()}


def _answer(call: Call, file: File, headers: Headers) -> Answer:
    if file.squeezed is None or b"gzip" not in call.headers.get(b"accept-encoding", b""):
        return Answer(file.body, headers=headers + _VARIES, media_type=file.media_type)
    zipped: Headers = ((b"content-encoding", b"gzip"),)
    return Answer(file.squeezed, headers=headers + _VARIES + zipped, media_type=file.media_type)


def _read(path: Path) -> File:
    body = path.read_bytes()
    kind = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    squeezed = gzip.compress(body, mtime=0) if len(body) >= SMALLEST else None
    return File(kind.encode(), body, squeezed)
