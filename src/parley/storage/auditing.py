"""What `parley verify` checks: the log for gaps, the tables against the log, the counters against the rows."""

from parley.core.reports import FORGOTTEN, SPANS
from parley.ports import Finding
from parley.storage import queries, rebuilding, rows
from parley.storage.scripts import Ask, Script

LOG = "SELECT count(*), coalesce(min(number), 1), coalesce(max(number), 0) FROM events"
LAST_NUMBER = "SELECT coalesce(max(last), 0) FROM numbers WHERE kind = 'event'"
SEQS = """
    SELECT c.id FROM communities c
    LEFT JOIN tallies t ON t.community_id = c.id
    LEFT JOIN events e ON e.community_id = c.id
    GROUP BY c.id, t.last_seq
    HAVING t.last_seq IS NULL
        OR count(e.seq) <> t.last_seq OR coalesce(max(e.seq), 0) <> t.last_seq OR coalesce(min(e.seq), 1) <> 1
"""
# PostgreSQL's tables declare no references (its schema says why), so they are looked at here.
REFERENCES = " UNION ALL ".join(
    f"""
    SELECT '{table}.{column}' WHERE EXISTS (
        SELECT 1 FROM {table} r
        WHERE r.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = r.{column}))
    """
    for table, column, parent in (
        ("tallies", "community_id", "communities"),
        ("refresh_tokens", "community_id", "communities"),
        ("users", "community_id", "communities"),
        ("teammates", "user_id", "users"),
        ("categories", "community_id", "communities"),
        ("fields", "community_id", "communities"),
        ("conversations", "community_id", "communities"),
        ("conversations", "author_id", "users"),
        ("conversations", "assignee_id", "users"),
        ("conversations", "category_id", "categories"),
        ("stays", "conversation_id", "conversations"),
        ("messages", "conversation_id", "conversations"),
        ("messages", "author_id", "users"),
        ("endpoints", "community_id", "communities"),
        ("deliveries", "endpoint_id", "endpoints"),
        ("attempts", "delivery_id", "deliveries"),
        ("bots", "community_id", "communities"),
        ("turns", "conversation_id", "conversations"),
        ("passwords", "user_id", "users"),
        ("sessions", "user_id", "users"),
        ("saved_replies", "owner_id", "users"),
        ("drafts", "conversation_id", "conversations"),
        ("notes", "conversation_id", "conversations"),
        ("notes", "author_id", "users"),
        ("senders", "community_id", "communities"),
        ("mails", "message_id", "messages"),
        ("mails", "conversation_id", "conversations"),
    )
)
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
WITH_BOT = """
    SELECT t.community_id FROM tallies t
    WHERE t.with_bot <> (
        SELECT count(*) FROM conversations c WHERE c.community_id = t.community_id AND c.holder = 'bot'
    )
"""
# Of the last day on which one was closed how many there were, and that there is no later one.
CLOSED = """
    SELECT t.community_id FROM tallies t
    WHERE t.closed_today <> (
        SELECT count(*) FROM conversations c
        WHERE c.community_id = t.community_id AND c.holder = 'nobody' AND c.closed_at / 86400000000 = t.closed_day
    ) OR EXISTS (
        SELECT 1 FROM conversations c
        WHERE c.community_id = t.community_id AND c.holder = 'nobody' AND c.closed_at / 86400000000 > t.closed_day
    )
"""
SEATS = """
    SELECT t.community_id FROM tallies t
    WHERE t.seats <> (
        SELECT coalesce(sum(m.seats), 0) FROM teammates m
        WHERE m.community_id = t.community_id AND m.is_active AND m.status IN ('online', 'busy') AND m.left_at IS NULL
    )
"""
OPEN_CHATS = """
    SELECT t.user_id FROM teammates t
    WHERE t.open_chats <> (
        SELECT count(*) FROM conversations c
        WHERE c.community_id = t.community_id AND c.assignee_id = t.user_id AND c.holder = 'teammate'
    )
"""
GIVEN_OUT = f"""
    SELECT o.id FROM communities o
    WHERE o.routing = 'automatic'
      AND EXISTS (SELECT 1 FROM conversations c WHERE c.community_id = o.id AND c.holder = 'queue')
      AND EXISTS (SELECT 1 FROM teammates i WHERE i.community_id = o.id AND {queries.ABLE})
"""
STAYS = """
    SELECT count(*) FROM conversations c LEFT JOIN stays s ON s.conversation_id = c.id AND s.epoch = c.epoch
    WHERE (c.holder = 'queue') <> (s.conversation_id IS NOT NULL AND s.ended_at IS NULL)
"""
BLOCKS = """
    WITH counted AS (
        SELECT community_id, 1 AS level, queue_number / 512 AS block, count(*) AS waiting
        FROM conversations WHERE holder = 'queue' GROUP BY community_id, queue_number / 512
        UNION ALL
        SELECT community_id, 2, queue_number / 65536, count(*)
        FROM conversations WHERE holder = 'queue' GROUP BY community_id, queue_number / 65536
    ),
    missing AS (SELECT * FROM counted EXCEPT SELECT community_id, level, block, waiting FROM waiting_blocks),
    surplus AS (SELECT community_id, level, block, waiting FROM waiting_blocks EXCEPT SELECT * FROM counted)
    SELECT (SELECT count(*) FROM missing) + (SELECT count(*) FROM surplus)
"""
# What the counters of reports are made of, as the tables and the log have it.
_HAPPENED = """
    SELECT community_id, joined_at AS at, 1 AS arrived, 0 AS taken, 0 AS gave_up, 0 AS to_bot, 0 AS closed,
        0 AS positive, 0 AS negative
    FROM stays
    UNION ALL
    SELECT community_id, ended_at, 0, CASE outcome WHEN 'taken' THEN 1 ELSE 0 END,
        CASE outcome WHEN 'gave_up' THEN 1 ELSE 0 END, CASE outcome WHEN 'to_bot' THEN 1 ELSE 0 END, 0, 0, 0
    FROM stays WHERE ended_at IS NOT NULL
    UNION ALL
    SELECT community_id, closed_at, 0, 0, 0, 0, 1, 0, 0 FROM conversations WHERE closed_at IS NOT NULL
    UNION ALL
    SELECT community_id, at, 0, 0, 0, 0, 0,
        good - coalesce(lag(good) OVER (PARTITION BY conversation_id ORDER BY number), 0),
        1 - good - coalesce(lag(1 - good) OVER (PARTITION BY conversation_id ORDER BY number), 0)
    FROM (
        SELECT number, community_id, conversation_id, at,
            CASE WHEN payload LIKE '%"is_positive":true%' THEN 1 ELSE 0 END AS good
        FROM events WHERE type = 'conversation_feedback_given'
    ) feedback
"""
_COUNTED = f"SELECT community_id, span, period, {rows.TRAFFIC}"
_SUMS = ", ".join(f"CAST(sum({column}) AS BIGINT) AS {column}" for column in rows.TRAFFIC.split(", "))
_IS_NOTHING = " AND ".join(f"{column} = 0" for column in rows.TRAFFIC.split(", "))
_IS_KEPT = " OR ".join(
    f"span = {span} AND period >= coalesce((SELECT last FROM numbers WHERE kind = '{kind}'), 0)"
    for span, kind in FORGOTTEN.items()
)
_BY_SPAN = " UNION ALL ".join(
    f"""
    SELECT community_id, {span} AS span, at / {span * rows.MINUTE} AS period, {_SUMS}
    FROM happened GROUP BY community_id, at / {span * rows.MINUTE}
    """
    for span in SPANS
)
# One that is counted nowhere, or counted differently, as far back as the counters are kept.
TRAFFIC = f"""
    WITH happened AS ({_HAPPENED}),
    again AS (SELECT * FROM ({_BY_SPAN}) by_span WHERE NOT ({_IS_NOTHING}) AND ({_IS_KEPT})),
    kept AS ({_COUNTED} FROM traffic WHERE NOT ({_IS_NOTHING}) AND ({_IS_KEPT})),
    missing AS ({_COUNTED} FROM again EXCEPT {_COUNTED} FROM kept),
    surplus AS ({_COUNTED} FROM kept EXCEPT {_COUNTED} FROM again)
    SELECT (SELECT count(*) FROM missing) + (SELECT count(*) FROM surplus)
"""
# A first answer is kept with a first stay, and is the team's earliest message since. One of the very microsecond in
# which the wait began may count or not: which was first cannot be told from the times.
_ANSWER = """
    SELECT m.stored_at FROM messages m
    JOIN conversations c ON c.id = m.conversation_id
    JOIN communities o ON o.id = c.community_id
    WHERE m.conversation_id = s.conversation_id
      AND m.is_team AND NOT m.is_imported AND m.author_id <> c.author_id AND m.author_id <> o.bot_id
"""
FIRST_ANSWERS = f"""
    SELECT count(*) FROM stays s
    WHERE (
        s.epoch = (SELECT min(f.epoch) FROM stays f WHERE f.conversation_id = s.conversation_id)
        AND EXISTS ({_ANSWER} AND m.stored_at > s.joined_at AND m.stored_at < coalesce(s.answered_at, {2**63 - 1}))
    ) OR (
        s.answered_at IS NOT NULL AND (
            s.answered_at < s.joined_at
            OR s.epoch > (SELECT min(f.epoch) FROM stays f WHERE f.conversation_id = s.conversation_id)
            OR NOT EXISTS ({_ANSWER} AND m.stored_at = s.answered_at))
    )
"""
MESSAGE_COUNTS = """
    SELECT count(*) FROM conversations c
    WHERE c.message_count <> (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id)
"""
TURNS = """
    SELECT count(*) FROM turns t JOIN conversations c ON c.id = t.conversation_id
    WHERE c.holder <> 'bot' OR c.epoch <> t.epoch OR c.community_id <> t.community_id
"""
QUEUE_NUMBERS = """
    SELECT count(*) FROM conversations c JOIN tallies t ON t.community_id = c.community_id
    WHERE c.queue_number > t.last_queue_number
"""
NUMBERS = """
    SELECT h.kind FROM (
        SELECT 'conversation' AS kind, max(id) AS highest FROM conversations UNION ALL
        SELECT 'message', max(id) FROM messages UNION ALL
        SELECT 'note', max(id) FROM notes UNION ALL
        SELECT 'category', max(id) FROM categories UNION ALL
        SELECT 'field', max(id) FROM fields UNION ALL
        SELECT 'community', max(id) FROM communities UNION ALL
        SELECT 'token', max(id) FROM refresh_tokens UNION ALL
        SELECT 'signing_key', max(id) FROM signing_keys UNION ALL
        SELECT 'endpoint', max(id) FROM endpoints UNION ALL
        SELECT 'delivery', max(id) FROM deliveries UNION ALL
        SELECT 'note', max(id) FROM notes UNION ALL
        SELECT 'saved_reply', max(id) FROM saved_replies
    ) h LEFT JOIN numbers n ON n.kind = h.kind WHERE h.highest > coalesce(n.last, 0)
"""


