-- Everything that creating a conversation needs.
--
-- Differs by necessity from SQLite's: no REFERENCES, for checking them would lock, and so write, the rows referred to
-- at each insert (`verify` checks them instead); room is left in the pages of the counters, which are updated in place.
-- Times are microseconds since 1970-01-01 UTC. Ids of users are lower-case GUIDs, all others are counted by `numbers`.

CREATE TABLE numbers (                  -- the last number given of each kind; all counters of the server
    kind TEXT PRIMARY KEY,
    last BIGINT NOT NULL CHECK (last >= 0)
) WITH (fillfactor = 50);

CREATE TABLE communities (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,      -- lower case, made by core
    client_id TEXT NOT NULL UNIQUE,
    bot_id TEXT NOT NULL,
    catalogue_version BIGINT NOT NULL,  -- rises with every change of categories and fields
    created_at BIGINT NOT NULL
);

CREATE TABLE tallies (                  -- a community's counters, written by nearly every group
    community_id BIGINT PRIMARY KEY,
    last_seq BIGINT NOT NULL,
    last_queue_number BIGINT NOT NULL,
    waiting BIGINT NOT NULL CHECK (waiting >= 0),
    assigned BIGINT NOT NULL CHECK (assigned >= 0),
    seats BIGINT NOT NULL CHECK (seats >= 0), -- of the teammates who are online or busy
    waited_ms BIGINT NOT NULL,          -- the waiting of all together, up to counted_at
    gave_up BIGINT NOT NULL,            -- how many left the queue by closing
    counted_at BIGINT                   -- when the queue last changed; null until it first does
) WITH (fillfactor = 50);

CREATE TABLE queue_checkpoints (        -- the counters as the last change of each minute left them
    community_id BIGINT NOT NULL,
    minute BIGINT NOT NULL,             -- minutes since 1970 UTC
    at BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    waited_ms BIGINT NOT NULL,
    gave_up BIGINT NOT NULL,
    PRIMARY KEY (community_id, minute)
);
-- For dropping old ones. The newest of these first: those of communities that went quiet are kept and lie behind.
CREATE INDEX queue_checkpoints_by_age ON queue_checkpoints (minute);

CREATE TABLE signing_keys (
    id BIGINT PRIMARY KEY,
    sealed BYTEA NOT NULL,              -- encrypted when the operator has set a secret key
    created_at BIGINT NOT NULL,
    retired_at BIGINT                   -- null for the one that signs
);

CREATE TABLE refresh_tokens (
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('chat', 'admin')),
    secret_hash BYTEA NOT NULL UNIQUE,  -- SHA-256
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,                -- null until used
    revoked_at BIGINT                   -- null while good
);
CREATE UNIQUE INDEX refresh_tokens_by_name ON refresh_tokens (community_id, name_key) WHERE revoked_at IS NULL;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('client', 'teammate', 'bot')),
    created_at BIGINT NOT NULL,
    name TEXT,
    email TEXT,
    email_key TEXT,                     -- lower case, made by core; null exactly when email is
    identifier TEXT,                    -- the API's customIdentifier, lower case
    image TEXT,
    CHECK ((email IS NULL) = (email_key IS NULL))
);
CREATE UNIQUE INDEX users_by_email ON users (community_id, email_key) WHERE email_key IS NOT NULL;
CREATE UNIQUE INDEX users_by_identifier ON users (community_id, identifier) WHERE identifier IS NOT NULL;

CREATE TABLE teammates (
    user_id TEXT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'agent', 'read_only')),
    status TEXT NOT NULL CHECK (status IN ('online', 'busy', 'away', 'finishing')),
    seats BIGINT NOT NULL CHECK (seats BETWEEN 0 AND 100),
    is_active BOOLEAN NOT NULL
);
CREATE INDEX teammates_of_community ON teammates (community_id);

CREATE TABLE categories (
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    name TEXT NOT NULL
);
CREATE INDEX categories_of_community ON categories (community_id);

CREATE TABLE fields (
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'number', 'boolean', 'date', 'choice', 'email', 'url')),
    is_required BOOLEAN NOT NULL,
    choices TEXT NOT NULL               -- JSON array; empty but for type choice
);
CREATE INDEX fields_of_community ON fields (community_id);

