-- Bots: how each community's is reached, the answers they owe, and what goes with a conversation that one lost.
--
-- Differs by necessity from SQLite's as step 1 does: no REFERENCES, and room in the pages of what changes in place.

ALTER TABLE conversations ADD COLUMN bot_messages BIGINT NOT NULL DEFAULT 0; -- said by the bot, imported ones apart
ALTER TABLE conversations ADD COLUMN handover TEXT;      -- JSON: the card of the last time the bot lost it

UPDATE conversations SET bot_messages = (
    SELECT count(*) FROM messages m JOIN users u ON u.id = m.author_id
    WHERE m.conversation_id = conversations.id AND u.kind = 'bot' AND NOT m.is_imported);

CREATE TABLE bots (
    community_id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('none', 'webhook', 'rasa', 'openai')),
    silence BIGINT CHECK (silence > 0), -- microseconds; null when it may be silent for ever
    farewell TEXT NOT NULL,
    languages TEXT NOT NULL,            -- JSON array
    phrases TEXT NOT NULL,              -- JSON array
    url TEXT,                           -- null for kind none
    allowed_hosts TEXT NOT NULL,        -- JSON array; the operator's alone
    model TEXT,
    prompt TEXT,
    key BYTEA,                           -- sealed: the signing secret of a webhook, what another server wants to see
    set_at BIGINT NOT NULL,
    removed_at BIGINT,
    CHECK ((kind = 'none') = (url IS NULL))
);

CREATE TABLE turns (                    -- an answer that the bot owes; gone when it is given or the bot lost it
    conversation_id BIGINT PRIMARY KEY,
    community_id BIGINT NOT NULL,
    epoch BIGINT NOT NULL,             -- the conversation's
    pending TEXT NOT NULL,              -- JSON [[message id, when it was stored], …], the oldest first
    due_at BIGINT,                     -- null when the bot has promised to answer later
    tries BIGINT NOT NULL CHECK (tries >= 0), -- failures in a row
    failure TEXT,                       -- the last one's name
    CHECK ((tries = 0) = (failure IS NULL))
) WITH (fillfactor = 50);
-- What the process that tends a community's bot has to do.
CREATE INDEX turns_of_community ON turns (community_id);
