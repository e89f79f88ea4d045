"""Starting a server process, waiting until it is ready, and ending it: only ever the one started here."""

import http.client
import os
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Protocol

from bench.asking import Address
from bench.errors import BenchError

READY_S = 30.0
"""A server that is not ready by then is taken to be broken."""

STOP_S = 15.0
"""A server asked to stop may take this long to finish its work; then it is killed."""

COMMAND_S = 60.0
"""The longest a preparing command may take."""

_POLL_S = 0.005
"""How often readiness is asked for: the error of the time to ready."""

_CALL_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that is ready: its process, where it listens, and how long it took."""

    process: subprocess.Popen[bytes]
    address: Address
    ready_after_s: float


class Target(Protocol):
    """Something that can be asked to create conversations."""

    name: str
    """One word, used in results and for `--target`."""

    label: str
    """What tables and figures call it."""

    def prepare(self, folder: Path) -> None:
        """Make the database with its community and category in an empty folder; called once."""

    def start(self) -> Running:
        """Start the server on the prepared database and wait until it is ready; called after every `stop`."""

    def stop(self) -> None:
        """End the server if it runs."""


class Server:
    """One server process on 127.0.0.1, with its output in a file."""

    def __init__(self, log: Path) -> None:
        """Take the file that the server's output is added to."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, command: Sequence[str], *, port: int, ready: str, environment: dict[str, str] | None = None
    ) -> tuple[subprocess.Popen[bytes], float]:
        """Start the command; return the process and the seconds until `GET ready` was answered with 200."""
        began_at = monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | (environment or {}),
            )
        while not _is_ready(port, ready):
            if has_ended(self._process, within_s=_POLL_S) or monotonic() - began_at > READY_S:
                self.stop()
                raise BenchError(f"the server did not become ready; the end of its output:\n{self._last_output()}")
        return self._process, monotonic() - began_at

    def stop(self) -> None:
        """Ask the process to end, and kill it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        if not has_ended(self._process, within_s=STOP_S):
            self._process.kill()
            self._process.wait(STOP_S)
        self._process = None

    def kill(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_S)
            self._process = None

    def _last_output(self) -> str:
        longest = 2000  # characters
        return self._log.read_text(errors="replace")[-longest:]


def has_ended(process: subprocess.Popen[bytes], *, within_s: float) -> bool:
    """Wait that long for a process to end, and say whether it did."""
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    else:
        return True


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def output_of(command: Sequence[str]) -> bytes:
    """Run a command to its end and return its standard output."""
    finished = subprocess.run(command, capture_output=True, timeout=COMMAND_S, check=False)
    if finished.returncode != 0:
        raise BenchError(f"{' '.join(command[2:5])}: {finished.stderr.decode(errors='replace').strip()}")
    return finished.stdout


def post_form(port: int, path: str, body: str) -> bytes:
    """Post a form and return the body of a successful reply."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_CALL_S)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise BenchError(f"POST {path} was answered with {response.status}: {content!r}")
    return content


def _is_ready(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_CALL_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
