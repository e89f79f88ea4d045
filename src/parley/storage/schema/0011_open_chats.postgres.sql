-- How many conversations each teammate has: counted with each change of holder, so that who is to be given the next one
-- is the first of an index.

ALTER TABLE teammates ADD COLUMN open_chats BIGINT NOT NULL DEFAULT 0 CHECK (open_chats >= 0);
UPDATE teammates SET open_chats = (
    SELECT count(*) FROM conversations c
    WHERE c.community_id = teammates.community_id AND c.assignee_id = teammates.user_id AND c.holder = 'teammate');
CREATE INDEX teammates_able ON teammates (community_id, open_chats, given_at NULLS FIRST, user_id COLLATE "C")
    WHERE is_active AND role <> 'read_only' AND status = 'online' AND left_at IS NULL AND open_chats < seats;
