-- Who decides which teammate gets a conversation: the teammates (manual), or the server (automatic).

ALTER TABLE communities ADD COLUMN routing TEXT NOT NULL DEFAULT 'manual' CHECK (routing IN ('manual', 'automatic'));
ALTER TABLE teammates ADD COLUMN given_at INTEGER; -- when the server last gave them one; null: never
