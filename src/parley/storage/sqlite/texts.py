"""The set-based statements in SQLite's words.

Differs by necessity: SQLite has no arrays. Keys come as one JSON array, and every look-up is
`json_each(keys) CROSS JOIN table`: one text for any number of keys, and SQLite may not turn a CROSS JOIN round, so the
plan made on an empty table is the plan on a full one.
"""

from parley.core.waiting import CHATS_AVERAGED
from parley.storage import agent_rows, bot_rows, mail_rows, queries, rows, webhook_rows, writing_rows
from parley.storage.loading import Texts
from parley.storage.storing import FORGOTTEN_AT_ONCE

TEXTS = Texts(
    communities=f"""
        SELECT {rows.prefixed("c", rows.COMMUNITY)}, {rows.prefixed("t", rows.TALLY)},
            {rows.prefixed("b", bot_rows.MANNERS)}, {rows.prefixed("s", mail_rows.SENDER)}
        FROM json_each($1) k
        CROSS JOIN communities c ON c.id = k.value
        CROSS JOIN tallies t ON t.community_id = c.id
        LEFT JOIN bots b ON b.community_id = c.id AND b.removed_at IS NULL
        LEFT JOIN senders s ON s.community_id = c.id AND s.removed_at IS NULL
    """,
    community_names="""
        SELECT c.name_key, c.id FROM json_each($1) k CROSS JOIN communities c ON c.name_key = k.value
    """,
    bots=f"""
        SELECT {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN communities c ON c.id = k.value
        CROSS JOIN users u ON u.id = c.bot_id
    """,
    users=f"""
        SELECT {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN users u ON u.id = k.value ->> 1 AND u.community_id = k.value ->> 0
    """,
    users_by_email=f"""
        SELECT {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN users u ON u.community_id = k.value ->> 0 AND u.email_key = k.value ->> 1
    """,
    users_by_identifier=f"""
        SELECT {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN users u ON u.community_id = k.value ->> 0 AND u.identifier = k.value ->> 1
    """,
    teammates=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN users u ON u.community_id = k.value ->> 0 AND u.email_key = k.value ->> 1
        CROSS JOIN teammates t ON t.user_id = u.id
    """,
    assignees=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN teammates t ON t.user_id = k.value ->> 1 AND t.community_id = k.value ->> 0
        CROSS JOIN users u ON u.id = t.user_id
    """,
    conversations=f"""
        SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.queue_number IS NOT NULL THEN {queries.AHEAD} END, {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN conversations c ON c.id = k.value ->> 1 AND c.community_id = k.value ->> 0
        CROSS JOIN users u ON u.id = c.author_id
    """,
    # One JSON value, as for the chats below.
    places=f"""
        SELECT json_group_array(json_array(c.id, c.epoch, CASE WHEN c.holder = 'queue' THEN {queries.AHEAD} END))
        FROM json_each($1) k
        CROSS JOIN conversations c ON c.id = k.value ->> 1 AND c.community_id = k.value ->> 0
    """,
    # The lengths of the chats as one JSON value: one row is one pass through the interpreter lock, not a hundred.
    paces=f"""
        SELECT k.value,
            (SELECT json_group_array(length) FROM (
                SELECT c.closed_at - c.taken_at AS length FROM conversations c
                WHERE c.community_id = k.value AND c.taken_at IS NOT NULL AND c.closed_at > $2
                ORDER BY c.closed_at DESC LIMIT {CHATS_AVERAGED})),
            h.at, h.waiting, h.waited_ms, h.gave_up
        FROM json_each($1) k
        LEFT JOIN queue_checkpoints h ON h.community_id = k.value AND h.minute = (
            SELECT max(p.minute) FROM queue_checkpoints p WHERE p.community_id = k.value AND p.minute < $3)
    """,
    answers=f"""
        SELECT {rows.prefixed("a", rows.ANSWER)}
        FROM json_each($1) k
        CROSS JOIN answers a ON a.community_id = k.value ->> 0 AND a.idempotency_key = k.value ->> 1
    """,
    tokens=f"""
        SELECT {rows.prefixed("t", rows.TOKEN)}
        FROM json_each($1) k
        CROSS JOIN refresh_tokens t ON t.id = k.value
    """,
    tokens_by_name=f"""
        SELECT {rows.prefixed("t", rows.TOKEN)}, t.name_key
        FROM json_each($1) k
        CROSS JOIN refresh_tokens t ON t.community_id = k.value ->> 0 AND t.name_key = k.value ->> 1
        WHERE t.revoked_at IS NULL
    """,
    taken_categories="SELECT c.id FROM json_each($1) k CROSS JOIN categories c ON c.id = k.value",
    taken_fields="SELECT f.id FROM json_each($1) k CROSS JOIN fields f ON f.id = k.value",
    leave_blocks="""
        UPDATE waiting_blocks SET waiting = waiting_blocks.waiting + (k.value ->> 3)
        FROM json_each($1) k
        WHERE waiting_blocks.community_id = k.value ->> 0
          AND waiting_blocks.level = k.value ->> 1 AND waiting_blocks.block = k.value ->> 2
        RETURNING waiting
    """,
    drop_empty_blocks="""
        DELETE FROM waiting_blocks
        WHERE (community_id, level, block) IN (
            SELECT k.value ->> 0, k.value ->> 1, k.value ->> 2 FROM json_each($1) k)
          AND waiting = 0
    """,
    forget_answers=f"""
        DELETE FROM answers WHERE rowid IN (
            SELECT a.rowid FROM json_each($1) k CROSS JOIN answers a ON a.at < k.value
            ORDER BY a.at LIMIT {FORGOTTEN_AT_ONCE})
    """,
    forget_checkpoints=f"""
        DELETE FROM queue_checkpoints WHERE (community_id, minute) IN (
            SELECT p.community_id, p.minute FROM queue_checkpoints p
            WHERE p.minute < $1 ->> 0 AND EXISTS (
                SELECT 1 FROM queue_checkpoints n
                WHERE n.community_id = p.community_id AND n.minute > p.minute AND n.minute < $1 ->> 0)
            ORDER BY p.minute DESC LIMIT {FORGOTTEN_AT_ONCE})
    """,
    endpoints=f"""
        SELECT {rows.prefixed("e", webhook_rows.ENDPOINT)}
        FROM json_each($1) k
        CROSS JOIN endpoints e ON e.id = k.value ->> 1 AND e.community_id = k.value ->> 0
    """,
    endpoints_of=f"""
        SELECT {rows.prefixed("e", webhook_rows.ENDPOINT)}
        FROM json_each($1) k
        CROSS JOIN endpoints e ON e.community_id = k.value
    """,
    deliveries=f"""
        SELECT {rows.prefixed("d", webhook_rows.DELIVERY)}
        FROM json_each($1) k
        CROSS JOIN deliveries d ON d.id = k.value ->> 1 AND d.community_id = k.value ->> 0
    """,
    deliveries_of_events=f"""
        SELECT {rows.prefixed("d", webhook_rows.DELIVERY)}
        FROM json_each($1) k
        CROSS JOIN deliveries d ON d.endpoint_id = k.value ->> 1 AND d.to_url = k.value ->> 2
            AND d.seq = k.value ->> 3 AND d.community_id = k.value ->> 0
    """,
    deliveries_in_lanes=f"""
        SELECT {rows.prefixed("d", webhook_rows.DELIVERY)}
        FROM json_each($1) k
        CROSS JOIN deliveries d ON d.id IN (
            SELECT i.id FROM deliveries i
            WHERE i.endpoint_id = k.value ->> 1 AND i.to_url = k.value ->> 2 AND i.conversation_id = k.value ->> 3
              AND i.state IN ('due', 'held')
            ORDER BY i.state, i.seq LIMIT 2)
        WHERE d.community_id = k.value ->> 0
    """,
    leases=f"""
        SELECT {rows.prefixed("l", webhook_rows.LEASE)}
        FROM json_each($1) k
        CROSS JOIN leases l ON l.name = k.value
    """,
    turns=f"""
        SELECT {rows.prefixed("t", bot_rows.TURN)}
        FROM json_each($1) k
        CROSS JOIN turns t ON t.conversation_id = k.value ->> 1 AND t.community_id = k.value ->> 0
    """,
    empty_drafts="""
        UPDATE drafts SET text = ''
        FROM json_each($1) k
        WHERE drafts.conversation_id = k.value ->> 1 AND drafts.user_id = k.value ->> 2
          AND drafts.community_id = k.value ->> 0 AND drafts.is_note = k.value ->> 3
    """,
    end_turns="DELETE FROM turns WHERE conversation_id IN (SELECT k.value FROM json_each($1) k)",
    events_at=f"""
        SELECT {rows.prefixed("e", rows.EVENT)}
        FROM json_each($1) k
        CROSS JOIN events e ON e.community_id = k.value ->> 0 AND e.seq = k.value ->> 1
    """,
    # The first of a conversation's stays, once.
    answer_stays="""
        UPDATE stays SET answered_at = k.value ->> 1
        FROM json_each($1) k
        WHERE stays.conversation_id = k.value ->> 0 AND stays.answered_at IS NULL
          AND stays.epoch = (SELECT min(f.epoch) FROM stays f WHERE f.conversation_id = k.value ->> 0)
    """,
    forget_traffic=f"""
        DELETE FROM traffic WHERE (community_id, span, period) IN (
            SELECT p.community_id, p.span, p.period
            FROM json_each($1) k CROSS JOIN traffic p ON p.span = k.value ->> 0 AND p.period < k.value ->> 1
            LIMIT {FORGOTTEN_AT_ONCE})
    """,
    forget_attempts=f"""
        DELETE FROM attempts WHERE delivery_id IN (
            SELECT d.id FROM json_each($1) k CROSS JOIN deliveries d ON d.finished_at < k.value
            ORDER BY d.finished_at LIMIT {FORGOTTEN_AT_ONCE})
    """,
    forget_deliveries=f"""
        DELETE FROM deliveries WHERE id IN (
            SELECT d.id FROM json_each($1) k CROSS JOIN deliveries d ON d.finished_at < k.value
            ORDER BY d.finished_at LIMIT {FORGOTTEN_AT_ONCE})
    """,
    # The conversations where something was found, each once. The newest of each kind: rowids come in their order.
    hits="""
        SELECT c.id, c.changed_at, c.closed_at, c.holder, c.assignee_id, c.category_id
        FROM (
            SELECT m.conversation_id AS id
            FROM (SELECT rowid AS id FROM found_messages WHERE found_messages MATCH $2 ORDER BY rowid DESC LIMIT $3) f
            CROSS JOIN messages m ON m.id = f.id
            UNION
            SELECT id FROM (
                SELECT rowid AS id FROM found_titles WHERE found_titles MATCH $2 ORDER BY rowid DESC LIMIT $3)
            UNION
            SELECT id FROM (
                SELECT rowid AS id FROM found_authors WHERE found_authors MATCH $2 ORDER BY rowid DESC LIMIT $3)
        ) h
        CROSS JOIN conversations c ON c.id = h.id AND c.community_id = $1
    """,
    # What a list shows beside the conversation: since when it waits, what was said last, who has it.
    listed=f"""
        SELECT c.id, {agent_rows.BESIDE}
        FROM json_each($1) k
        CROSS JOIN conversations c ON c.id = k.value ->> 1 AND c.community_id = k.value ->> 0
        LEFT JOIN stays s ON s.conversation_id = c.id AND s.epoch = c.epoch
        LEFT JOIN messages m ON m.id = (
            SELECT l.id FROM messages l WHERE l.conversation_id = c.id ORDER BY l.created_at DESC, l.id DESC LIMIT 1)
        LEFT JOIN users a ON a.id = m.author_id
        LEFT JOIN users h ON h.id = c.assignee_id
    """,
    standings=f"""
        SELECT {queries.STANDING}, count(*), sum(t.seats - t.open_chats)
        FROM json_each($1) k
        CROSS JOIN teammates t ON t.community_id = k.value
        GROUP BY {queries.STANDING}
    """,
    teams=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN teammates t ON t.community_id = k.value
        CROSS JOIN users u ON u.id = t.user_id
    """,
    able=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM json_each($1) k
        CROSS JOIN teammates t ON t.user_id IN (
            SELECT i.user_id FROM teammates i
            WHERE i.community_id = k.value AND {queries.ABLE}
            ORDER BY i.open_chats, i.given_at, i.user_id LIMIT $2)
        CROSS JOIN users u ON u.id = t.user_id
        WHERE t.community_id = k.value
    """,
    count_chats="""
        UPDATE teammates SET open_chats = teammates.open_chats + (k.value ->> 2)
        FROM json_each($1) k
        WHERE teammates.user_id = k.value ->> 1 AND teammates.community_id = k.value ->> 0
    """,
    heads="""
        SELECT c.community_id, c.id
        FROM json_each($1) k
        CROSS JOIN conversations c ON c.id IN (
            SELECT i.id FROM conversations i
            WHERE i.community_id = k.value AND i.holder = 'queue' ORDER BY i.queue_number LIMIT $2)
        WHERE c.community_id = k.value
    """,
    chats_of="""
        SELECT c.community_id, c.id
        FROM json_each($1) k
        CROSS JOIN conversations c
            ON c.community_id = k.value ->> 0 AND c.assignee_id = k.value ->> 1 AND c.holder = 'teammate'
    """,
    mails=f"""
        SELECT {rows.prefixed("m", mail_rows.MAIL)}
        FROM json_each($1) k
        CROSS JOIN mails m ON m.message_id = k.value ->> 1 AND m.community_id = k.value ->> 0
    """,
    replies_of=f"""
        SELECT {rows.prefixed("r", writing_rows.REPLY)}
        FROM json_each($1) k
        CROSS JOIN saved_replies r ON r.community_id = k.value AND r.removed_at IS NULL
    """,
    sessions=f"""
        SELECT {rows.prefixed("s", agent_rows.SESSION)}
        FROM json_each($1) k
        CROSS JOIN sessions s ON s.secret_hash = k.value
    """,
    forget_sessions=f"""
        DELETE FROM sessions WHERE secret_hash IN (
            SELECT s.secret_hash FROM json_each($1) k CROSS JOIN sessions s ON s.begun_at < k.value
            ORDER BY s.begun_at LIMIT {FORGOTTEN_AT_ONCE})
    """,
)
