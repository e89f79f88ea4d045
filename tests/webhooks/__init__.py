"""Webhooks: what is sent, and how it arrives at receivers that misbehave."""
