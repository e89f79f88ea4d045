"""Tests of whom the server knows to be at work."""
