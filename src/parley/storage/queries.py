"""The plain queries, in words that both databases read: one text for both."""

from parley.core.conversations import Holder
from parley.core.reports import NEWEST, POINTS
from parley.core.waiting import COARSE, FINE
from parley.storage import agent_rows, bot_rows, mail_rows, rows, webhook_rows, writing_rows

# How many wait ahead of a queue number: whole coarse blocks, then whole fine ones, then one by one (core/waiting.py).
AHEAD = f"""
    (SELECT CAST(coalesce(sum(b.waiting), 0) AS BIGINT) FROM waiting_blocks b
     WHERE b.community_id = c.community_id AND b.level = 2 AND b.block < c.queue_number / {COARSE})
  + (SELECT CAST(coalesce(sum(b.waiting), 0) AS BIGINT) FROM waiting_blocks b
     WHERE b.community_id = c.community_id AND b.level = 1
       AND b.block >= c.queue_number / {COARSE} * {COARSE // FINE} AND b.block < c.queue_number / {FINE})
  + (SELECT count(*) FROM conversations w
     WHERE w.community_id = c.community_id AND w.holder = 'queue'
       AND w.queue_number >= c.queue_number / {FINE} * {FINE} AND w.queue_number < c.queue_number)
"""

NUMBERS = "SELECT kind, last FROM numbers"
SIGNING_KEYS = "SELECT id, sealed, created_at, retired_at FROM signing_keys ORDER BY id DESC"
CATEGORIES = "SELECT id, community_id, name FROM categories WHERE community_id = $1 ORDER BY id"
FIELDS = "SELECT id, community_id, name, type, is_required, choices FROM fields WHERE community_id = $1 ORDER BY id"
TALLY = f"SELECT {rows.TALLY} FROM tallies WHERE community_id = $1"
OLD_ANSWER = "SELECT 1 FROM answers WHERE at < $1 LIMIT 1"
# One that is too old, and so is its community's next: what they told of the time between is not asked for any more.
OLD_CHECKPOINT = """
    SELECT 1 FROM queue_checkpoints p
    WHERE p.minute < $1 AND EXISTS (
        SELECT 1 FROM queue_checkpoints n
        WHERE n.community_id = p.community_id AND n.minute > p.minute AND n.minute < $1)
    ORDER BY p.minute DESC LIMIT 1
"""

OLD_TRAFFIC = "SELECT 1 FROM traffic WHERE span = $1 AND period < $2 LIMIT 1"
OLD_SESSION = "SELECT 1 FROM sessions WHERE begun_at < $1 LIMIT 1"
OLD_DELIVERY = "SELECT 1 FROM deliveries WHERE finished_at < $1 LIMIT 1"

COMMUNITIES = f"SELECT {rows.COMMUNITY} FROM communities ORDER BY id"
COMMUNITY_BY_NAME = f"SELECT {rows.COMMUNITY} FROM communities WHERE name_key = $1"
COMMUNITY_BY_ID = f"SELECT {rows.COMMUNITY} FROM communities WHERE id = $1"
CLIENT_EXISTS = "SELECT 1 FROM communities WHERE client_id = $1"
TOKENS = f"SELECT {rows.TOKEN} FROM refresh_tokens WHERE community_id = $1 AND revoked_at IS NULL ORDER BY id"
_GRANT = f"""
    SELECT {rows.prefixed("t", rows.TOKEN)}, c.client_id
    FROM refresh_tokens t
    JOIN communities c ON c.id = t.community_id
"""
GRANT = f"{_GRANT} WHERE t.id = $1"
GRANT_BY_HASH = f"{_GRANT} WHERE t.secret_hash = $1"
# Who can be given a conversation, as `parley.core.routing` has it; the index of them is made of these words.
ABLE = "i.is_active AND i.role <> 'read_only' AND i.status = 'online' AND i.left_at IS NULL AND i.open_chats < i.seats"
STANDING = "t.community_id, t.role, t.status, t.is_active, t.left_at IS NOT NULL, t.open_chats < t.seats"
TEAMMATES = f"""
    SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
    FROM teammates t
    JOIN users u ON u.id = t.user_id
    WHERE t.community_id = $1
    ORDER BY u.name, u.id
"""
# Whom to look after: the longest due first.
DUE_TEAMMATES = f"""
    SELECT {rows.TEAMMATE} FROM teammates WHERE due_at <= $1 ORDER BY due_at, user_id LIMIT $2
"""
EVENTS = f"SELECT {rows.EVENT} FROM events WHERE number > $1 ORDER BY number LIMIT $2"
EVENTS_OF_COMMUNITY = f"SELECT {rows.EVENT} FROM events WHERE community_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
EVENTS_OF_CONVERSATION = f"""
    SELECT {rows.EVENT} FROM events WHERE conversation_id = $1 AND seq > $2 AND community_id = $4 ORDER BY seq LIMIT $3
"""
LAST_NUMBER = "SELECT last FROM numbers WHERE kind = 'event'"
LAST_SEQ = "SELECT last_seq FROM tallies WHERE community_id = $1"

