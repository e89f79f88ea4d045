"""`parley demo`: a real server on a new file, the published example on it, and people who use it."""

from parley.demo.show import PORT, run

__all__ = ["PORT", "run"]
