-- What teammates write with: texts that are often needed, and what they have begun to write.
--
-- Differs by necessity from SQLite's as step 1 does: no REFERENCES.

CREATE TABLE saved_replies (
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    owner_id TEXT NOT NULL,             -- who made it
    is_shared BOOLEAN NOT NULL,
    shortcut TEXT NOT NULL,
    text TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE INDEX saved_replies_of_community ON saved_replies (community_id) WHERE removed_at IS NULL;

CREATE TABLE drafts (
    conversation_id BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    community_id BIGINT NOT NULL,
    text TEXT NOT NULL,                 -- empty when it was sent or thrown away
    is_note BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);
