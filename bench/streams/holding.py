"""Starting the process that holds streams, and asking it."""

import select
import subprocess
import sys

import msgspec

from bench.asking import Address
from bench.errors import BenchError
from bench.servers import STOP_S, has_ended
from bench.streams.holder import FRAME_S, OPEN_S, Frame, Held, Wanted

_SPARE_S = 10.0
"""How much longer than what is asked an answer may take."""


class Holder:
    """The process. It ends with this one: its standard input does."""

    def __init__(self, address: Address) -> None:
        """Take where the streams are."""
        self._address = address
        self._streams = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it holds none yet."""
        command = [sys.executable, "-m", "bench.streams.holder"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._write(self._address)

    def stop(self) -> None:
        """End it, and the streams with it."""
        if self._process is None:
            return
        self._process.terminate()
        if not has_ended(self._process, within_s=STOP_S):
            self._process.kill()
            self._process.wait(STOP_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def hold(self, streams: int) -> Held:
        """Open so many, all of which have to come about, and wait until each has had a heartbeat."""
        self._streams = streams
        self.ask("beat")
        held = self.answer()
        if held.cut or held.heard < streams:
            raise BenchError(
                f"{held.heard:,} of {streams:,} streams were opened and had a heartbeat, {held.cut:,} were cut, "
                f"the first with {held.first_cut or 'no reason'}"
            )
        return held

    def ask(self, frame: Frame) -> None:
        """Have it wait until each stream has had another frame of this kind; `answer` tells when they have."""
        self._write(Wanted(streams=self._streams, frame=frame))

    def answer(self) -> Held:
        """What it tells of the streams."""
        assert self._process is not None
        assert self._process.stdout is not None
        within_s = OPEN_S + FRAME_S + _SPARE_S
        ready, _, _ = select.select([self._process.stdout], [], [], within_s)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            raise BenchError(f"the process that holds the streams has ended, or is silent for {within_s:.0f} s")
        return msgspec.json.decode(line, type=Held)

    def _write(self, message: msgspec.Struct) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(message) + b"\n")
