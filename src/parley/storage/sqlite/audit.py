"""What `parley verify` checks: the log for gaps, the tables against the log, the counters against the rows."""

import sqlite3
from collections.abc import Callable, Iterator

from parley.core.conversations import Conversation
from parley.core.events import apply
from parley.ports import Finding
from parley.storage import rows

Progress = Callable[[int, int], None]

LOG = "SELECT count(*), coalesce(min(number), 1), coalesce(max(number), 0) FROM events"
LAST_NUMBER = "SELECT coalesce(max(last), 0) FROM numbers WHERE kind = 'event'"
SEQS = """
    SELECT t.community_id, t.last_seq, count(e.seq), coalesce(min(e.seq), 1), coalesce(max(e.seq), 0)
    FROM tallies t LEFT JOIN events e ON e.community_id = t.community_id
    GROUP BY t.community_id
    HAVING count(e.seq) <> t.last_seq OR coalesce(max(e.seq), 0) <> t.last_seq OR coalesce(min(e.seq), 1) <> 1
"""
WAITING = """
    SELECT t.community_id FROM tallies t
    WHERE t.waiting <> (
        SELECT count(*) FROM conversations c WHERE c.community_id = t.community_id AND c.holder = 'queue'
    )
"""
ASSIGNED = """
    SELECT t.community_id FROM tallies t
    WHERE t.assigned <> (
        SELECT count(*) FROM conversations c WHERE c.community_id = t.community_id AND c.holder = 'teammate'
    )
"""
SEATS = """
    SELECT t.community_id FROM tallies t
    WHERE t.seats <> (
        SELECT coalesce(sum(m.seats), 0) FROM teammates m
        WHERE m.community_id = t.community_id AND m.is_active AND m.status IN ('online', 'busy')
    )
"""
STAYS = """
    SELECT count(*) FROM conversations c LEFT JOIN stays s ON s.conversation_id = c.id AND s.epoch = c.epoch
    WHERE (c.holder = 'queue') <> (s.conversation_id IS NOT NULL AND s.ended_at IS NULL)
"""
BLOCKS = """
    WITH counted AS (
        SELECT community_id, 1 AS level, queue_number / 512 AS block, count(*) AS waiting
        FROM conversations WHERE holder = 'queue' GROUP BY 1, 2, 3
        UNION ALL
        SELECT community_id, 2, queue_number / 65536, count(*)
        FROM conversations WHERE holder = 'queue' GROUP BY 1, 2, 3
    )
    SELECT count(*) FROM (
        SELECT * FROM (SELECT * FROM counted EXCEPT SELECT community_id, level, block, waiting FROM waiting_blocks)
        UNION ALL
        SELECT * FROM (SELECT community_id, level, block, waiting FROM waiting_blocks EXCEPT SELECT * FROM counted)
    )
"""
MESSAGE_COUNTS = """
    SELECT count(*) FROM conversations c
    WHERE c.message_count <> (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id)
"""
QUEUE_NUMBERS = """
    SELECT count(*) FROM conversations c JOIN tallies t ON t.community_id = c.community_id
    WHERE c.queue_number > t.last_queue_number
"""
NUMBERS = """
    SELECT n.kind FROM numbers n JOIN (
        SELECT 'conversation' AS kind, max(id) AS highest FROM conversations UNION ALL
        SELECT 'message', max(id) FROM messages UNION ALL
        SELECT 'category', max(id) FROM categories UNION ALL
        SELECT 'field', max(id) FROM fields UNION ALL
        SELECT 'community', max(id) FROM communities UNION ALL
        SELECT 'token', max(id) FROM refresh_tokens UNION ALL
        SELECT 'signing_key', max(id) FROM signing_keys
    ) h ON h.kind = n.kind WHERE h.highest > n.last
"""
CONVERSATIONS = f"SELECT {rows.CONVERSATION} FROM conversations ORDER BY id"
HISTORY = f"""
    SELECT {rows.EVENT} FROM events WHERE conversation_id IS NOT NULL ORDER BY conversation_id, number
"""
REFERENCES = "PRAGMA foreign_key_check"
INTEGRITY = "PRAGMA integrity_check(1)"
TOLD_EVERY = 5_000  # conversations between two words to the progress bar


