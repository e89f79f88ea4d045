"""Tests of the bots: what they are asked, what they answer, and what comes of it."""
