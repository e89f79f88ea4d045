"""The ledger: the line of waiting writes, the group, the commit (design §1).

Whatever waits while the last commit runs goes into the next one. Callers get their replies only after the commit, so
what was answered is on disk.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast

import msgspec

from parley.actions.draft import Action, Draft, Fresh
from parley.actions.housekeeping import ANSWERS_END
from parley.actions.routing import give_out
from parley.core.errors import (
    BusyError,
    KeyReusedError,
    LineFullError,
    ParleyError,
    StorageUnavailableError,
    UnavailableError,
)
from parley.ports import SERVER, Changes, DataRefusedError, Facts, Need, Storage, Stored

GROUP_LIMIT = 256  # actions in one transaction: enough to share the disk's wait, few enough to answer within ~50 ms
LINE_LIMIT = 2_048  # actions that may wait, those being written included: about 0.3 s of work
PATIENCE = timedelta(seconds=10)  # how long a caller waits for the database before it is told to come back

R = TypeVar("R")

log = logging.getLogger("parley.ledger")


class Once(msgspec.Struct, frozen=True, kw_only=True):
    """An idempotency key with the request it came with, and how the answer is written down (spec §1a)."""

    key: str
    method: str
    path: str
    body_hash: bytes
    render: Callable[[Any], tuple[int, bytes]]
    epoch_of: Callable[[Any], int | None] | None = None  # of the conversation that the answer is about


class Answer(msgspec.Struct, frozen=True):
    """An answer in its written form: the first one, or the same again."""

    status: int
    body: bytes
    is_replay: bool
    epoch: int | None = None


class _Entry(Generic[R]):
    """One action in the line, and who waits for it."""

    __slots__ = ("action", "deadline", "error", "future", "once", "reply")

    def __init__(self, action: Action[R], once: Once | None, future: asyncio.Future[Any], deadline: float) -> None:
        self.action = action
        self.once = once
        self.future = future
        self.deadline = deadline
        self.reply: Any = None
        self.error: Exception | None = None


class Group:
    """Up to 256 actions that are decided and committed together. Pure: the same for every storage."""

    def __init__(self, line: "deque[_Entry[Any]]", now: Callable[[], datetime], fresh: Fresh) -> None:
        self._line = line
        self._now = now
        self._fresh = fresh
        self._at = now()
        self.entries: list[_Entry[Any]] = []
        self.has_events = False  # whether anything happened, so that followers have something to read

    def take(self) -> Need:
        """Close the group: whoever waits now is in it, but for those whose caller has given up.

        A storage that must begin again takes again: the same actions, and those that came meanwhile.
        """
        line, entries = self._line, self.entries
        self._at = self._now()
        need = Need(self._at)
        while line and len(entries) < GROUP_LIMIT:
            entries.append(line.popleft())
        need.actions = len(entries)
        for entry in entries:
            entry.reply = entry.error = None
            if not entry.future.done():
                try:
                    entry.action.needs(need)
                except Exception as broken:  # noqa: BLE001 - a bug in one action must not harm the others
                    entry.error = broken
                if entry.once is not None:
                    need.answers.add((entry.action.community_id, entry.once.key))
        return need

    def decide(self, facts: Facts) -> Changes | None:
        """Decide each action in order of arrival. One that is refused, or broken, leaves no trace in the draft."""
        now = self._at
        draft = Draft(facts, now)
        for entry in self.entries:
            if entry.future.done() or entry.error is not None:
                continue
            mark = draft.mark()
            try:
                entry.reply = self._decide_one(entry, draft, now)
                give_out(draft, entry.action.community_id, now)
            except ParleyError as refused:
                draft.undo(mark)
                entry.error = refused
            except Exception as broken:  # noqa: BLE001 - a bug in one action must not harm the others
                draft.undo(mark)
                entry.error = broken
        changes = draft.changes()
        self.has_events = changes is not None and bool(changes.events)
        return changes

    def _decide_one(self, entry: _Entry[Any], draft: Draft, now: datetime) -> Any:
        once = entry.once
        if once is None:
            return entry.action.decide(draft, now, self._fresh)
        community_id = entry.action.community_id
        stored = draft.answer(community_id, once.key)
        if stored is not None and now - stored.at < ANSWERS_END:
            if (stored.method, stored.path, stored.body_hash) != (once.method, once.path, once.body_hash):
                msg = "This Idempotency-Key came before with another method, path or body."
                raise KeyReusedError(msg)
            return Answer(stored.status, stored.body, is_replay=True, epoch=stored.epoch)
        reply = entry.action.decide(draft, now, self._fresh)
        status, body = once.render(reply)
        epoch = None if once.epoch_of is None else once.epoch_of(reply)
        draft.put_answer(
            Stored(
                community_id=community_id,
                key=once.key,
                method=once.method,
                path=once.path,
                body_hash=once.body_hash,
                status=status,
                body=body,
                at=now,
                epoch=epoch,
            )
        )
        return Answer(status, body, is_replay=False, epoch=epoch)


class Ledger:
    """Takes actions from many callers and has the storage write them, one group at a time."""

    def __init__(
        self,
        storage: Storage,
        *,
        now: Callable[[], datetime],
        fresh: Fresh,
        line_limit: int = LINE_LIMIT,
        on_events: Callable[[], None] = lambda: None,
    ) -> None:
        self._storage = storage
        self._now = now
        self._fresh = fresh
        self._limit = line_limit
        self._on_events = on_events
        self._line: deque[_Entry[Any]] = deque()
        self._writing: list[_Entry[Any]] = []  # the group that is with the storage, as far as it has been taken
        self._waiting = 0  # in the line or being written
        self._of_community: dict[int, int] = {}
        self._wake = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self._sweep: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to write. Needs a running event loop."""
        self._task = asyncio.create_task(self._run(), name="ledger")
        self._sweep_later()

    async def close(self) -> None:
        """Take nothing more, write what waits, stop."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._sweep is not None:
            self._sweep.cancel()

    async def submit(self, action: Action[R]) -> R:
        """Do the action; its reply, once that is on disk.

        Raises what the action refuses with; LineFullError or BusyError when too much waits; UnavailableError when
        the database does not take it within 10 s (it may then still happen).
        """
        return cast("R", await self._enter(action, None))

    async def submit_once(self, action: Action[Any], once: Once) -> Answer:
        """As `submit`, but at most once for an idempotency key: a repeat gets the first answer."""
        return cast("Answer", await self._enter(action, once))

    def _enter(self, action: Action[Any], once: Once | None) -> asyncio.Future[Any]:
        community_id = action.community_id
        mine = self._of_community.get(community_id, 0)
        if self._is_closing:
            msg = "The server is shutting down."
            raise UnavailableError(msg)
        if self._waiting >= self._limit:
            msg = f"{self._limit} writes are waiting already. Please try again in a moment."
            raise LineFullError(msg)
        if community_id != SERVER and mine >= self._limit // 2:
            msg = f"{mine} writes of this community are waiting already. Please try again in a moment."
            raise BusyError(msg)
        loop = asyncio.get_running_loop()
        entry = _Entry(action, once, loop.create_future(), loop.time() + PATIENCE.total_seconds())
        self._waiting += 1
        self._of_community[community_id] = mine + 1
        self._line.append(entry)
        self._wake.set()
        return entry.future

    async def _run(self) -> None:
        while True:
            if not self._line:
                if self._is_closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            group = Group(self._line, self._now, self._fresh)
            self._writing = group.entries
            await self._write(group)
            self._resolve(group)

    async def _write(self, group: Group) -> None:
        """Have the group stored; when the database refuses its data, each of its actions alone."""
        try:
            await self._storage.write(group)
            if group.has_events:
                self._on_events()
        except DataRefusedError as refused:
            if len(group.entries) == 1:
                group.entries[0].error = refused
                return
            log.warning("group_refused", extra={"size": len(group.entries)})
            for entry in group.entries:
                entry.error = None
                await self._write_alone(entry)
        except Exception as failed:  # noqa: BLE001 - the writer must not die; everyone in the group is told
            self._fail(group, failed)

    async def _write_alone(self, entry: _Entry[Any]) -> None:
        await self._write(Group(deque([entry]), self._now, self._fresh))

    def _fail(self, group: Group, failed: Exception) -> None:
        """Nothing of the group is stored. If it was never taken, everyone in the line is told."""
        if not group.entries:
            while self._line and len(group.entries) < GROUP_LIMIT:
                group.entries.append(self._line.popleft())
        for entry in group.entries:
            entry.error = failed
        log.error("group_failed", extra={"size": len(group.entries), "error": type(failed).__name__})

    def _resolve(self, group: Group) -> None:
        for entry in group.entries:
            self._waiting -= 1
            community_id = entry.action.community_id
            left = self._of_community[community_id] - 1
            if left:
                self._of_community[community_id] = left
            else:
                del self._of_community[community_id]
            if entry.future.done():
                continue
            if entry.error is not None:
                entry.future.set_exception(entry.error)
            else:
                entry.future.set_result(entry.reply)

    def _sweep_later(self) -> None:
        self._sweep = asyncio.get_running_loop().call_later(1.0, self._give_up_old)

    def _give_up_old(self) -> None:
        """Tell callers who have waited 10 s to come back: those being written, then the line, in order of arrival."""
        now = asyncio.get_running_loop().time()
        line = list(self._line)  # before those being written: the writer moves entries from here to there
        for entry in [*self._writing, *line]:
            if entry.deadline > now:
                break
            if not entry.future.done():
                msg = "The database did not answer in time."
                entry.future.set_exception(StorageUnavailableError(msg))
        self._sweep_later()
