"""The set-based statements in PostgreSQL's words.

Differs by necessity: keys come as arrays, and each look-up is `unnest(keys) CROSS JOIN LATERAL (… LIMIT 1)`. A plain
join would be planned by what the tables hold when the statement is first run; the limit leaves nothing to choose.
"""

from parley.core.waiting import CHATS_AVERAGED
from parley.storage import agent_rows, bot_rows, mail_rows, queries, rows, webhook_rows, writing_rows
from parley.storage.loading import Texts
from parley.storage.storing import FORGOTTEN_AT_ONCE

_KNOWN_OF_U = "coalesce(u.name, '') || ' ' || coalesce(u.email, '') || ' ' || coalesce(u.identifier, '')"
# That all phrases stand in a row, which the index cannot tell: it has no positions. To read a message takes 15 µs when
# it has 90 characters, and 1 to 3 ms when it has the 10,000 that it may have: a thousand are read within a read's time.
_IN_ROW = "(cardinality($4::text[]) = 0 OR array_to_string(found_words($1, {}), ' ') ~ ALL ($4))"

TEXTS = Texts(
    communities=f"""
        SELECT {rows.prefixed("c", rows.COMMUNITY)}, {rows.prefixed("t", rows.TALLY)},
            {rows.prefixed("b", bot_rows.MANNERS)}, {rows.prefixed("s", mail_rows.SENDER)}
        FROM unnest($1::bigint[]) k (id)
        CROSS JOIN LATERAL (SELECT * FROM communities c WHERE c.id = k.id LIMIT 1) c
        CROSS JOIN LATERAL (SELECT * FROM tallies t WHERE t.community_id = c.id LIMIT 1) t
        LEFT JOIN LATERAL (
            SELECT * FROM bots b WHERE b.community_id = c.id AND b.removed_at IS NULL LIMIT 1) b ON true
        LEFT JOIN LATERAL (
            SELECT * FROM senders s WHERE s.community_id = c.id AND s.removed_at IS NULL LIMIT 1) s ON true
    """,
    community_names="""
        SELECT c.name_key, c.id FROM unnest($1::text[]) k (name_key)
        CROSS JOIN LATERAL (SELECT * FROM communities c WHERE c.name_key = k.name_key LIMIT 1) c
    """,
    bots=f"""
        SELECT {rows.USER_OF_U}
        FROM unnest($1::bigint[]) k (id)
        CROSS JOIN LATERAL (SELECT * FROM communities c WHERE c.id = k.id LIMIT 1) c
        CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = c.bot_id LIMIT 1) u
    """,
    users=f"""
        SELECT {rows.USER_OF_U}
        FROM unnest($1::bigint[], $2::text[]) k (community_id, id)
        CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = k.id AND u.community_id = k.community_id LIMIT 1) u
    """,
    users_by_email=f"""
        SELECT {rows.USER_OF_U}
        FROM unnest($1::bigint[], $2::text[]) k (community_id, email_key)
        CROSS JOIN LATERAL (
            SELECT * FROM users u WHERE u.community_id = k.community_id AND u.email_key = k.email_key LIMIT 1) u
    """,
    users_by_identifier=f"""
        SELECT {rows.USER_OF_U}
        FROM unnest($1::bigint[], $2::text[]) k (community_id, identifier)
        CROSS JOIN LATERAL (
            SELECT * FROM users u WHERE u.community_id = k.community_id AND u.identifier = k.identifier LIMIT 1) u
    """,
    teammates=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM unnest($1::bigint[], $2::text[]) k (community_id, email_key)
        CROSS JOIN LATERAL (
            SELECT * FROM users u WHERE u.community_id = k.community_id AND u.email_key = k.email_key LIMIT 1) u
        CROSS JOIN LATERAL (SELECT * FROM teammates t WHERE t.user_id = u.id LIMIT 1) t
    """,
    assignees=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM unnest($1::bigint[], $2::text[]) k (community_id, user_id)
        CROSS JOIN LATERAL (
            SELECT * FROM teammates t WHERE t.user_id = k.user_id AND t.community_id = k.community_id LIMIT 1) t
        CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = t.user_id LIMIT 1) u
    """,
    conversations=f"""
        SELECT {rows.CONVERSATION_OF_C}, CASE WHEN c.queue_number IS NOT NULL THEN {queries.AHEAD} END, {rows.USER_OF_U}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, id)
        CROSS JOIN LATERAL (
            SELECT * FROM conversations c WHERE c.id = k.id AND c.community_id = k.community_id LIMIT 1) c
        CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = c.author_id LIMIT 1) u
    """,
    places=f"""
        SELECT coalesce(
            json_agg(json_build_array(c.id, c.epoch, CASE WHEN c.holder = 'queue' THEN {queries.AHEAD} END))::text,
            '[]')
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, id)
        CROSS JOIN LATERAL (
            SELECT * FROM conversations c WHERE c.id = k.id AND c.community_id = k.community_id LIMIT 1) c
    """,
    paces=f"""
        SELECT k.community_id,
            (SELECT coalesce(json_agg(length)::text, '[]') FROM (
                SELECT c.closed_at - c.taken_at AS length FROM conversations c
                WHERE c.community_id = k.community_id AND c.taken_at IS NOT NULL AND c.closed_at > $2
                ORDER BY c.closed_at DESC LIMIT {CHATS_AVERAGED}) chats),
            h.at, h.waiting, h.waited_ms, h.gave_up
        FROM unnest($1::bigint[]) k (community_id)
        LEFT JOIN LATERAL (
            SELECT * FROM queue_checkpoints p WHERE p.community_id = k.community_id AND p.minute < $3
            ORDER BY p.minute DESC LIMIT 1) h ON true
    """,
    answers=f"""
        SELECT {rows.prefixed("a", rows.ANSWER)}
        FROM unnest($1::bigint[], $2::text[]) k (community_id, idempotency_key)
        CROSS JOIN LATERAL (
            SELECT * FROM answers a
            WHERE a.community_id = k.community_id AND a.idempotency_key = k.idempotency_key LIMIT 1) a
    """,
    tokens=f"""
        SELECT {rows.prefixed("t", rows.TOKEN)}
        FROM unnest($1::bigint[]) k (id)
        CROSS JOIN LATERAL (SELECT * FROM refresh_tokens t WHERE t.id = k.id LIMIT 1) t
    """,
    tokens_by_name=f"""
        SELECT {rows.prefixed("t", rows.TOKEN)}, t.name_key
        FROM unnest($1::bigint[], $2::text[]) k (community_id, name_key)
        CROSS JOIN LATERAL (
            SELECT * FROM refresh_tokens t
            WHERE t.community_id = k.community_id AND t.name_key = k.name_key AND t.revoked_at IS NULL LIMIT 1) t
    """,
    taken_categories="""
        SELECT c.id FROM unnest($1::bigint[]) k (id)
        CROSS JOIN LATERAL (SELECT * FROM categories c WHERE c.id = k.id LIMIT 1) c
    """,
    taken_fields="""
        SELECT f.id FROM unnest($1::bigint[]) k (id)
        CROSS JOIN LATERAL (SELECT * FROM fields f WHERE f.id = k.id LIMIT 1) f
    """,
    leave_blocks="""
        UPDATE waiting_blocks b SET waiting = b.waiting + k.step
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) k (community_id, level, block, step)
        WHERE b.community_id = k.community_id AND b.level = k.level AND b.block = k.block
        RETURNING b.waiting
    """,
    drop_empty_blocks="""
        DELETE FROM waiting_blocks b
        USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) k (community_id, level, block)
        WHERE b.community_id = k.community_id AND b.level = k.level AND b.block = k.block AND b.waiting = 0
    """,
    forget_answers=f"""
        DELETE FROM answers WHERE ctid = ANY (ARRAY(
            SELECT a.ctid FROM unnest($1::bigint[]) k (before)
            CROSS JOIN LATERAL (
                SELECT a.ctid FROM answers a WHERE a.at < k.before ORDER BY a.at LIMIT {FORGOTTEN_AT_ONCE}) a))
    """,
    forget_checkpoints=f"""
        DELETE FROM queue_checkpoints WHERE ctid = ANY (ARRAY(
            SELECT p.ctid FROM unnest($1::bigint[]) k (before)
            CROSS JOIN LATERAL (
                SELECT p.ctid FROM queue_checkpoints p
                WHERE p.minute < k.before AND EXISTS (
                    SELECT 1 FROM queue_checkpoints n
                    WHERE n.community_id = p.community_id AND n.minute > p.minute AND n.minute < k.before)
                ORDER BY p.minute DESC LIMIT {FORGOTTEN_AT_ONCE}) p))
    """,
    endpoints=f"""
        SELECT {rows.prefixed("e", webhook_rows.ENDPOINT)}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, id)
        CROSS JOIN LATERAL (
            SELECT * FROM endpoints e WHERE e.id = k.id AND e.community_id = k.community_id LIMIT 1) e
    """,
    endpoints_of=f"""
        SELECT {rows.prefixed("e", webhook_rows.ENDPOINT)}
        FROM unnest($1::bigint[]) k (community_id)
        CROSS JOIN LATERAL (SELECT * FROM endpoints e WHERE e.community_id = k.community_id) e
    """,
    deliveries=f"""
        SELECT {rows.prefixed("d", webhook_rows.DELIVERY)}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, id)
        CROSS JOIN LATERAL (
            SELECT * FROM deliveries d WHERE d.id = k.id AND d.community_id = k.community_id LIMIT 1) d
    """,
    deliveries_of_events=f"""
        SELECT {rows.prefixed("d", webhook_rows.DELIVERY)}
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) k (community_id, endpoint_id, to_url, seq)
        CROSS JOIN LATERAL (
            SELECT * FROM deliveries d
            WHERE d.endpoint_id = k.endpoint_id AND d.to_url = k.to_url AND d.seq = k.seq
              AND d.community_id = k.community_id LIMIT 1) d
    """,
    deliveries_in_lanes=f"""
        SELECT {rows.prefixed("d", webhook_rows.DELIVERY)}
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[])
            k (community_id, endpoint_id, to_url, conversation_id)
        CROSS JOIN LATERAL (
            SELECT * FROM deliveries d
            WHERE d.endpoint_id = k.endpoint_id AND d.to_url = k.to_url AND d.conversation_id = k.conversation_id
              AND d.state IN ('due', 'held') AND d.community_id = k.community_id
            ORDER BY d.state, d.seq LIMIT 2) d
    """,
    leases=f"""
        SELECT {rows.prefixed("l", webhook_rows.LEASE)}
        FROM unnest($1::text[]) k (name)
        CROSS JOIN LATERAL (SELECT * FROM leases l WHERE l.name = k.name LIMIT 1) l
    """,
    turns=f"""
        SELECT {rows.prefixed("t", bot_rows.TURN)}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, conversation_id)
        CROSS JOIN LATERAL (
            SELECT * FROM turns t
            WHERE t.conversation_id = k.conversation_id AND t.community_id = k.community_id LIMIT 1) t
    """,
    empty_drafts="""
        UPDATE drafts d SET text = ''
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[])
            k (community_id, conversation_id, user_id, is_note)
        WHERE d.conversation_id = k.conversation_id AND d.user_id = k.user_id
          AND d.community_id = k.community_id AND d.is_note = k.is_note
    """,
    end_turns="DELETE FROM turns WHERE conversation_id = ANY ($1::bigint[])",
    events_at=f"""
        SELECT {rows.prefixed("e", rows.EVENT)}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, seq)
        CROSS JOIN LATERAL (
            SELECT * FROM events e WHERE e.community_id = k.community_id AND e.seq = k.seq LIMIT 1) e
    """,
    answer_stays="""
        UPDATE stays s SET answered_at = k.at
        FROM unnest($1::bigint[], $2::bigint[]) k (conversation_id, at)
        WHERE s.conversation_id = k.conversation_id AND s.answered_at IS NULL
          AND s.epoch = (SELECT min(f.epoch) FROM stays f WHERE f.conversation_id = k.conversation_id)
    """,
    forget_traffic=f"""
        DELETE FROM traffic WHERE ctid = ANY (ARRAY(
            SELECT p.ctid FROM unnest($1::bigint[], $2::bigint[]) k (span, before)
            CROSS JOIN LATERAL (
                SELECT p.ctid FROM traffic p WHERE p.span = k.span AND p.period < k.before
                LIMIT {FORGOTTEN_AT_ONCE}) p))
    """,
    forget_attempts=f"""
        DELETE FROM attempts WHERE delivery_id = ANY (ARRAY(
            SELECT d.id FROM unnest($1::bigint[]) k (before)
            CROSS JOIN LATERAL (
                SELECT d.id FROM deliveries d WHERE d.finished_at < k.before
                ORDER BY d.finished_at LIMIT {FORGOTTEN_AT_ONCE}) d))
    """,
    forget_deliveries=f"""
        DELETE FROM deliveries WHERE id = ANY (ARRAY(
            SELECT d.id FROM unnest($1::bigint[]) k (before)
            CROSS JOIN LATERAL (
                SELECT d.id FROM deliveries d WHERE d.finished_at < k.before
                ORDER BY d.finished_at LIMIT {FORGOTTEN_AT_ONCE}) d))
    """,
    # The conversations where something was found, each once. All that fits is found by the words, and then the newest
    # of it: `+ 0` keeps the planner from walking back through the newest of all in search of a rare word.
    hits=f"""
        WITH said AS MATERIALIZED (
            SELECT m.id, m.conversation_id, m.text FROM messages m
            WHERE array_to_tsvector(found_words(m.community_id, m.text)) @@ $2::text::tsquery
            ORDER BY m.id + 0 DESC LIMIT $3
        ),
        called AS MATERIALIZED (
            SELECT c.id, c.title FROM conversations c
            WHERE c.title IS NOT NULL
              AND array_to_tsvector(found_words(c.community_id, c.title)) @@ $2::text::tsquery
            ORDER BY c.id + 0 DESC LIMIT $3
        ),
        people AS MATERIALIZED (
            SELECT u.id, {_KNOWN_OF_U} AS known FROM users u
            WHERE array_to_tsvector(found_words(u.community_id, {_KNOWN_OF_U})) @@ $2::text::tsquery
            LIMIT $3
        )
        SELECT c.id, c.changed_at, c.closed_at, c.holder, c.assignee_id, c.category_id
        FROM (
            (SELECT conversation_id AS id FROM said WHERE {_IN_ROW.format("text")})
            UNION
            (SELECT id FROM called WHERE {_IN_ROW.format("title")})
            UNION
            (SELECT a.id FROM people p
             CROSS JOIN LATERAL (
                SELECT c.id FROM conversations c WHERE c.author_id = p.id ORDER BY c.changed_at DESC LIMIT $3) a
             WHERE {_IN_ROW.format("p.known")}
             LIMIT $3)
        ) h
        CROSS JOIN LATERAL (
            SELECT * FROM conversations c WHERE c.id = h.id AND c.community_id = $1 LIMIT 1) c
    """,
    listed=f"""
        SELECT c.id, {agent_rows.BESIDE}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, id)
        CROSS JOIN LATERAL (
            SELECT * FROM conversations c WHERE c.id = k.id AND c.community_id = k.community_id LIMIT 1) c
        LEFT JOIN LATERAL (
            SELECT * FROM stays s WHERE s.conversation_id = c.id AND s.epoch = c.epoch LIMIT 1) s ON true
        LEFT JOIN LATERAL (
            SELECT * FROM messages m WHERE m.conversation_id = c.id
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1) m ON true
        LEFT JOIN LATERAL (SELECT * FROM users a WHERE a.id = m.author_id LIMIT 1) a ON true
        LEFT JOIN LATERAL (SELECT * FROM users h WHERE h.id = c.assignee_id LIMIT 1) h ON true
    """,
    standings=f"""
        SELECT {queries.STANDING}, count(*), CAST(sum(t.seats - t.open_chats) AS BIGINT)
        FROM unnest($1::bigint[]) k (community_id)
        CROSS JOIN LATERAL (
            SELECT * FROM teammates t WHERE t.community_id = k.community_id ORDER BY t.user_id LIMIT 100000) t
        GROUP BY {queries.STANDING}
    """,
    able=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM unnest($1::bigint[]) k (community_id)
        CROSS JOIN LATERAL (
            SELECT * FROM teammates i WHERE i.community_id = k.community_id AND {queries.ABLE}
            ORDER BY i.open_chats, i.given_at NULLS FIRST, i.user_id COLLATE "C" LIMIT $2::bigint) t
        CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = t.user_id LIMIT 1) u
    """,
    count_chats="""
        UPDATE teammates t SET open_chats = t.open_chats + k.step
        FROM unnest($1::bigint[], $2::text[], $3::bigint[]) k (community_id, user_id, step)
        WHERE t.user_id = k.user_id AND t.community_id = k.community_id
    """,
    teams=f"""
        SELECT {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}
        FROM unnest($1::bigint[]) k (community_id)
        CROSS JOIN LATERAL (
            SELECT * FROM teammates t WHERE t.community_id = k.community_id ORDER BY t.user_id LIMIT 100000) t
        CROSS JOIN LATERAL (SELECT * FROM users u WHERE u.id = t.user_id LIMIT 1) u
    """,
    heads="""
        SELECT c.community_id, c.id
        FROM unnest($1::bigint[]) k (community_id)
        CROSS JOIN LATERAL (
            SELECT * FROM conversations c WHERE c.community_id = k.community_id AND c.holder = 'queue'
            ORDER BY c.queue_number LIMIT $2::bigint) c
    """,
    chats_of="""
        SELECT c.community_id, c.id
        FROM unnest($1::bigint[], $2::text[]) k (community_id, user_id)
        CROSS JOIN LATERAL (
            SELECT * FROM conversations c
            WHERE c.community_id = k.community_id AND c.assignee_id = k.user_id AND c.holder = 'teammate'
            ORDER BY c.changed_at LIMIT 100000) c
    """,
    mails=f"""
        SELECT {rows.prefixed("m", mail_rows.MAIL)}
        FROM unnest($1::bigint[], $2::bigint[]) k (community_id, message_id)
        CROSS JOIN LATERAL (
            SELECT * FROM mails m WHERE m.message_id = k.message_id AND m.community_id = k.community_id LIMIT 1) m
    """,
    replies_of=f"""
        SELECT {rows.prefixed("r", writing_rows.REPLY)}
        FROM unnest($1::bigint[]) k (community_id)
        CROSS JOIN LATERAL (
            SELECT * FROM saved_replies r WHERE r.community_id = k.community_id AND r.removed_at IS NULL) r
    """,
    sessions=f"""
        SELECT {rows.prefixed("s", agent_rows.SESSION)}
        FROM unnest($1::text[]) k (secret_hash)
        CROSS JOIN LATERAL (SELECT * FROM sessions s WHERE s.secret_hash = k.secret_hash LIMIT 1) s
    """,
    forget_sessions=f"""
        DELETE FROM sessions WHERE secret_hash = ANY (ARRAY(
            SELECT s.secret_hash FROM unnest($1::bigint[]) k (before)
            CROSS JOIN LATERAL (
                SELECT s.secret_hash FROM sessions s WHERE s.begun_at < k.before
                ORDER BY s.begun_at LIMIT {FORGOTTEN_AT_ONCE}) s))
    """,
)
