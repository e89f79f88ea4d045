"""The line, the group and the commit."""
