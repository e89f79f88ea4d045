"""From every released schema to the newest."""