CONVERSATION = f"""
    SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.holder = 'queue' THEN {AHEAD} END, {rows.USER_OF_U}
    FROM conversations c
    JOIN users u ON u.id = c.author_id
    WHERE c.id = $1 AND c.community_id = $2
"""
CONVERSATION_EPOCH = "SELECT epoch FROM conversations WHERE id = $1 AND community_id = $2"

_MESSAGES = f"""
    SELECT {rows.MESSAGE} FROM messages m WHERE m.conversation_id = $1
"""
# As they are shown: by time, ties by arrival; descending is exactly ascending reversed.
MESSAGES_EARLIEST = f"{_MESSAGES} ORDER BY m.created_at, m.id LIMIT $2 OFFSET $3"
MESSAGES_LATEST = f"{_MESSAGES} ORDER BY m.created_at DESC, m.id DESC LIMIT $2 OFFSET $3"
# As they arrived, from a cursor: the cost does not depend on how deep it is.
MESSAGES_AFTER = f"{_MESSAGES} AND m.id > $3 ORDER BY m.id LIMIT $2"
MESSAGES_BEFORE = f"{_MESSAGES} AND m.id < $3 ORDER BY m.id DESC LIMIT $2"
# As they are shown, from one of them.
MESSAGE_TIME = "SELECT created_at FROM messages WHERE id = $1 AND conversation_id = $2"
MESSAGES_SHOWN_BEFORE = f"""
    {_MESSAGES} AND (m.created_at, m.id) < ($3, $4) ORDER BY m.created_at DESC, m.id DESC LIMIT $2
"""

_LIST = f"""
    SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.holder = 'queue' THEN {AHEAD} END, {rows.USER_OF_U},
        c.changed_at AS listed_at, c.id AS listed_id
    FROM conversations c
    JOIN users u ON u.id = c.author_id
    WHERE c.community_id = $1 AND (c.changed_at, c.id) < ($2, $3)
"""
_NEWEST_CHANGE_FIRST = "ORDER BY c.changed_at DESC, c.id DESC LIMIT $4"
LIST_OF_HOLDER = f"{_LIST} AND c.holder = $5 {_NEWEST_CHANGE_FIRST}"
# One index serves the lists of each state; the list of all states is the newest of each state's newest.
_LIST_OF_EACH = " UNION ALL ".join(
    f"SELECT * FROM ({_LIST} AND c.holder = '{holder.value}' {_NEWEST_CHANGE_FIRST}) of_{holder.value}"
    for holder in Holder
)
LIST = f"SELECT * FROM ({_LIST_OF_EACH}) found ORDER BY listed_at DESC, listed_id DESC LIMIT $4"
LIST_OF_CATEGORY = f"""
    {_LIST} AND c.category_id = $6 AND (CAST($5 AS TEXT) IS NULL OR c.holder = $5) {_NEWEST_CHANGE_FIRST}
"""
LIST_OF_AUTHOR = f"""
    {_LIST} AND c.author_id = $7 AND (CAST($5 AS TEXT) IS NULL OR c.holder = $5)
    AND (CAST($6 AS BIGINT) IS NULL OR c.category_id = $6) {_NEWEST_CHANGE_FIRST}
"""

# Webhooks. Those of all communities are for the process that sends, which looks after every one.
ALL_ENDPOINTS = f"SELECT {webhook_rows.ENDPOINT} FROM endpoints WHERE removed_at IS NULL ORDER BY id"
ENDPOINTS = f"SELECT {webhook_rows.ENDPOINT} FROM endpoints WHERE community_id = $1 AND removed_at IS NULL ORDER BY id"
LEASES = f"SELECT {webhook_rows.LEASE} FROM leases"
DUE_DELIVERIES = f"""
    SELECT {webhook_rows.DELIVERY} FROM deliveries
    WHERE endpoint_id = $1 AND community_id = $2 AND state = 'due' AND due_at <= $3 ORDER BY due_at, id LIMIT $4
"""
NEXT_DUE = (
    "SELECT due_at FROM deliveries WHERE endpoint_id = $1 AND state = 'due' AND due_at > $2 ORDER BY due_at LIMIT 1"
)
_DELIVERIES = f"SELECT {webhook_rows.DELIVERY} FROM deliveries"
DELIVERIES_OF_COMMUNITY = f"{_DELIVERIES} WHERE community_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
DELIVERIES_OF_ENDPOINT = f"""
    {_DELIVERIES} WHERE endpoint_id = $4 AND community_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
"""
DELIVERIES_FAILED = f"""
    {_DELIVERIES} WHERE community_id = $1 AND state = 'failed' AND id < $2
    AND (CAST($4 AS BIGINT) IS NULL OR endpoint_id = $4) ORDER BY id DESC LIMIT $3
"""
DELIVERY = f"{_DELIVERIES} WHERE id = $1 AND community_id = $2"
# What waits for an endpoint: deliveries, and what is wanted of the log that is not made into any yet.
WAITING_FOR = """
    SELECT
        (SELECT count(*) FROM deliveries WHERE endpoint_id = $1 AND to_url = '' AND state IN ('due', 'held'))
        + (SELECT count(*) FROM events WHERE community_id = $2 AND seq > $3 AND type IN ($4, $5, $6, $7))
"""
ATTEMPTS = f"SELECT {webhook_rows.ATTEMPT} FROM attempts WHERE delivery_id = $1 ORDER BY number"

