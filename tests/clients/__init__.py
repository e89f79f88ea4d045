"""Clients that others' generators make from our OpenAPI document: they compile, and they work."""
