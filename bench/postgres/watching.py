"""What the single writer's lock does meanwhile: who waits for it, and what it is held for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import msgspec
import psycopg

EVERY_S = 0.02
"""Between two looks; each takes the server less than half a millisecond."""

# One that is not idle and does not wait for the lock has it: BEGIN and the lock are one message.
_LOOK = """
    SELECT count(*) FILTER (WHERE waits), count(*) FILTER (WHERE NOT waits AND state <> 'active'),
        count(*) FILTER (WHERE NOT waits AND state = 'active')
    FROM (
        SELECT state, wait_event_type = 'Lock' AND wait_event = 'advisory' AND state = 'active' AS waits
        FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'parley writer' AND state <> 'idle') writers
"""
_LAST = "SELECT coalesce(max(number), 0) FROM events"
# Each group is one transaction, and every event it wrote carries that transaction's id.
_GROUPS = "SELECT count(*), count(DISTINCT xmin::text) FROM events WHERE number > %s AND type = 'conversation_created'"


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen during one run of load, its warm-up included."""

    creates: int
    groups: int
    looks: int
    seconds: float
    waiting: int
    """Writers that waited for the lock, over all looks."""

    held_by_process: int
    """Looks at which the lock was held and its process was at work: loading what came, deciding, encoding."""

    held_by_server: int
    """Looks at which the lock was held and the server was at work: finding, storing, committing."""

    @property
    def group_size(self) -> float:
        """Creates in a group."""
        return self.creates / max(self.groups, 1)

    @property
    def wait_ms(self) -> float:
        """How long a group waited for the lock (Little's law: those who wait, by how many came)."""
        return self.waiting / max(self.looks, 1) * self.seconds / max(self.groups, 1) * 1e3

    @property
    def held_ms(self) -> float:
        """How long a group held the lock."""
        return self.held * self.seconds / max(self.groups, 1) * 1e3

    @property
    def held(self) -> float:
        """The part of the time that the lock was held."""
        return (self.held_by_process + self.held_by_server) / max(self.looks, 1)

    @property
    def held_by_process_part(self) -> float:
        """The part of the time that it was held by a process at work."""
        return self.held_by_process / max(self.looks, 1)


class Watcher:
    """Looks again and again, until the block ends; `watch` is there then."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.looks: list[tuple[int, int, int]] = []
        self.watch: Watch | None = None
        self.is_over = threading.Event()

    def look(self, url: str) -> None:
        """Look until it is over."""
        with psycopg.connect(url, autocommit=True) as connection:
            while not self.is_over.wait(EVERY_S):
                found = connection.execute(_LOOK).fetchone()
                assert found is not None
                self.looks.append(found)


@contextmanager
def watched(url: str) -> Iterator[Watcher]:
    """Watch the writers of a database while the block runs."""
    watcher = Watcher()
    with psycopg.connect(url, autocommit=True) as connection:
        last = _row(connection, _LAST)[0]
        thread = threading.Thread(target=watcher.look, args=(url,), daemon=True)
        began_at = perf_counter()
        thread.start()
        try:
            yield watcher
        finally:
            watcher.is_over.set()
            thread.join()
        seconds = perf_counter() - began_at
        creates, groups = _row(connection, _GROUPS, last)
        waiting, by_process, by_server = (sum(column) for column in zip(*watcher.looks, strict=True))
        watcher.watch = Watch(
            creates=creates,
            groups=groups,
            looks=len(watcher.looks),
            seconds=seconds,
            waiting=waiting,
            held_by_process=by_process,
            held_by_server=by_server,
        )


def _row(connection: psycopg.Connection, statement: str, *values: int) -> tuple[int, ...]:
    found: tuple[int, ...] | None = connection.execute(statement, values or None).fetchone()
    assert found is not None
    return found
