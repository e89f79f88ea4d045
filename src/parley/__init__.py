"""Parley: a self-hosted customer-chat conversation server."""

__version__ = "0.1.0"
