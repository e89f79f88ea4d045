"""A command run in this process: its streams are the real ones, and it saves the third of a second of a start."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parley.cli import main


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON value that it printed."""
        assert (0, "") == (self.code, self.err), self
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one line of a command that printed nothing else."""
        assert ("", 1) == (self.out, self.err.count("\n")), self
        assert self.err.startswith("parley: "), self
        return self.err.removeprefix("parley: ").rstrip("\n")


Command = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _nobodys_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a database named, commands find that of a new user."""
    for name in [name for name in os.environ if name.startswith("PARLEY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.fixture
def parley(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """`parley("community", "list")` is that command."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["parley", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, out, err)

    return run
