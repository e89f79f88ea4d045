"""The conformance suite: what every storage must do."""
