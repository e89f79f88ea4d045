-- Everything that creating a conversation needs.
-- Times are microseconds since 1970-01-01 UTC. Ids of users are lower-case GUIDs, all others are counted by `numbers`.

CREATE TABLE numbers (                  -- the last number given of each kind; all counters of the server
    kind TEXT PRIMARY KEY,
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE communities (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,      -- lower case, made by core
    client_id TEXT NOT NULL UNIQUE,
    bot_id TEXT NOT NULL,
    catalogue_version INTEGER NOT NULL, -- rises with every change of categories and fields
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tallies (                  -- a community's counters, written by nearly every group
    community_id INTEGER PRIMARY KEY REFERENCES communities (id),
    last_seq INTEGER NOT NULL,
    last_queue_number INTEGER NOT NULL,
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    assigned INTEGER NOT NULL CHECK (assigned >= 0),
    seats INTEGER NOT NULL CHECK (seats >= 0),  -- of the teammates who are online or busy
    waited_ms INTEGER NOT NULL,         -- the waiting of all together, up to counted_at
    gave_up INTEGER NOT NULL,           -- how many left the queue by closing
    counted_at INTEGER                  -- when the queue last changed; null until it first does
) STRICT;

CREATE TABLE queue_checkpoints (        -- the counters as the last change of each minute left them
    community_id INTEGER NOT NULL,
    minute INTEGER NOT NULL,            -- minutes since 1970 UTC
    at INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    waited_ms INTEGER NOT NULL,
    gave_up INTEGER NOT NULL,
    PRIMARY KEY (community_id, minute)
) STRICT, WITHOUT ROWID;
-- For dropping old ones. The newest of these first: those of communities that went quiet are kept and lie behind.
CREATE INDEX queue_checkpoints_by_age ON queue_checkpoints (minute);

CREATE TABLE signing_keys (
    id INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL,               -- encrypted when the operator has set a secret key
    created_at INTEGER NOT NULL,
    retired_at INTEGER                  -- null for the one that signs
) STRICT;

CREATE TABLE refresh_tokens (
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('chat', 'admin')),
    secret_hash BLOB NOT NULL UNIQUE,   -- SHA-256
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,               -- null until used
    revoked_at INTEGER                  -- null while good
) STRICT;
CREATE UNIQUE INDEX refresh_tokens_by_name ON refresh_tokens (community_id, name_key) WHERE revoked_at IS NULL;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    kind TEXT NOT NULL CHECK (kind IN ('client', 'teammate', 'bot')),
    created_at INTEGER NOT NULL,
    name TEXT,
    email TEXT,
    email_key TEXT,                     -- lower case, made by core; null exactly when email is
    identifier TEXT,                    -- the API's customIdentifier, lower case
    image TEXT,
    CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_email ON users (community_id, email_key) WHERE email_key IS NOT NULL;
CREATE UNIQUE INDEX users_by_identifier ON users (community_id, identifier) WHERE identifier IS NOT NULL;

CREATE TABLE teammates (
    user_id TEXT PRIMARY KEY REFERENCES users (id),
    community_id INTEGER NOT NULL REFERENCES communities (id),
    role TEXT NOT NULL CHECK (role IN ('admin', 'agent', 'read_only')),
    status TEXT NOT NULL CHECK (status IN ('online', 'busy', 'away', 'finishing')),
    seats INTEGER NOT NULL CHECK (seats BETWEEN 0 AND 100),
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX teammates_of_community ON teammates (community_id);

CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    name TEXT NOT NULL
) STRICT;
CREATE INDEX categories_of_community ON categories (community_id);

CREATE TABLE fields (
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'number', 'boolean', 'date', 'choice', 'email', 'url')),
    is_required INTEGER NOT NULL CHECK (is_required IN (0, 1)),
    choices TEXT NOT NULL               -- JSON array; empty but for type choice
) STRICT;
CREATE INDEX fields_of_community ON fields (community_id);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    author_id TEXT NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    holder TEXT NOT NULL,
    is_with_bot INTEGER NOT NULL,
    assignee_id TEXT REFERENCES users (id),
    queue_number INTEGER,
    taken_at INTEGER,                   -- when the team took it; null while the bot or the queue has it
    epoch INTEGER NOT NULL CHECK (epoch > 0),
    message_count INTEGER NOT NULL CHECK (message_count >= 0),
    title TEXT,
    category_id INTEGER REFERENCES categories (id),
    sentiment TEXT NOT NULL CHECK (sentiment IN ('question', 'praise', 'suggestion', 'complaint')),
    fields TEXT,                        -- JSON [[id, value], …] in the order sent; null when there are none
    initial_page_url TEXT,
    latest_page_url TEXT,
    feedback_is_positive INTEGER,
    feedback_text TEXT,
    closed_at INTEGER,
    CHECK (changed_at >= created_at),
    -- The states of a conversation and what belongs to each; core/conversations.py refuses them first.
    CHECK (
        CASE holder
            WHEN 'bot' THEN is_with_bot = 1 AND assignee_id IS NULL AND queue_number IS NULL AND taken_at IS NULL
                AND closed_at IS NULL
            WHEN 'queue' THEN is_with_bot = 0 AND assignee_id IS NULL AND queue_number IS NOT NULL
                AND taken_at IS NULL AND closed_at IS NULL
            WHEN 'teammate' THEN is_with_bot = 0 AND assignee_id IS NOT NULL AND taken_at IS NOT NULL
                AND closed_at IS NULL
            WHEN 'nobody' THEN is_with_bot IN (0, 1) AND closed_at IS NOT NULL
            ELSE 0
        END
    ),
    CHECK (feedback_text IS NULL OR feedback_is_positive IS NOT NULL)
) STRICT;
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
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    epoch INTEGER NOT NULL,             -- the conversation's when it joined
    community_id INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    p10 REAL,                           -- minutes; null together when there was nothing to estimate from
    p50 REAL,
    p90 REAL,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('taken', 'gave_up', 'to_bot')),
    PRIMARY KEY (conversation_id, epoch),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    CHECK ((p10 IS NULL) = (p50 IS NULL) AND (p50 IS NULL) = (p90 IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting_blocks (           -- how many wait per block of queue numbers, at two levels; never zero
    community_id INTEGER NOT NULL,
    level INTEGER NOT NULL,             -- 1: 512 numbers, 2: 65,536
    block INTEGER NOT NULL,
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    PRIMARY KEY (community_id, level, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,             -- the order of arrival
    community_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    author_id TEXT NOT NULL REFERENCES users (id),
    is_team INTEGER NOT NULL CHECK (is_team IN (0, 1)),
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,        -- when it was said; may be long before it arrived
    stored_at INTEGER NOT NULL,
    is_imported INTEGER NOT NULL CHECK (is_imported IN (0, 1))
) STRICT;
-- A conversation's messages as they are shown: by time, ties by arrival.
CREATE INDEX messages_shown ON messages (conversation_id, created_at, id);
-- And as they arrived, for cursors: the rowid is the last column of every index.
CREATE INDEX messages_arrived ON messages (conversation_id);

CREATE TABLE events (
    number INTEGER PRIMARY KEY,         -- the log's own number: 1, 2, 3 … without a gap
    community_id INTEGER,               -- null for what concerns the whole server
    seq INTEGER,                        -- 1, 2, 3 … within the community without a gap
    conversation_id INTEGER,
    epoch INTEGER,                      -- the conversation's after it
    type TEXT NOT NULL,
    actor TEXT NOT NULL,                -- who did it: token:ID, operator, server
    at INTEGER NOT NULL,
    payload TEXT NOT NULL,              -- JSON of the event's class
    CHECK ((community_id IS NULL) = (seq IS NULL))
) STRICT;
CREATE UNIQUE INDEX events_of_community ON events (community_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX events_of_conversation ON events (conversation_id, seq) WHERE conversation_id IS NOT NULL;

-- A rowid table with an index, not WITHOUT ROWID: keys are random and rows are wide, so a clustered table would
-- rewrite whole pages for each.
CREATE TABLE answers (                  -- the first answer to each idempotency key
    community_id INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body_hash BLOB NOT NULL,            -- SHA-256
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    epoch INTEGER                       -- the conversation's, when the answer is about one
) STRICT;
CREATE UNIQUE INDEX answers_by_key ON answers (community_id, idempotency_key);
CREATE INDEX answers_by_age ON answers (at);
