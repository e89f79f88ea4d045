-- Mail to clients: from whom each community's comes, and what is owed.

CREATE TABLE senders (
    community_id INTEGER PRIMARY KEY REFERENCES communities (id),
    address TEXT NOT NULL,
    name TEXT,
    since_seq INTEGER NOT NULL,         -- the community's last event when mail was switched on
    set_at INTEGER NOT NULL,
    removed_at INTEGER                  -- null while mail is on
) STRICT;

CREATE TABLE mails (                    -- a message of the team that goes to the client by e-mail
    message_id INTEGER PRIMARY KEY REFERENCES messages (id),
    community_id INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    domain TEXT NOT NULL,               -- of its Message-ID
    since_seq INTEGER NOT NULL,         -- the sender's when it was written
    created_at INTEGER NOT NULL,
    due_at INTEGER,                     -- null when it has ended
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    is_seen INTEGER NOT NULL CHECK (is_seen IN (0, 1)), -- whoever sends knows of it
    tries INTEGER NOT NULL CHECK (tries >= 0), -- begun
    reason TEXT CHECK (reason IN ('no_address', 'refused', 'gave_up', 'off')),
    failure TEXT,                       -- the name of the last one
    ended_at INTEGER,
    CHECK ((state = 'waiting') = (due_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK ((state = 'failed') = (reason IS NOT NULL))
) STRICT;
-- What whoever sends has to do: what it has not seen, and what is due.
CREATE INDEX mails_new ON mails (created_at, message_id) WHERE state = 'waiting' AND NOT is_seen;
CREATE INDEX mails_due ON mails (due_at, message_id) WHERE state = 'waiting';
CREATE INDEX mails_of_conversation ON mails (conversation_id, message_id);
