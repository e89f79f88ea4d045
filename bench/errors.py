"""The one error a benchmark ends with: what went wrong, in a sentence."""


class BenchError(Exception):
    """A benchmark could not be run, or what it measured was wrong."""
