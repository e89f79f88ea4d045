"""The browser that pages are measured in: the machine's own, or the one that PARLEY_TEST_BROWSER names."""

import os
import shutil
import subprocess

from bench.errors import BenchError
from parley.api.pages import BUILT

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_VERSION_S = 10.0


def require_inbox() -> None:
    """Refuse to measure a page that is not there."""
    if not (BUILT / "index.html").exists():
        raise BenchError("the inbox was not built: make inbox")


def found_browser() -> str:
    """Return its path."""
    named = os.environ.get("PARLEY_TEST_BROWSER")
    path = next((found for name in (named, *_NAMES) if name and (found := shutil.which(name))), None)
    if path is None:
        raise BenchError("there is no chromium here: tools/find-browser installs one, PARLEY_TEST_BROWSER names one")
    return path


def browser_version(path: str) -> str:
    """Return its name and version."""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_VERSION_S, check=False)
    return told.stdout.strip() or "unknown"
