-- Mail to clients: from whom each community's comes, and what is owed.
--
-- Differs by necessity from SQLite's as step 1 does: no REFERENCES, and room in the pages of what changes in place.

CREATE TABLE senders (
    community_id BIGINT PRIMARY KEY,
    address TEXT NOT NULL,
    name TEXT,
    since_seq BIGINT NOT NULL,         -- the community's last event when mail was switched on
    set_at BIGINT NOT NULL,
    removed_at BIGINT                  -- null while mail is on
);

CREATE TABLE mails (                    -- a message of the team that goes to the client by e-mail
    message_id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    domain TEXT NOT NULL,               -- of its Message-ID
    since_seq BIGINT NOT NULL,         -- the sender's when it was written
    created_at BIGINT NOT NULL,
    due_at BIGINT,                     -- null when it has ended
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    is_seen BOOLEAN NOT NULL,           -- whoever sends knows of it
    tries BIGINT NOT NULL CHECK (tries >= 0), -- begun
    reason TEXT CHECK (reason IN ('no_address', 'refused', 'gave_up', 'off')),
    failure TEXT,                       -- the name of the last one
    ended_at BIGINT,
    CHECK ((state = 'waiting') = (due_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK ((state = 'failed') = (reason IS NOT NULL))
) WITH (fillfactor = 50);
-- What whoever sends has to do: what it has not seen, and what is due.
CREATE INDEX mails_new ON mails (created_at, message_id) WHERE state = 'waiting' AND NOT is_seen;
CREATE INDEX mails_due ON mails (due_at, message_id) WHERE state = 'waiting';
CREATE INDEX mails_of_conversation ON mails (conversation_id, message_id);