# Bots.
ALL_BOTS = f"SELECT {bot_rows.BOT} FROM bots WHERE removed_at IS NULL ORDER BY community_id"
BOT = f"SELECT {bot_rows.BOT} FROM bots WHERE community_id = $1 AND removed_at IS NULL"
TURNS = f"SELECT {bot_rows.TURN} FROM turns WHERE community_id = $1 ORDER BY conversation_id"

SENDER = f"SELECT {mail_rows.SENDER} FROM senders WHERE community_id = $1 AND removed_at IS NULL"
MAILS = f"""
    SELECT {mail_rows.MAIL} FROM mails
    WHERE conversation_id = $1 AND community_id = $2 ORDER BY message_id DESC LIMIT $3
"""
NEW_MAILS = f"""
    SELECT {mail_rows.MAIL} FROM mails
    WHERE state = 'waiting' AND NOT is_seen AND created_at < $1 ORDER BY created_at, message_id LIMIT $2
"""
# A conversation's mails go out in their order: one waits for those before it.
DUE_MAILS = f"""
    SELECT {mail_rows.MAIL} FROM mails m
    WHERE m.state = 'waiting' AND m.due_at <= $1 AND NOT EXISTS (
        SELECT 1 FROM mails b
        WHERE b.conversation_id = m.conversation_id AND b.message_id < m.message_id AND b.state = 'waiting')
    ORDER BY m.due_at, m.message_id LIMIT $2
"""
NEXT_MAIL = "SELECT due_at FROM mails WHERE state = 'waiting' AND due_at > $1 ORDER BY due_at LIMIT 1"

# Who signs in.
CREDENTIALS = f"""
    SELECT {agent_rows.MEMBER}, p.hash
    FROM users u
    JOIN teammates t ON t.user_id = u.id
    JOIN passwords p ON p.user_id = u.id
    JOIN communities c ON c.id = u.community_id
    WHERE u.email_key = $1 AND u.kind = 'teammate' AND t.is_active
    ORDER BY c.id
"""
VISITOR = f"""
    SELECT {agent_rows.MEMBER}, {rows.prefixed("s", agent_rows.SESSION)}
    FROM sessions s
    JOIN users u ON u.id = s.user_id
    JOIN teammates t ON t.user_id = u.id
    JOIN communities c ON c.id = s.community_id
    WHERE s.secret_hash = $1
"""

