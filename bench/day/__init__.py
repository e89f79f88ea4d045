"""A day of customers, replayed faster than it was: memory, latency and disk of one Parley process on SQLite."""
