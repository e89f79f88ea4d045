"""`parley serve` with little patience, so that a test of slowness is quick: python -m tests.api.impatient."""

import argparse
import contextlib
import socket
import sys

import uvloop

from parley import wiring
from parley.api import server
from parley.api.app import build

WITHIN_S = 0.5  # for the head and again for the body, instead of 10 and 30 seconds


async def serve(database: str, listening: socket.socket) -> None:
    """Serve until told to stop."""
    async with wiring.opened(database) as parts, contextlib.aclosing(wiring.outgoing()) as outgoing:
        await server.serve(
            build(parts.backend(outgoing, public_url="http://127.0.0.1")),
            listening,
            head_within_s=WITHIN_S,
            body_within_s=WITHIN_S,
            on_ready=lambda: say(f"It listens on http://127.0.0.1:{listening.getsockname()[1]}"),
        )


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the arguments of `parley serve` that tests give, and serve."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int)
    arguments.add_argument("--database")
    given = arguments.parse_args()
    with server.listen("127.0.0.1", given.port) as listening:
        uvloop.run(serve(given.database, listening))


if __name__ == "__main__":
    main()
