"""Programs as users run them: started, read line by line, and ended."""

import contextlib
import queue
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.servers import clean_environment

WITHIN_S = 30.0
GLANCE_S = 0.02


class Program:
    """Runs as a process of its own. Use as a context manager; leaving it kills it."""

    def __init__(self, *command: str | Path, env: Mapping[str, str] | None = None) -> None:
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # None: there are no more
        self._process = subprocess.Popen(
            command, env=clean_environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self._thread = threading.Thread(target=self._read, name="program", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(WITHIN_S)
        self._thread.join(WITHIN_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def lines(self, count: int) -> list[str]:
        """The next lines that it prints."""
        return [self._line() for _ in range(count)]

    def ended(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return self._process.wait(WITHIN_S)

    def await_listening(self, port: int) -> None:
        """Return when it takes connections at a port."""
        for _ in range(int(WITHIN_S / GLANCE_S)):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), WITHIN_S):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                raise AssertionError(self._process.wait(GLANCE_S))  # it has ended instead
        raise TimeoutError

    def _line(self) -> str:
        try:
            line = self._lines.get(timeout=WITHIN_S)
        except queue.Empty:
            raise TimeoutError from None
        if line is None:
            raise EOFError
        return line

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.removesuffix("\n"))
        self._lines.put(None)
