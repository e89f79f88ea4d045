"""STORE: whole rows per table, in as few statements as there are tables.

Rows go in as `VALUES (…), (…), …` of 64, 16, 4 and 1 rows. One statement is one pass through the interpreter lock;
`executemany` is one per row, and each of those waits for the event loop when that is busy: measured at 64 rows,
4.7 ms instead of 2.0 ms a group (docs/decisions/0001).
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain

from parley.ports import Changes, DataRefusedError
from parley.storage import rows

CHUNKS = (64, 16, 4, 1)  # rows per statement; each size is one prepared text


class Save:
    """An INSERT whose VALUES repeat. `head` and `tail` are the SQL before and after them."""

    def __init__(self, head: str, width: int, tail: str = "") -> None:
        values = f"({', '.join('?' * width)})"
        self.texts = {size: f"{head} VALUES {', '.join([values] * size)} {tail}" for size in CHUNKS}

    def run(self, connection: sqlite3.Connection, values: Sequence[rows.Row]) -> None:
        """Insert all the rows."""
        done = 0
        for size in CHUNKS:
            while len(values) - done >= size:
                connection.execute(self.texts[size], tuple(chain.from_iterable(values[done : done + size])))
                done += size


NUMBERS = Save(
    "INSERT INTO numbers (kind, last)", 2, "ON CONFLICT (kind) DO UPDATE SET last = max(last, excluded.last)"
)
COMMUNITIES = Save(
    f"INSERT INTO communities ({rows.COMMUNITY}, name_key)",
    7,
    """ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, name_key = excluded.name_key, catalogue_version = excluded.catalogue_version""",
)
TALLIES = Save(
    f"INSERT INTO tallies (community_id, {rows.TALLY})",
    rows.TALLY_WIDTH + 1,
    """ON CONFLICT (community_id) DO UPDATE SET
        last_seq = excluded.last_seq, last_queue_number = excluded.last_queue_number, waiting = excluded.waiting,
        assigned = excluded.assigned, seats = excluded.seats, waited_ms = excluded.waited_ms,
        gave_up = excluded.gave_up, counted_at = excluded.counted_at""",
)
USERS = Save(
    f"INSERT INTO users ({rows.USER})",
    rows.USER_WIDTH,
    """ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, email = excluded.email, email_key = excluded.email_key,
        identifier = excluded.identifier, image = excluded.image""",
)
TEAMMATES = Save(
    "INSERT INTO teammates (user_id, community_id, role, status, seats, is_active)",
    6,
    """ON CONFLICT (user_id) DO UPDATE SET
        role = excluded.role, status = excluded.status, seats = excluded.seats, is_active = excluded.is_active""",
)
CATEGORIES = Save("INSERT INTO categories (id, community_id, name)", 3)
FIELDS = Save("INSERT INTO fields (id, community_id, name, type, is_required, choices)", 6)
CONVERSATIONS = Save(
    f"INSERT INTO conversations ({rows.CONVERSATION})",
    rows.CONVERSATION_WIDTH,
    """ON CONFLICT (id) DO UPDATE SET
        changed_at = excluded.changed_at, holder = excluded.holder, is_with_bot = excluded.is_with_bot,
        assignee_id = excluded.assignee_id, queue_number = excluded.queue_number, taken_at = excluded.taken_at,
        epoch = excluded.epoch,
        message_count = excluded.message_count, title = excluded.title, category_id = excluded.category_id,
        fields = excluded.fields, latest_page_url = excluded.latest_page_url,
        feedback_is_positive = excluded.feedback_is_positive, feedback_text = excluded.feedback_text,
        closed_at = excluded.closed_at""",
)
CHECKPOINTS = Save(
    "INSERT INTO queue_checkpoints (community_id, minute, at, waiting, waited_ms, gave_up)",
    6,
    """ON CONFLICT (community_id, minute) DO UPDATE SET
        at = excluded.at, waiting = excluded.waiting, waited_ms = excluded.waited_ms, gave_up = excluded.gave_up""",
)
STAYS = Save(
    """INSERT INTO stays
        (conversation_id, epoch, community_id, joined_at, position, p10, p50, p90, ended_at, outcome)""",
    10,
)
END_STAY = "UPDATE stays SET ended_at = ?, outcome = ? WHERE conversation_id = ? AND epoch = ?"
BLOCKS = Save(
    "INSERT INTO waiting_blocks (community_id, level, block, waiting)",
    4,
    "ON CONFLICT (community_id, level, block) DO UPDATE SET waiting = waiting + excluded.waiting",
)
MESSAGES = Save(f"INSERT INTO messages ({rows.MESSAGE})", rows.MESSAGE_WIDTH)
EVENTS = Save(f"INSERT INTO events ({rows.EVENT})", rows.EVENT_WIDTH)
ANSWERS = Save(
    "INSERT INTO answers (community_id, idempotency_key, method, path, body_hash, status, body, at)",
    8,
    """ON CONFLICT (community_id, idempotency_key) DO UPDATE SET
        method = excluded.method, path = excluded.path, body_hash = excluded.body_hash, status = excluded.status,
        body = excluded.body, at = excluded.at""",
)
TOKENS = Save(
    f"INSERT INTO refresh_tokens ({rows.TOKEN}, name_key)",
    9,
    """ON CONFLICT (id) DO UPDATE SET
        last_used_at = excluded.last_used_at, revoked_at = excluded.revoked_at""",
)
SIGNING_KEYS = Save(
    "INSERT INTO signing_keys (id, sealed, created_at, retired_at)",
    4,
    "ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, retired_at = excluded.retired_at",
)
LEAVE_BLOCK = """
    UPDATE waiting_blocks SET waiting = waiting + ? WHERE community_id = ? AND level = ? AND block = ?
