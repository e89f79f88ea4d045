"""Tests of mail to clients."""
