"""Webhooks: what is sent, to whom, and how each attempt is made."""
