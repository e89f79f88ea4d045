"""Which teammates have a live stream open in this process, or answer the heartbeats of one: their signs of life."""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from parley.actions.attendance import SeeTeammates
from parley.api.stream import Stream
from parley.core.attendance import SEEN_FOR
from parley.core.errors import ParleyError
from parley.ledger import Ledger

NOTED_EVERY_S = 20.0  # so that one note that is lost leaves another within the minute that a sign is good for


class Attendance:
    """Notes who is at work while `run` runs: at once who comes, then now and then everybody, a community at a time."""

    def __init__(self, ledger: Ledger, *, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._now = now
        self._streams: set[Stream] = set()
        self._came: set[Stream] = set()
        self._answered: dict[tuple[int, str], datetime] = {}  # by community and teammate, since they were last noted
        self._wake = asyncio.Event()

    def join(self, stream: Stream) -> None:
        """A stream was opened; only a teammate's is a sign of life. Where heartbeats are answered, only that is one."""
        if stream.topic.user_id is not None:
            if not stream.topic.is_answered:
                self._streams.add(stream)
            self._came.add(stream)
            self._wake.set()

    def leave(self, stream: Stream) -> None:
        """It has ended."""
        self._streams.discard(stream)
        self._came.discard(stream)

    def hear(self, community_id: int, user_id: str) -> None:
        """A teammate's page answered a heartbeat; the stream may be another process's."""
        self._answered[community_id, user_id] = self._now()

    async def run(self) -> None:
        """Note signs of life until cancelled."""
        loop = asyncio.get_running_loop()
        everybody_at = loop.time()
        while True:
            if loop.time() >= everybody_at:
                everybody_at = loop.time() + NOTED_EVERY_S
                await self.note_everybody()
            else:
                await self._note(self._came)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(everybody_at):
                    await self._wake.wait()

    async def note_everybody(self) -> None:
        """Write down when each gave the last sign of life. What cannot be written now comes again."""
        await self._note(self._streams | self._came)

    async def _note(self, streams: Collection[Stream]) -> None:
        seen = self._last_signs(streams)
        self._came.clear()
        self._wake.clear()
        for community_id, signs in seen.items():
            with contextlib.suppress(ParleyError):
                await self._ledger.submit(SeeTeammates(community_id=community_id, seen=tuple(signs.items())))
                self._forget_answers(community_id, signs)

    def _forget_answers(self, community_id: int, noted: dict[str, datetime]) -> None:
        """Keep those alone that came meanwhile."""
        for user_id, at in noted.items():
            key = (community_id, user_id)
            if key in self._answered and self._answered[key] <= at:
                del self._answered[key]

    def _last_signs(self, streams: Collection[Stream]) -> dict[int, dict[str, datetime]]:
        """By community and teammate, of those who gave one lately: somebody may have several pages open."""
        now = self._now()
        given = [
            (each.topic.community_id, each.topic.user_id, now - timedelta(seconds=each.silent_s)) for each in streams
        ]
        self._answered = {who: at for who, at in self._answered.items() if now - at < SEEN_FOR}
        given += [(*who, at) for who, at in self._answered.items()]
        found: dict[int, dict[str, datetime]] = {}
        for community_id, user_id, at in given:
            if user_id is not None and now - at < SEEN_FOR:
                signs = found.setdefault(community_id, {})
                signs[user_id] = max(at, signs.get(user_id, at))
        return found
