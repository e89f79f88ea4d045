"""`parley serve --workers N`: one parent that only watches, N workers that share one listening socket."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

from parley import __version__, running, wiring
from parley.settings import Settings

SOCKET = "PARLEY_LISTENING_SOCKET"  # tells a worker the number of the socket that it inherits; not a setting
PAUSE_S = 0.5  # before a worker that died is started again: it is back within 2 s, and a broken one does not spin
DRAIN_WITHIN_S = 20.0  # more than a worker takes to end what is under way

log = logging.getLogger("parley.workers")


def inherited() -> socket.socket | None:
    """The listening socket of the parent, when this process is a worker; it then ends with the parent."""
    number = os.environ.pop(SOCKET, None)
    if number is None:
        return None
    threading.Thread(target=_end_with_parent, name="parley-parent", daemon=True).start()
    return socket.socket(fileno=int(number))


def _end_with_parent() -> None:
    """Wait for the end of the pipe that the parent holds and never writes to; then drain as on its SIGTERM."""
    os.read(sys.stdin.fileno(), 1)  # not through the buffer: its lock would be held when the interpreter ends
    os.kill(os.getpid(), signal.SIGTERM)


async def watch(settings: Settings, listening: socket.socket, *, say: Callable[[str], None]) -> None:
    """Keep the workers running until SIGTERM or SIGINT; then let them drain, and end."""
    # The schema is brought up to date once, and whatever is wrong with the database is said once.
    async with wiring.opened(settings.database, secret=settings["secret-key"]) as parts:
        if not parts.vault.encrypts:
            say(running.UNENCRYPTED)
    host, port = listening.getsockname()[:2]
    say(f"Parley {__version__} with {settings['workers']} workers listens on http://{host}:{port}")
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        listening.close()  # else whoever connects while the workers drain would wait for nobody

    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, stop)
    async with asyncio.TaskGroup() as workers:
        for number in range(settings["workers"]):
            workers.create_task(_keep(number, listening, stopping))


async def _keep(number: int, listening: socket.socket, stopping: asyncio.Event) -> None:
    """Run one worker, and another in its place whenever it ends unasked."""
    asked = asyncio.create_task(stopping.wait())
    while not stopping.is_set():
        worker = await _start(listening)
        log.info("worker_started", extra={"worker": number, "pid": worker.pid})
        ended = asyncio.create_task(worker.wait())
        await asyncio.wait({asked, ended}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.is_set():
            await _stop(worker)
        else:
            log.error("worker_ended", extra={"worker": number, "pid": worker.pid, "code": worker.returncode})
            await asyncio.wait({asked}, timeout=PAUSE_S)
    asked.cancel()


async def _start(listening: socket.socket) -> asyncio.subprocess.Process:
    arguments = [*sys.argv[1:], "--workers", "1"]  # of a flag that is given twice the last counts
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "parley",
        *arguments,
        env=os.environ | {SOCKET: str(listening.fileno())},
        pass_fds=[listening.fileno()],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,  # the parent has said where it listens
        start_new_session=True,  # a Ctrl-C in the terminal reaches the parent alone, which then asks the workers
    )


async def _stop(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        worker.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(worker.wait(), DRAIN_WITHIN_S)
    except TimeoutError:
        worker.kill()
        await worker.wait()
