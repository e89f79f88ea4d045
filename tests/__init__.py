"""What Parley promises, checked."""
