"""The HTTP server: uvicorn with our bounds, listening where it is told, drained when it is asked to stop."""

import asyncio
import contextlib
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from parley.api.app import Asgi
from parley.api.connections import BODY_WITHIN_S, CONNECTIONS_LIMIT, HEAD_WITHIN_S, BoundedProtocol
from parley.core.errors import ParleyError

BACKLOG = 2_048  # connections the system may hold before we take them
KEEP_ALIVE_S = 65  # idle time between requests; longer than the 60 s after which common proxies let go first
OTHER_FILES = 200  # files and sockets beside the callers' connections: the database's, and what is called outside
DRAIN_S = 10  # time that requests under way have to end
# The writer thread hands the interpreter lock back to the event loop at each SQL statement and waits for it again. At
# Python's 5 ms a busy loop makes a group of 64 take 86 ms, at 0.2 ms 5 ms, and nothing else slows (decision 0001).
SWITCH_INTERVAL_S = 0.0002


log = logging.getLogger("parley.api")


class AddressError(ParleyError):
    """The address cannot be listened on. Not public: it stops the program."""

    code = 9005


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Whatever would not end by itself is ended first: the drain waits for it."""
        self._on_stop()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: uvicorn would raise them again after the drain and cut off what still has to be closed."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises AddressError with a sentence when the address cannot be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as failed:
        msg = f"The address {host} cannot be used: {failed.strerror}."
        raise AddressError(msg) from failed
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as failed:
        listening.close()
        msg = f"Port {port} of {host} cannot be listened on: {failed.strerror}. Choose another with --port."
        raise AddressError(msg) from failed
    return listening


async def serve(
    app: Asgi,
    listening: socket.socket,
    *,
    connections: int = CONNECTIONS_LIMIT,
    head_within_s: float = HEAD_WITHIN_S,
    body_within_s: float = BODY_WITHIN_S,
    on_ready: Callable[[], None] = lambda: None,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests until SIGTERM or SIGINT; then take no new ones, end those under way, and return."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    _allow_files(connections + OTHER_FILES)
    bounds = {"connections_limit": connections, "head_within_s": head_within_s, "body_within_s": body_within_s}
    protocol = type("Protocol", (BoundedProtocol,), bounds)
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    server = _Server(config, on_stop)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.handle_exit, number, None)
    on_ready()  # the socket listens already: whoever connects now is answered in a moment
    await server.serve(sockets=[listening])


def _allow_files(wanted: int) -> None:
    """Raise this process's limit of open files, each connection being one; where the system allows less, say so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning("few_open_files", extra={"allowed": most, "wanted": wanted})