def audit(connection: sqlite3.Connection, progress: Progress) -> list[Finding]:
    """Run every check in one read transaction, so that writers meanwhile do not confuse it."""
    return [
        _file(connection),
        _log(connection),
        _none(connection, SEQS, "seq", "each community's seq runs from 1 to its last without a gap"),
        _none(connection, NUMBERS, "numbers", "no id is above the last one given of its kind"),
        _none(connection, WAITING, "waiting", "the waiting counters equal the conversations that wait"),
        _none(connection, ASSIGNED, "assigned", "the counters of assigned conversations equal those a teammate has"),
        _none(connection, SEATS, "seats", "the seats equal those of the teammates who are present"),
        _zero(connection, STAYS, "stays", "each conversation that waits, and no other, has a stay that goes on"),
        _zero(connection, BLOCKS, "blocks", "the waiting per block equal the conversations that wait"),
        _zero(connection, QUEUE_NUMBERS, "queue numbers", "no queue number is above the last one given"),
        _zero(connection, MESSAGE_COUNTS, "messages", "each conversation counts its messages"),
        _state(connection, progress),
    ]


def _file(connection: sqlite3.Connection) -> Finding:
    (word,) = connection.execute(INTEGRITY).fetchone()
    dangling = connection.execute(REFERENCES).fetchone()
    holds = word == "ok" and dangling is None
    return Finding("file", holds, "the file is sound and every reference leads somewhere" if holds else str(word))


def _log(connection: sqlite3.Connection) -> Finding:
    count, lowest, highest = connection.execute(LOG).fetchone()
    (last,) = connection.execute(LAST_NUMBER).fetchone()
    holds = lowest == 1 and count == highest == last
    return Finding("log", holds, f"{count} events, numbered {lowest} to {highest}, last given {last}")


def _none(connection: sqlite3.Connection, text: str, check: str, promise: str) -> Finding:
    wrong = [str(row[0]) for row in connection.execute(text)]
    return Finding(check, not wrong, promise if not wrong else f"does not hold for {', '.join(wrong[:10])}")


def _zero(connection: sqlite3.Connection, text: str, check: str, promise: str) -> Finding:
    (wrong,) = connection.execute(text).fetchone()
    return Finding(check, not wrong, promise if not wrong else f"{wrong} differ")


def _state(connection: sqlite3.Connection, progress: Progress) -> Finding:
    """Rebuild every conversation from the log, beside its row: both come in order of id, so memory stays flat."""
    (total,) = connection.execute("SELECT count(*) FROM conversations").fetchone()
    rebuilt = _rebuilt(connection)
    wrong: list[int] = []
    expected = next(rebuilt, None)
    for done, row in enumerate(connection.execute(CONVERSATIONS)):
        kept = rows.conversation_of(row)
        while expected is not None and expected.id < kept.id:
            wrong.append(expected.id)
            expected = next(rebuilt, None)
        if expected is None or expected != kept:
            wrong.append(kept.id)
        if expected is not None and expected.id == kept.id:
            expected = next(rebuilt, None)
        if done % TOLD_EVERY == 0:
            progress(done, total)
    while expected is not None:
        wrong.append(expected.id)
        expected = next(rebuilt, None)
    progress(total, total)
    if wrong:
        return Finding("state", holds=False, detail=f"{len(wrong)} conversations differ from the log, first {wrong[0]}")
    return Finding("state", holds=True, detail=f"{total} conversations equal what the log makes of them")


def _rebuilt(connection: sqlite3.Connection) -> Iterator[Conversation]:
    current: Conversation | None = None
    whose = None
    for row in connection.execute(HISTORY):
        event = rows.event_of(row)
        if event.conversation_id != whose:
            if current is not None:
                yield current
            current, whose = None, event.conversation_id
        current = apply(current, event)
    if current is not None:
        yield current
