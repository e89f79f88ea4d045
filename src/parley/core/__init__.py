"""The rules: values and pure functions that touch nothing of the world."""
