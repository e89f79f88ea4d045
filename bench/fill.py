"""Filling a database through Parley's own ledger, inside this process, and keeping it for the next run."""

import asyncio
import hashlib
import os
import shutil
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bench.seed import CATEGORY
from parley import wiring
from parley.actions.catalogue import AddCategory
from parley.actions.communities import AddCommunity
from parley.actions.draft import Action
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.api.doorkeeper import hash_of
from parley.core.people import Presence, Role
from parley.ledger import GROUP_LIMIT, Ledger

BY = "bench"
TEAMMATE = "kate@bench.example"

_AHEAD = 2
"""Groups handed over before the first is waited for, so that the writer always has a full one."""

_CACHE = Path(__file__).parent / ".cache"
_DATABASE, _ACCOUNT = "parley.db", "account.json"

Told = Callable[[int], None]
"""Hears how many are done."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The one community of a filled database, its login, and its teammate."""

    community_id: int
    client_id: str
    refresh_token: str
    teammate_id: str


async def made_account(ledger: Ledger) -> Account:
    """Make a community with its category and a teammate who is online."""
    secret = wiring.new_secret()
    community = await ledger.submit(AddCommunity(name="Bench", secret_hash=hash_of(secret), by=BY))
    await ledger.submit(AddCategory(community_id=community.id, name="Support", by=BY, id=CATEGORY))
    added = AddTeammate(community_id=community.id, name="Kate", email=TEAMMATE, role=Role.AGENT, by=BY)
    user, _ = await ledger.submit(added)
    online = SetTeammateStatus(community_id=community.id, email=TEAMMATE, status=Presence.ONLINE, by=BY)
    await ledger.submit(online)
    return Account(community_id=community.id, client_id=community.client_id, refresh_token=secret, teammate_id=user.id)


async def submitted(ledger: Ledger, actions: Iterable[Action[Any]], told: Told, *, at_once: int = GROUP_LIMIT) -> None:
    """Do all the actions in groups of `at_once`."""
    rest = iter(actions)
    under_way: deque[tuple[int, Awaitable[Any]]] = deque()
    done = 0
    while True:
        group = list(islice(rest, at_once))
        if group:
            under_way.append((len(group), asyncio.gather(*map(ledger.submit, group))))
        if not under_way:
            return
        if len(under_way) >= _AHEAD or not group:
            size, replies = under_way.popleft()
            await replies
            done += size
            told(done)


def url_of(database: Path) -> str:
    """Return how Parley names a database file."""
    return f"sqlite:///{database.absolute()}"


def copied(name: str, database: Path, make: Callable[[Path], Account]) -> Account:
    """Copy a filled database; it is made by `make` when there is none of this name and schema yet."""
    kept = _CACHE / f"{name}-{_schema_digest()}"
    if not kept.exists():
        _make(kept, make)
    shutil.copyfile(kept / _DATABASE, database)
    with database.open("rb+") as copy:
        os.fsync(copy.fileno())  # else the disk would still be busy with it under measurement
    return msgspec.json.decode((kept / _ACCOUNT).read_bytes(), type=Account)


def is_kept(name: str) -> bool:
    """Say whether a filled database of this name is there already."""
    return (_CACHE / f"{name}-{_schema_digest()}").exists()


def _make(kept: Path, make: Callable[[Path], Account]) -> None:
    """Make it under another name first, so that one that is there is whole; and drop those of other schemas."""
    _CACHE.mkdir(exist_ok=True)
    for other in _CACHE.iterdir():
        if not other.name.endswith(_schema_digest()):
            shutil.rmtree(other)
    unfinished = kept.with_name(f"{kept.name}-unfinished")
    unfinished.mkdir()
    account = make(unfinished / _DATABASE)
    (unfinished / _ACCOUNT).write_bytes(msgspec.json.encode(account))
    unfinished.rename(kept)


def _schema_digest() -> str:
    digest = hashlib.sha256()
    for file in sorted(files("parley.storage.schema").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            digest.update(file.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()[:12]