# The team's views. Each goes along an index in the order it is shown in.
COUNTS = """
    SELECT t.waiting, t.with_bot, t.assigned,
        (SELECT count(*) FROM conversations c
         WHERE c.community_id = t.community_id AND c.holder = 'teammate' AND c.assignee_id = $2),
        CASE WHEN t.closed_day = $3 THEN t.closed_today ELSE 0 END,
        (SELECT s.joined_at FROM (
            SELECT c.id, c.epoch FROM conversations c WHERE c.community_id = t.community_id AND c.holder = 'queue'
            ORDER BY c.queue_number LIMIT 1) c
         JOIN stays s ON s.conversation_id = c.id AND s.epoch = c.epoch)
    FROM tallies t WHERE t.community_id = $1
"""
_VIEW = f"""
    SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.holder = 'queue' THEN {AHEAD} END, {rows.USER_OF_U},
        {{order}} AS listed_at, c.id AS listed_id
    FROM conversations c
    JOIN users u ON u.id = c.author_id
    WHERE c.community_id = $1
"""
_OF_CATEGORY = "AND (CAST($5 AS BIGINT) IS NULL OR c.category_id = $5)"
# Their places follow from the first one's, so no place is looked up here.
VIEW_WAITING = f"""
    SELECT {rows.CONVERSATION_OF_C}, CAST(NULL AS BIGINT), {rows.USER_OF_U},
        c.queue_number AS listed_at, c.id AS listed_id
    FROM conversations c
    JOIN users u ON u.id = c.author_id
    WHERE c.community_id = $1 AND c.holder = 'queue' AND (c.queue_number, c.id) > ($2, $3) {_OF_CATEGORY}
    ORDER BY c.queue_number LIMIT $4
"""
VIEW_MINE = f"""
    {_VIEW.format(order="c.changed_at")} AND c.holder = 'teammate' AND c.assignee_id = $6
    AND (c.changed_at, c.id) < ($2, $3) {_OF_CATEGORY} ORDER BY c.changed_at DESC, c.id DESC LIMIT $4
"""
# One that was closed since then has changed since then.
VIEW_CLOSED = f"""
    {_VIEW.format(order="c.changed_at")} AND c.holder = 'nobody' AND c.changed_at >= $6 AND c.closed_at >= $6
    AND (c.changed_at, c.id) < ($2, $3) {_OF_CATEGORY} ORDER BY c.changed_at DESC, c.id DESC LIMIT $4
"""
_NEWEST = {
    holder: f"""
        {_VIEW.format(order="c.changed_at")} AND c.holder = '{holder.value}'
        AND (c.changed_at, c.id) < ($2, $3) {_OF_CATEGORY} ORDER BY c.changed_at DESC, c.id DESC LIMIT $4
    """
    for holder in Holder
}
VIEW_BOT = _NEWEST[Holder.BOT]
# One index serves each holder; of several it is the newest of each one's newest.
_EACH = {holder: f"SELECT * FROM ({newest}) of_{holder.value}" for holder, newest in _NEWEST.items()}
_OF_ALL = "SELECT * FROM ({each}) found ORDER BY listed_at DESC, listed_id DESC LIMIT $4"
VIEW_ALL = _OF_ALL.format(each=" UNION ALL ".join(_EACH.values()))
# A category's has an index of its own: among a great many others there may be few of it.
VIEW_OF_CATEGORY = f"""
    {_VIEW.format(order="c.changed_at")} AND c.category_id = $5 AND (c.changed_at, c.id) < ($2, $3)
    ORDER BY c.changed_at DESC, c.id DESC LIMIT $4
"""
VIEW_OPEN = _OF_ALL.format(
    each=" UNION ALL ".join(_EACH[holder] for holder in (Holder.BOT, Holder.QUEUE, Holder.TEAMMATE))
)

NOTES = f"""
    SELECT {agent_rows.NOTE} FROM notes WHERE conversation_id = $1 AND community_id = $2 ORDER BY id DESC LIMIT $3
"""
EVENTS_LATEST = f"""
    SELECT {rows.EVENT} FROM events WHERE conversation_id = $1 AND community_id = $2 ORDER BY seq DESC LIMIT $3
"""
OPEN_CHATS = "SELECT user_id, open_chats FROM teammates WHERE community_id = $1 AND open_chats > 0"

# Reports: the counters of a window, and the newest lengths in its time, each from an index that holds them in order.
TRAFFIC = f"""
    SELECT period, {rows.TRAFFIC} FROM traffic WHERE community_id = $1 AND span = $2 AND period >= $3
"""
WAITS = f"""
    SELECT joined_at, ended_at FROM stays
    WHERE community_id = $1 AND outcome = 'taken' AND ended_at >= $2 ORDER BY ended_at DESC LIMIT {NEWEST}
"""
FIRST_ANSWERS = f"""
    SELECT joined_at, answered_at FROM stays
    WHERE community_id = $1 AND answered_at >= $2 ORDER BY answered_at DESC LIMIT {NEWEST}
"""
CHATS = f"""
    SELECT taken_at, closed_at FROM conversations
    WHERE community_id = $1 AND closed_at >= $2 AND taken_at IS NOT NULL ORDER BY closed_at DESC LIMIT {NEWEST}
"""
# Of the newest waits those that somebody was told an estimate of: a bounded look, though nobody was told any.
TOLD = f"""
    SELECT p10, p50, p90, joined_at, ended_at FROM (
        SELECT p10, p50, p90, joined_at, ended_at FROM stays
        WHERE community_id = $1 AND outcome = 'taken' AND ended_at >= $2 ORDER BY ended_at DESC LIMIT {NEWEST}
    ) newest WHERE p50 IS NOT NULL LIMIT {POINTS}
"""

# What teammates write with.
REPLIES = f"""
    SELECT {writing_rows.REPLY} FROM saved_replies WHERE community_id = $1 AND removed_at IS NULL ORDER BY shortcut, id
"""
DRAFT = f"""
    SELECT {writing_rows.DRAFT} FROM drafts
    WHERE conversation_id = $1 AND user_id = $2 AND community_id = $3 AND text <> ''
"""
