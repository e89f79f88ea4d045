-- What teammates write with: texts that are often needed, and what they have begun to write.

CREATE TABLE saved_replies (
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    owner_id TEXT NOT NULL REFERENCES users (id), -- who made it
    is_shared INTEGER NOT NULL CHECK (is_shared IN (0, 1)),
    shortcut TEXT NOT NULL,
    text TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE INDEX saved_replies_of_community ON saved_replies (community_id) WHERE removed_at IS NULL;

CREATE TABLE drafts (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    community_id INTEGER NOT NULL,
    text TEXT NOT NULL,                 -- empty when it was sent or thrown away
    is_note INTEGER NOT NULL CHECK (is_note IN (0, 1)),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) STRICT, WITHOUT ROWID;
