"""Whole lives: a real process, real sockets."""
