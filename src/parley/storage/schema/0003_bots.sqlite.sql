-- Bots: how each community's is reached, the answers they owe, and what goes with a conversation that one lost.

ALTER TABLE conversations ADD COLUMN bot_messages INTEGER NOT NULL DEFAULT 0; -- said by the bot, imported ones apart
ALTER TABLE conversations ADD COLUMN handover TEXT;      -- JSON: the card of the last time the bot lost it

UPDATE conversations SET bot_messages = (
    SELECT count(*) FROM messages m JOIN users u ON u.id = m.author_id
    WHERE m.conversation_id = conversations.id AND u.kind = 'bot' AND NOT m.is_imported);

CREATE TABLE bots (
    community_id INTEGER PRIMARY KEY REFERENCES communities (id),
    kind TEXT NOT NULL CHECK (kind IN ('none', 'webhook', 'rasa', 'openai')),
    silence INTEGER CHECK (silence > 0), -- microseconds; null when it may be silent for ever
    farewell TEXT NOT NULL,
    languages TEXT NOT NULL,            -- JSON array
    phrases TEXT NOT NULL,              -- JSON array
    url TEXT,                           -- null for kind none
    allowed_hosts TEXT NOT NULL,        -- JSON array; the operator's alone
    model TEXT,
    prompt TEXT,
    key BLOB,                           -- sealed: the signing secret of a webhook, what another server wants to see
    set_at INTEGER NOT NULL,
    removed_at INTEGER,
    CHECK ((kind = 'none') = (url IS NULL))
) STRICT;

CREATE TABLE turns (                    -- an answer that the bot owes; gone when it is given or the bot lost it
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations (id),
    community_id INTEGER NOT NULL,
    epoch INTEGER NOT NULL,             -- the conversation's
    pending TEXT NOT NULL,              -- JSON [[message id, when it was stored], …], the oldest first
    due_at INTEGER,                     -- null when the bot has promised to answer later
    tries INTEGER NOT NULL CHECK (tries >= 0), -- failures in a row
    failure TEXT,                       -- the last one's name
    CHECK ((tries = 0) = (failure IS NULL))
) STRICT;
-- What the process that tends a community's bot has to do.
CREATE INDEX turns_of_community ON turns (community_id);