"""
DROP_EMPTY_BLOCK = """
    DELETE FROM waiting_blocks WHERE community_id = ? AND level = ? AND block = ? AND waiting = 0
"""
FORGOTTEN_AT_ONCE = 1_000  # stored answers dropped in one group, so that no caller waits for the cleaning
FORGET_ANSWERS = f"""
    DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE at < ? ORDER BY at LIMIT {FORGOTTEN_AT_ONCE})
"""


def store(connection: sqlite3.Connection, changes: Changes) -> None:
    """Write the changes, parents before those who refer to them."""
    NUMBERS.run(connection, list(changes.numbers.items()))
    COMMUNITIES.run(connection, [rows.community_row(community) for community in changes.communities])
    TALLIES.run(connection, [rows.tally_row(*item) for item in changes.tallies.items()])
    USERS.run(connection, [rows.user_row(user) for user in changes.users])
    TEAMMATES.run(connection, [rows.teammate_row(teammate) for teammate in changes.teammates])
    CATEGORIES.run(connection, [rows.category_row(category) for category in changes.categories])
    FIELDS.run(connection, [rows.field_row(field) for field in changes.fields])
    CONVERSATIONS.run(connection, [rows.conversation_row(conversation) for conversation in changes.conversations])
    _store_stays(connection, changes)
    MESSAGES.run(connection, [rows.message_row(message) for message in changes.messages])
    EVENTS.run(connection, [rows.event_row(event) for event in changes.events])
    ANSWERS.run(connection, [rows.answer_row(stored) for stored in changes.answers])
    TOKENS.run(connection, [rows.token_row(token) for token in changes.tokens])
    SIGNING_KEYS.run(connection, [rows.signing_key_row(key) for key in changes.signing_keys])
    _store_blocks(connection, changes)
    if changes.forget_answers_before is not None:
        connection.execute(FORGET_ANSWERS, (rows.micros(changes.forget_answers_before),))


def _store_stays(connection: sqlite3.Connection, changes: Changes) -> None:
    STAYS.run(connection, [rows.stay_row(stay) for stay in changes.stays])
    for stay in changes.ended_stays:
        connection.execute(END_STAY, (*rows.stay_row(stay)[8:], stay.conversation_id, stay.epoch))
    CHECKPOINTS.run(
        connection,
        [rows.checkpoint_row(community_id, changes.tallies[community_id]) for community_id in changes.checkpoints],
    )


def _store_blocks(connection: sqlite3.Connection, changes: Changes) -> None:
    BLOCKS.run(connection, [(*place, step) for place, step in changes.blocks.items() if step > 0])
    for place, step in changes.blocks.items():
        if step < 0:
            if connection.execute(LEAVE_BLOCK, (step, *place)).rowcount != 1:
                msg = "waiting_blocks"  # somebody leaves a block in which nobody is counted
                raise DataRefusedError(msg)
            connection.execute(DROP_EMPTY_BLOCK, place)
