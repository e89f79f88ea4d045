"""What can be done, on a real database: the value and what was recorded."""
