"""Bots: they are asked, and what they answer is written down."""
