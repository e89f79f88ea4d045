"""Numbered, forward-only migrations in plain SQL, each run in a transaction of its own."""
