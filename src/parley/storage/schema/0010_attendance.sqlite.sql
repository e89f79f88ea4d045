-- Whether teammates are there, and how long what they did not answer waits for them.

ALTER TABLE communities ADD COLUMN return_after_s INTEGER NOT NULL DEFAULT 120 CHECK (return_after_s BETWEEN 0 AND 86400);
ALTER TABLE teammates ADD COLUMN seen_at INTEGER; -- the last sign of life; null: never, so the status alone counts
ALTER TABLE teammates ADD COLUMN left_at INTEGER; -- since when they are gone; null: they are there
ALTER TABLE teammates ADD COLUMN due_at INTEGER;  -- when to look after them next; null: nothing is to come
CREATE INDEX teammates_due ON teammates (due_at, user_id) WHERE due_at IS NOT NULL;
