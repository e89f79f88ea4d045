"""The agents' inbox, in a real browser."""
