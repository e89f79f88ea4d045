"""Real servers on a real PostgreSQL whose line breaks, whose answers are late, or which goes away and comes back."""
