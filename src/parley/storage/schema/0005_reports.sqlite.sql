-- Reports: what happened in each minute and hour, when the team first answered, and what both are read by.

CREATE TABLE traffic (                  -- counters: the newest day by the minute, a hundred days by the hour
    community_id INTEGER NOT NULL,
    span INTEGER NOT NULL CHECK (span IN (1, 60)), -- minutes
    period INTEGER NOT NULL,            -- since 1970 UTC, in spans
    arrived INTEGER NOT NULL,           -- joined the queue
    taken INTEGER NOT NULL,             -- left it: to a teammate, by closing, to the bot
    gave_up INTEGER NOT NULL,
    to_bot INTEGER NOT NULL,
    closed INTEGER NOT NULL,            -- conversations, from wherever they were
    positive INTEGER NOT NULL,          -- feedback; one that is replaced is taken off again, so these may be below 0
    negative INTEGER NOT NULL,
    PRIMARY KEY (community_id, span, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX traffic_by_age ON traffic (span, period); -- for dropping old ones

-- On a conversation's first stay: when the team first wrote after it began; else null.
ALTER TABLE stays ADD COLUMN answered_at INTEGER;

-- The newest waits, and the newest first answers.
CREATE INDEX stays_taken ON stays (community_id, ended_at) WHERE outcome = 'taken';
CREATE INDEX stays_answered ON stays (community_id, answered_at) WHERE answered_at IS NOT NULL;

UPDATE stays SET answered_at = (
    SELECT min(m.stored_at) FROM messages m
    JOIN conversations c ON c.id = m.conversation_id
    JOIN communities o ON o.id = c.community_id
    WHERE m.conversation_id = stays.conversation_id AND m.stored_at >= stays.joined_at
      AND m.is_team AND NOT m.is_imported AND m.author_id <> c.author_id AND m.author_id <> o.bot_id)
WHERE epoch = (SELECT min(f.epoch) FROM stays f WHERE f.conversation_id = stays.conversation_id);

-- What happened in the hundred days before the newest event is counted; what is older is as good as forgotten.
INSERT INTO numbers (kind, last)
SELECT 'traffic_minutes_forgotten', at / 60000000 - 1440 FROM events WHERE number = (SELECT max(number) FROM events)
UNION ALL
SELECT 'traffic_hours_forgotten', at / 3600000000 - 2400 FROM events WHERE number = (SELECT max(number) FROM events);

INSERT INTO traffic
WITH happened AS (
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
),
counted AS (
    SELECT community_id, 1 AS span, at / 60000000 AS period, CAST(sum(arrived) AS BIGINT) AS arrived,
        CAST(sum(taken) AS BIGINT) AS taken, CAST(sum(gave_up) AS BIGINT) AS gave_up,
        CAST(sum(to_bot) AS BIGINT) AS to_bot, CAST(sum(closed) AS BIGINT) AS closed,
        CAST(sum(positive) AS BIGINT) AS positive, CAST(sum(negative) AS BIGINT) AS negative
    FROM happened GROUP BY community_id, at / 60000000
    UNION ALL
    SELECT community_id, 60 AS span, at / 3600000000 AS period, CAST(sum(arrived) AS BIGINT) AS arrived,
        CAST(sum(taken) AS BIGINT) AS taken, CAST(sum(gave_up) AS BIGINT) AS gave_up,
        CAST(sum(to_bot) AS BIGINT) AS to_bot, CAST(sum(closed) AS BIGINT) AS closed,
        CAST(sum(positive) AS BIGINT) AS positive, CAST(sum(negative) AS BIGINT) AS negative
    FROM happened GROUP BY community_id, at / 3600000000
)
SELECT * FROM counted
WHERE period >= (
    SELECT last FROM numbers
    WHERE kind = CASE counted.span WHEN 1 THEN 'traffic_minutes_forgotten' ELSE 'traffic_hours_forgotten' END);
