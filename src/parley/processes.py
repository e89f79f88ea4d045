"""Which process this is, among all that work on a database, and which of the others are known to have ended."""

import os
import secrets
import socket
from collections.abc import Iterable


class Process:
    """Names the process as no other is named: machine, process id, and something random, for ids are given again."""

    def __init__(self) -> None:
        self._machine = socket.gethostname()
        self._id = os.getpid()
        self.name = f"{self._machine}/{self._id}/{secrets.token_hex(4)}"

    def gone(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that ran on this machine and do not run any more. Of other machines nothing is known."""
        return tuple(name for name in names if name != self.name and self._is_gone(name))

    def _is_gone(self, name: str) -> bool:
        machine, _, rest = name.rpartition("/")[0].rpartition("/")
        if machine != self._machine or not rest.isdecimal():
            return False
        # Another one with our own id ended before we began: in a container the first process always has id 1.
        return int(rest) == self._id or not _runs(int(rest))


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)  # signal 0 reaches nobody; it only asks
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