CREATE TABLE conversations (
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    author_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    holder TEXT NOT NULL,
    is_with_bot BOOLEAN NOT NULL,
    assignee_id TEXT,
    queue_number BIGINT,
    taken_at BIGINT,                    -- when the team took it; null while the bot or the queue has it
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    message_count BIGINT NOT NULL CHECK (message_count >= 0),
    title TEXT,
    category_id BIGINT,
    sentiment TEXT NOT NULL CHECK (sentiment IN ('question', 'praise', 'suggestion', 'complaint')),
    fields TEXT,                        -- JSON [[id, value], …] in the order sent; null when there are none
    initial_page_url TEXT,
    latest_page_url TEXT,
    feedback_is_positive BOOLEAN,
    feedback_text TEXT,
    closed_at BIGINT,
    CHECK (changed_at >= created_at),
    -- The states of a conversation and what belongs to each; core/conversations.py refuses them first.
    CHECK (
        CASE holder
            WHEN 'bot' THEN is_with_bot AND assignee_id IS NULL AND queue_number IS NULL AND taken_at IS NULL
                AND closed_at IS NULL
            WHEN 'queue' THEN NOT is_with_bot AND assignee_id IS NULL AND queue_number IS NOT NULL
                AND taken_at IS NULL AND closed_at IS NULL
            WHEN 'teammate' THEN NOT is_with_bot AND assignee_id IS NOT NULL AND taken_at IS NOT NULL
                AND closed_at IS NULL
            WHEN 'nobody' THEN closed_at IS NOT NULL
            ELSE false
        END
    ),
    CHECK (feedback_text IS NULL OR feedback_is_positive IS NOT NULL)
);
-- Those who wait, in order: places within one fine block, and taking the one who waited longest.
CREATE UNIQUE INDEX conversations_waiting ON conversations (community_id, queue_number) WHERE holder = 'queue';

-- Lists, newest change first: by state (and all states merged), by category, by author.
CREATE INDEX conversations_by_holder ON conversations (community_id, holder, changed_at, id);
CREATE INDEX conversations_by_category ON conversations (community_id, category_id, changed_at, id)
    WHERE category_id IS NOT NULL;
CREATE INDEX conversations_by_author ON conversations (author_id, changed_at, id);
-- The lengths of the chats finished last, for the expected wait; read from the index alone.
CREATE INDEX conversations_finished ON conversations (community_id, closed_at, taken_at)
    WHERE closed_at IS NOT NULL AND taken_at IS NOT NULL;

CREATE TABLE stays (                    -- one stay in the queue: what was told on joining, and what came of it
    conversation_id BIGINT NOT NULL,
    epoch BIGINT NOT NULL,              -- the conversation's when it joined
    community_id BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    position BIGINT NOT NULL CHECK (position > 0),
    p10 DOUBLE PRECISION,               -- minutes; null together when there was nothing to estimate from
    p50 DOUBLE PRECISION,
    p90 DOUBLE PRECISION,
    ended_at BIGINT,
    outcome TEXT CHECK (outcome IN ('taken', 'gave_up', 'to_bot')),
    PRIMARY KEY (conversation_id, epoch),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((p10 IS NULL) = (p50 IS NULL) AND (p50 IS NULL) = (p90 IS NULL))
);

CREATE TABLE waiting_blocks (           -- how many wait per block of queue numbers, at two levels; never zero
    community_id BIGINT NOT NULL,
    level BIGINT NOT NULL,              -- 1: 512 numbers, 2: 65,536
    block BIGINT NOT NULL,
    waiting BIGINT NOT NULL CHECK (waiting >= 0),
    PRIMARY KEY (community_id, level, block)
) WITH (fillfactor = 50);

CREATE TABLE messages (
    id BIGINT PRIMARY KEY,              -- the order of arrival
    community_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    author_id TEXT NOT NULL,
    is_team BOOLEAN NOT NULL,
    text TEXT NOT NULL,
    created_at BIGINT NOT NULL,         -- when it was said; may be long before it arrived
    stored_at BIGINT NOT NULL,
    is_imported BOOLEAN NOT NULL
);
-- A conversation's messages as they are shown: by time, ties by arrival.
CREATE INDEX messages_shown ON messages (conversation_id, created_at, id);
-- And as they arrived, for cursors.
CREATE INDEX messages_arrived ON messages (conversation_id, id);

CREATE TABLE events (
    number BIGINT PRIMARY KEY,          -- the log's own number: 1, 2, 3 … without a gap
    community_id BIGINT,                -- null for what concerns the whole server
    seq BIGINT,                         -- 1, 2, 3 … within the community without a gap
    conversation_id BIGINT,
    epoch BIGINT,                       -- the conversation's after it
    type TEXT NOT NULL,
    actor TEXT NOT NULL,                -- who did it: token:ID, operator, server
    at BIGINT NOT NULL,
    payload TEXT NOT NULL,              -- JSON of the event's class
    CHECK ((community_id IS NULL) = (seq IS NULL))
);
CREATE UNIQUE INDEX events_of_community ON events (community_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX events_of_conversation ON events (conversation_id, seq) WHERE conversation_id IS NOT NULL;

CREATE TABLE answers (                  -- the first answer to each idempotency key
    community_id BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_hash BYTEA NOT NULL,           -- SHA-256
    status BIGINT NOT NULL,
    body BYTEA NOT NULL,
    at BIGINT NOT NULL,
    epoch BIGINT                       -- the conversation's, when the answer is about one
);
CREATE UNIQUE INDEX answers_by_key ON answers (community_id, idempotency_key);
CREATE INDEX answers_by_age ON answers (at);
