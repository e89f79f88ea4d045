-- Teammates at work: how they sign in, what they write among themselves, and what their lists are counted and cut by.
--
-- Differs by necessity from SQLite's as step 1 does: no REFERENCES.

ALTER TABLE teammates ADD COLUMN sessions_from BIGINT NOT NULL DEFAULT 0; -- sessions begun before are over

CREATE TABLE passwords (
    user_id TEXT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    hash TEXT NOT NULL,                 -- Argon2id, in its own notation
    set_at BIGINT NOT NULL
);
-- Who signs in with an e-mail: of which communities it is a teammate's.
CREATE INDEX users_who_sign_in ON users (email_key) WHERE kind = 'teammate';

CREATE TABLE sessions (
    secret_hash TEXT PRIMARY KEY,       -- SHA-256, in hexadecimal digits
    community_id BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,           -- at most a minute late
    ended_at BIGINT                    -- null while it lasts
);
CREATE INDEX sessions_by_age ON sessions (begun_at);

CREATE TABLE notes (                    -- what teammates write to each other beside a conversation
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    author_id TEXT NOT NULL,
    text TEXT NOT NULL,
    written_at BIGINT NOT NULL
);
CREATE INDEX notes_of_conversation ON notes (conversation_id, id);

ALTER TABLE tallies ADD COLUMN with_bot BIGINT NOT NULL DEFAULT 0 CHECK (with_bot >= 0);
ALTER TABLE tallies ADD COLUMN closed_day BIGINT NOT NULL DEFAULT 0;   -- since 1970 UTC: the last when one was closed
ALTER TABLE tallies ADD COLUMN closed_today BIGINT NOT NULL DEFAULT 0; -- how many were on that day
UPDATE tallies SET
    with_bot = (
        SELECT count(*) FROM conversations c WHERE c.community_id = tallies.community_id AND c.holder = 'bot'),
    closed_day = coalesce((
        SELECT max(c.closed_at) / 86400000000 FROM conversations c WHERE c.community_id = tallies.community_id), 0);
UPDATE tallies SET closed_today = (
    SELECT count(*) FROM conversations c
    WHERE c.community_id = tallies.community_id AND c.closed_at / 86400000000 = tallies.closed_day);

ALTER TABLE conversations ADD COLUMN assignment TEXT; -- JSON: why its teammate has it, or had it last

-- A teammate's conversations, newest change first, and how many they have.
CREATE INDEX conversations_of_teammate ON conversations (community_id, assignee_id, changed_at, id)
    WHERE holder = 'teammate';
