-- Webhooks: where a community's events are sent, what became of each, and who looks after what.
--
-- Differs by necessity from SQLite's as step 1 does: no REFERENCES, and room in the pages of what changes in place.

CREATE TABLE endpoints (
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    event_types TEXT NOT NULL,          -- JSON array
    allowed_hosts TEXT NOT NULL,        -- JSON array; the operator's alone
    verify_token BYTEA NOT NULL,        -- sealed, like the secrets
    secret BYTEA NOT NULL,
    former_secret BYTEA,                -- null unless it was rotated
    former_until BIGINT,                -- until when the former one signs as well
    created_at BIGINT NOT NULL,
    cursor BIGINT NOT NULL,             -- the seq up to which the log has been made into deliveries
    status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled', 'paused')),
    reason TEXT CHECK (reason IN ('operator', 'gone', 'failing')),
    status_at BIGINT,
    failures BIGINT NOT NULL CHECK (failures >= 0), -- in a row
    failing_since BIGINT,               -- null while it answers
    rests_until BIGINT,                 -- what its Retry-After asked for
    delivered_at BIGINT,                -- the last success
    removed_at BIGINT,
    CHECK ((former_secret IS NULL) = (former_until IS NULL)),
    CHECK ((status = 'enabled') = (reason IS NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL))
) WITH (fillfactor = 50);
CREATE INDEX endpoints_of_community ON endpoints (community_id);

CREATE TABLE deliveries (               -- one event for one endpoint
    id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    endpoint_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    to_url TEXT NOT NULL,               -- where a replay sends it instead; else empty
    due_at BIGINT,
    tries BIGINT NOT NULL,              -- since it was last queued
    attempts BIGINT NOT NULL,           -- in all
    status BIGINT,                      -- of the last attempt, like failure
    failure TEXT,
    finished_at BIGINT,
    CHECK (
        CASE state
            WHEN 'due' THEN due_at IS NOT NULL AND finished_at IS NULL
            WHEN 'held' THEN due_at IS NULL AND finished_at IS NULL
            WHEN 'delivered' THEN due_at IS NULL AND finished_at IS NOT NULL
            WHEN 'failed' THEN due_at IS NULL AND finished_at IS NOT NULL
            ELSE false
        END
    )
);
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
    delivery_id BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    community_id BIGINT NOT NULL,
    endpoint_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    took BIGINT NOT NULL,               -- microseconds
    url TEXT NOT NULL,
    status BIGINT,
    failure TEXT,                       -- its name
    answer BYTEA NOT NULL,              -- its first 2 KB
    PRIMARY KEY (delivery_id, number),
    CHECK (status IS NOT NULL OR failure IS NOT NULL)
);

CREATE TABLE leases (                   -- which process looks after what one process at a time looks after
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);
