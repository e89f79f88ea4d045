"""Whether the server lives, whether it can work, and which one it is. These need no token."""

import msgspec

from parley.api import wire
from parley.api.calls import Answer, Call
from parley.core.errors import UnavailableError


class Health(msgspec.Struct):
    """How the server is."""

    status: str


class Version(msgspec.Struct):
    """Which Parley this is."""

    version: str


async def live(call: Call) -> Answer:
    """GET /health/live: the process runs."""
    return Answer(wire.envelope(Health("live")))


async def ready(call: Call) -> Answer:
    """GET /health/ready: the database answers and has our schema."""
    if not await call.backend.reader.ready():
        msg = "The database has another schema than this program."
        raise UnavailableError(msg)
    return Answer(wire.envelope(Health("ready")))


async def version(call: Call) -> Answer:
    """GET /version."""
    return Answer(wire.envelope(Version(call.backend.version)))
