"""The rules, each alone: no loop, no file, no clock."""
