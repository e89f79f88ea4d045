"""LOAD: what a group needs, one read per table.

Every look-up is `json_each(keys) CROSS JOIN table`: one text for any number of keys, and SQLite may not turn a CROSS
JOIN round, so a plan made on an empty table is the plan on a full one (design §1, lessons).
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from parley.core.fields import Catalogue
from parley.core.waiting import CHATS_AVERAGED, CHATS_COUNT_FOR, COARSE, FINE, PATIENCE_WINDOW
from parley.ports import Facts, Need
from parley.storage import rows

_decode_chats = msgspec.json.Decoder(tuple[int, ...]).decode

CATALOGUES_KEPT = 10_000  # communities whose categories and fields stay in memory

# How many wait ahead of a queue number: whole coarse blocks, then whole fine ones, then one by one (core/waiting.py).
AHEAD = f"""
    (SELECT coalesce(sum(b.waiting), 0) FROM waiting_blocks b
     WHERE b.community_id = c.community_id AND b.level = 2 AND b.block < c.queue_number / {COARSE})
  + (SELECT coalesce(sum(b.waiting), 0) FROM waiting_blocks b
     WHERE b.community_id = c.community_id AND b.level = 1
       AND b.block >= c.queue_number / {COARSE} * {COARSE // FINE} AND b.block < c.queue_number / {FINE})
  + (SELECT count(*) FROM conversations w
     WHERE w.community_id = c.community_id AND w.holder = 'queue'
       AND w.queue_number >= c.queue_number / {FINE} * {FINE} AND w.queue_number < c.queue_number)
"""

NUMBERS = "SELECT kind, last FROM numbers"
COMMUNITIES = f"""
    SELECT {", ".join(f"c.{name.strip()}" for name in rows.COMMUNITY.split(","))},
           {", ".join(f"t.{name.strip()}" for name in rows.TALLY.split(","))}
    FROM json_each(?) k
    CROSS JOIN communities c ON c.id = k.value
    CROSS JOIN tallies t ON t.community_id = c.id
"""
COMMUNITY_NAMES = """
    SELECT c.name_key, c.id FROM json_each(?) k CROSS JOIN communities c ON c.name_key = k.value
"""
CATEGORIES_OF = "SELECT id, community_id, name FROM categories WHERE community_id = ? ORDER BY id"
FIELDS_OF = """
    SELECT id, community_id, name, type, is_required, choices FROM fields WHERE community_id = ? ORDER BY id
"""
BOTS = f"""
    SELECT {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN communities c ON c.id = k.value
    CROSS JOIN users u ON u.id = c.bot_id
"""
USERS = f"""
    SELECT {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN users u ON u.id = k.value ->> 1 AND u.community_id = k.value ->> 0
"""
USERS_BY_EMAIL = f"""
    SELECT {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN users u ON u.community_id = k.value ->> 0 AND u.email_key = k.value ->> 1
"""
USERS_BY_IDENTIFIER = f"""
    SELECT {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN users u ON u.community_id = k.value ->> 0 AND u.identifier = k.value ->> 1
"""
ASSIGNEES = f"""
    SELECT t.user_id, t.community_id, t.role, t.status, t.seats, t.is_active, {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN teammates t ON t.user_id = k.value ->> 1 AND t.community_id = k.value ->> 0
    CROSS JOIN users u ON u.id = t.user_id
"""
# The lengths of the chats finished last as one JSON value: one row is one pass through the interpreter lock, not 100.
PACES = f"""
    SELECT k.value,
        (SELECT json_group_array(length) FROM (
            SELECT c.closed_at - c.taken_at AS length FROM conversations c
            WHERE c.community_id = k.value AND c.taken_at IS NOT NULL AND c.closed_at > :finished_after
            ORDER BY c.closed_at DESC LIMIT {CHATS_AVERAGED})),
        h.at, h.waiting, h.waited_ms, h.gave_up
    FROM json_each(:keys) k
    LEFT JOIN queue_checkpoints h ON h.community_id = k.value AND h.minute = (
        SELECT max(p.minute) FROM queue_checkpoints p WHERE p.community_id = k.value AND p.minute < :minute)
"""
TEAMMATES = f"""
    SELECT t.user_id, t.community_id, t.role, t.status, t.seats, t.is_active, {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN users u ON u.community_id = k.value ->> 0 AND u.email_key = k.value ->> 1
    CROSS JOIN teammates t ON t.user_id = u.id
"""
CONVERSATIONS = f"""
    SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.queue_number IS NOT NULL THEN {AHEAD} END, {rows.USER_OF_U}
    FROM json_each(?) k
    CROSS JOIN conversations c ON c.id = k.value ->> 1 AND c.community_id = k.value ->> 0
    CROSS JOIN users u ON u.id = c.author_id
"""
ANSWERS = """
    SELECT a.community_id, a.idempotency_key, a.method, a.path, a.body_hash, a.status, a.body, a.at
    FROM json_each(?) k
    CROSS JOIN answers a ON a.community_id = k.value ->> 0 AND a.idempotency_key = k.value ->> 1
"""
TOKENS = f"""
    SELECT {", ".join(f"t.{name.strip()}" for name in rows.TOKEN.split(","))}
    FROM json_each(?) k CROSS JOIN refresh_tokens t ON t.id = k.value
"""
TOKENS_BY_NAME = f"""
    SELECT {", ".join(f"t.{name.strip()}" for name in rows.TOKEN.split(","))}, t.name_key
    FROM json_each(?) k
    CROSS JOIN refresh_tokens t ON t.community_id = k.value ->> 0 AND t.name_key = k.value ->> 1
    WHERE t.revoked_at IS NULL
"""
TAKEN_CATEGORIES = "SELECT c.id FROM json_each(?) k CROSS JOIN categories c ON c.id = k.value"
TAKEN_FIELDS = "SELECT f.id FROM json_each(?) k CROSS JOIN fields f ON f.id = k.value"
SIGNING_KEYS = "SELECT id, sealed, created_at, retired_at FROM signing_keys ORDER BY id DESC"


class Catalogues:
    """The catalogues of the communities met last.

    Each is good while the community's version says so, and the version is read in every group, so a change made by
    another process is seen.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Catalogue] = OrderedDict()

    def get(self, connection: sqlite3.Connection, community_id: int, version: int) -> Catalogue:
        """The community's catalogue at this version, read when it is not at hand."""
        kept = self._kept.get(community_id)
        if kept is None or kept.version != version:
            kept = self._read(connection, community_id, version)
            self._kept[community_id] = kept
            if len(self._kept) > CATALOGUES_KEPT:
                self._kept.popitem(last=False)
        return kept

    def clear(self) -> None:
        """Forget them all."""
        self._kept.clear()

    def _read(self, connection: sqlite3.Connection, community_id: int, version: int) -> Catalogue:
        categories = map(rows.category_of, connection.execute(CATEGORIES_OF, (community_id,)))
        fields = map(rows.field_of, connection.execute(FIELDS_OF, (community_id,)))
        return Catalogue(
            version=version,
            categories={category.id: category for category in categories},
            fields={field.id: field for field in fields},
        )


def load(connection: sqlite3.Connection, need: Need, catalogues: Catalogues) -> Facts:
    """Read what is needed, inside the group's transaction."""
    facts = Facts()
    facts.numbers = dict(connection.execute(NUMBERS).fetchall())
    _load_communities(connection, need, facts, catalogues)
    _load_people(connection, need, facts)
    _load_conversations(connection, need, facts)
    _load_access(connection, need, facts)
    for (category_id,) in _find(connection, TAKEN_CATEGORIES, need.categories):
        facts.category_ids.add(category_id)
    for (field_id,) in _find(connection, TAKEN_FIELDS, need.fields):
        facts.field_ids.add(field_id)
    return facts


def _load_communities(connection: sqlite3.Connection, need: Need, facts: Facts, catalogues: Catalogues) -> None:
    for row in _find(connection, COMMUNITIES, need.communities):
        community = rows.community_of(row)
        facts.communities[community.id] = community
        facts.tallies[community.id] = rows.tally_of(row[6:])
    for community_id in need.catalogues & facts.communities.keys():
        version = facts.communities[community_id].catalogue_version
        facts.catalogues[community_id] = catalogues.get(connection, community_id, version)
    for name_key, community_id in _find(connection, COMMUNITY_NAMES, need.community_names):
        facts.community_names[name_key] = community_id


def _load_people(connection: sqlite3.Connection, need: Need, facts: Facts) -> None:
    for row in _find(connection, BOTS, need.bots):
        facts.bots[row[1]] = rows.user_of(row)
    for text, keys in (
        (USERS, need.users),
        (USERS_BY_EMAIL, need.emails),
        (USERS_BY_IDENTIFIER, need.identifiers),
    ):
        for row in _find(connection, text, keys):
            _know(facts, row)
    for text, keys in ((TEAMMATES, need.teammates), (ASSIGNEES, need.assignees)):
        for row in _find(connection, text, keys):
            teammate = rows.teammate_of(row)
            facts.teammates[teammate.community_id, teammate.user_id] = teammate
            _know(facts, row[6:])


def _load_conversations(connection: sqlite3.Connection, need: Need, facts: Facts) -> None:
    for row in _find(connection, CONVERSATIONS, need.conversations):
        conversation = rows.conversation_of(row)
        facts.conversations[conversation.community_id, conversation.id] = conversation
        if conversation.queue_number is not None:
            facts.ahead[conversation.id] = row[rows.CONVERSATION_WIDTH]
        _know(facts, row[rows.CONVERSATION_WIDTH + 1 :])
    for community_id, chats, hour_ago in paces(connection, need.paces, need.at):
        facts.chats[community_id] = chats
        facts.hour_ago[community_id] = hour_ago


def paces(
    connection: sqlite3.Connection, community_ids: Collection[int], at: datetime
) -> Iterator[tuple[int, tuple[int, ...], tuple[timedelta, int]]]:
    """For each community: the lengths of its last chats in µs, and (waited, gave up) as of an hour before `at`."""
    if not community_ids:
        return
    hour_ago = at - PATIENCE_WINDOW
    parameters = {
        "keys": msgspec.json.encode(list(community_ids)).decode(),
        "finished_after": rows.micros(at - CHATS_COUNT_FOR),
        "minute": rows.minute_of(hour_ago),
    }
    for community_id, chats, *checkpoint in connection.execute(PACES, parameters).fetchall():
        yield community_id, _decode_chats(chats), rows.counted_at(hour_ago, *checkpoint)


def _load_access(connection: sqlite3.Connection, need: Need, facts: Facts) -> None:
    for row in _find(connection, ANSWERS, need.answers):
        facts.answers[row[0], row[1]] = rows.answer_of(row)
    for row in _find(connection, TOKENS, need.tokens):
        facts.tokens[row[0]] = rows.token_of(row)
    for row in _find(connection, TOKENS_BY_NAME, need.token_names):
        facts.tokens[row[0]] = rows.token_of(row)
        facts.token_names[row[1], row[8]] = row[0]
    if need.signing_keys:
        for row in connection.execute(SIGNING_KEYS):
            facts.signing_keys[row[0]] = rows.signing_key_of(row)


def _find(connection: sqlite3.Connection, text: str, keys: Collection[Any]) -> list[rows.Row]:
    if not keys:
        return []
    return connection.execute(text, (msgspec.json.encode(list(keys)).decode(),)).fetchall()


def _know(facts: Facts, row: rows.Row) -> None:
    user = rows.user_of(row)
    facts.users[user.community_id, user.id] = user
    if user.email_key is not None:
        facts.emails[user.community_id, user.email_key] = user.id
    if user.identifier is not None:
        facts.identifiers[user.community_id, user.identifier] = user.id
