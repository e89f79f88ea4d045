"""What the figures were measured on: processor, disk, versions, commit, date."""

import datetime as dt
import os
import platform
import sqlite3
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec

LIBRARIES = (
    "msgspec",
    "uvicorn",
    "uvloop",
    "httptools",
    "starlette",
    "fastapi",
    "pydantic",
    "sqlalchemy",
    "pyjwt",
)
"""The libraries whose versions matter to the figures, those of both sides."""

_SYNCS = 200
_PAGE_BYTES = 4096
_GIT_S = 10.0


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when a run was made."""

    cpu: str
    cores: int
    system: str
    sync_us: float
    python: str
    sqlite: str
    libraries: dict[str, str]
    commit: str
    date: str


def this_machine(folder: Path) -> Machine:
    """Describe this machine; the disk is the one the folder is on."""
    return Machine(
        cpu=_cpu_name(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        sync_us=_sync_us(folder),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        libraries={name: _version(name) for name in LIBRARIES},
        commit=_commit(),
        date=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
    )


def _cpu_name() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _sync_us(folder: Path) -> float:
    """Measure the price of durability: writing one page and waiting until the disk has it."""
    durations = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(_SYNCS):
            began_at = perf_counter()
            file.write(bytes(_PAGE_BYTES))
            os.fsync(file.fileno())
            durations.append(perf_counter() - began_at)
    return median(durations) * 1e6


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "none"
    is_changed = bool(_git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/results"))
    return f"{commit} with changes" if is_changed else commit


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent.parent), *arguments]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_S, check=False)
    except OSError:
        return ""
    return finished.stdout.strip() if finished.returncode == 0 else ""