def audit(progress: rebuilding.Progress) -> Script[list[Finding]]:
    """Every check, to be run in one read transaction so that writers meanwhile do not confuse it."""
    return [
        (yield from _log()),
        (yield from _none(REFERENCES, "references", "every reference leads somewhere")),
        (yield from _none(SEQS, "seq", "each community's seq runs from 1 to its last without a gap")),
        (yield from _none(NUMBERS, "numbers", "no id is above the last one given of its kind")),
        (yield from _none(WAITING, "waiting", "the waiting counters equal the conversations that wait")),
        (yield from _none(ASSIGNED, "assigned", "the assigned counters equal the conversations a teammate has")),
        (yield from _none(WITH_BOT, "with the bot", "the bots' counters equal the conversations that they have")),
        (yield from _none(CLOSED, "closed", "the last day's counters equal the conversations closed on it")),
        (yield from _none(SEATS, "seats", "the seats equal those of the teammates who are present")),
        (yield from _none(OPEN_CHATS, "open chats", "each teammate's count equals the conversations that they have")),
        (yield from _none(GIVEN_OUT, "given out", "nobody waits for the server while a teammate could be given them")),
        (yield from _zero(STAYS, "stays", "each conversation that waits, and no other, has a stay that goes on")),
        (yield from _zero(BLOCKS, "blocks", "the waiting per block equal the conversations that wait")),
        (yield from _zero(TRAFFIC, "traffic", "the counters of reports equal what happened in their time")),
        (yield from _zero(FIRST_ANSWERS, "first answers", "each first answer is the team's first message since")),
        (yield from _zero(QUEUE_NUMBERS, "queue numbers", "no queue number is above the last one given")),
        (yield from _zero(MESSAGE_COUNTS, "messages", "each conversation counts its messages")),
        (yield from _zero(TURNS, "turns", "a bot owes answers only where it has the conversation")),
        *(yield from rebuilding.team()),
        *(yield from rebuilding.state(progress)),
    ]


def _log() -> Script[Finding]:
    ((count, lowest, highest),) = yield Ask(LOG)
    ((last,),) = yield Ask(LAST_NUMBER)
    holds = lowest == 1 and count == highest == last
    return Finding("log", holds, f"{count} events, numbered {lowest} to {highest}, last given {last}")


def _none(text: str, check: str, promise: str) -> Script[Finding]:
    wrong = [str(row[0]) for row in (yield Ask(text))]
    return Finding(check, not wrong, promise if not wrong else f"does not hold for {', '.join(wrong[:10])}")


def _zero(text: str, check: str, promise: str) -> Script[Finding]:
    ((wrong,),) = yield Ask(text)
    return Finding(check, not wrong, promise if not wrong else f"{wrong} differ")
