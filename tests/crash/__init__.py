"""Real servers are killed again and again while many callers write: nothing that was answered may be lost."""
