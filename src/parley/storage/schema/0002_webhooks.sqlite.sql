-- Webhooks: where a community's events are sent, what became of each, and who looks after what.

CREATE TABLE endpoints (
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL REFERENCES communities (id),
    url TEXT NOT NULL,
    event_types TEXT NOT NULL,          -- JSON array
    allowed_hosts TEXT NOT NULL,        -- JSON array; the operator's alone
    verify_token BLOB NOT NULL,         -- sealed, like the secrets
    secret BLOB NOT NULL,
    former_secret BLOB,                 -- null unless it was rotated
    former_until INTEGER,               -- until when the former one signs as well
    created_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL,            -- the seq up to which the log has been made into deliveries
    status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled', 'paused')),
    reason TEXT CHECK (reason IN ('operator', 'gone', 'failing')),
    status_at INTEGER,
    failures INTEGER NOT NULL CHECK (failures >= 0), -- in a row
    failing_since INTEGER,              -- null while it answers
    rests_until INTEGER,                -- what its Retry-After asked for
    delivered_at INTEGER,               -- the last success
    removed_at INTEGER,
    CHECK ((former_secret IS NULL) = (former_until IS NULL)),
    CHECK ((status = 'enabled') = (reason IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
) STRICT;
CREATE INDEX endpoints_of_community ON endpoints (community_id);

CREATE TABLE deliveries (               -- one event for one endpoint
    id INTEGER PRIMARY KEY,
    community_id INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL REFERENCES endpoints (id),
    seq INTEGER NOT NULL,
    conversation_id INTEGER NOT NULL,
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    to_url TEXT NOT NULL,               -- where a replay sends it instead; else empty
    due_at INTEGER,
    tries INTEGER NOT NULL,             -- since it was last queued
    attempts INTEGER NOT NULL,          -- in all
    status INTEGER,                     -- of the last attempt, like failure
    failure TEXT,
    finished_at INTEGER,
    CHECK (
        CASE state
            WHEN 'due' THEN due_at IS NOT NULL AND finished_at IS NULL
            WHEN 'held' THEN due_at IS NULL AND finished_at IS NULL
            WHEN 'delivered' THEN due_at IS NULL AND finished_at IS NOT NULL
            WHEN 'failed' THEN due_at IS NULL AND finished_at IS NOT NULL
            ELSE 0
        END
    )
) STRICT;
-- What an event's delivery is, be it sent again or not.
CREATE UNIQUE INDEX deliveries_of_event ON deliveries (endpoint_id, to_url, seq);
-- What is to be done next.
CREATE INDEX deliveries_due ON deliveries (endpoint_id, due_at, id) WHERE state = 'due';
-- The order of a conversation at an endpoint: the one that is due before the first that is held.
CREATE INDEX deliveries_in_lane ON deliveries (endpoint_id, to_url, conversation_id, state, seq)
    WHERE state IN ('due', 'held');
-- For people, the newest first: all, an endpoint's, and those set aside.
CREATE INDEX deliveries_of_community ON deliveries (community_id, id);
CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, id);
CREATE INDEX deliveries_failed ON deliveries (community_id, id) WHERE state = 'failed';
CREATE INDEX deliveries_by_age ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE attempts (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    number INTEGER NOT NULL CHECK (number > 0),
    community_id INTEGER NOT NULL,
    endpoint_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    took INTEGER NOT NULL,              -- microseconds
    url TEXT NOT NULL,
    status INTEGER,
    failure TEXT,                       -- its name
    answer BLOB NOT NULL,               -- its first 2 KB
    PRIMARY KEY (delivery_id, number),
    CHECK (status IS NOT NULL OR failure IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE leases (                   -- which process looks after what one process at a time looks after
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
