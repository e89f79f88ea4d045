"""Commands: what they print, for people and for programs, and how they end."""
