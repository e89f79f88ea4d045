"""Following the log: one reader of its growing end for everyone in the process who wants to hear."""
