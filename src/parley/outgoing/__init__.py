"""Requests to addresses that customers name: where they may go, and one bounded request."""
