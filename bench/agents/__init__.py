"""What the team asks of a small community and of a large one: counts, lists, an opened conversation."""
