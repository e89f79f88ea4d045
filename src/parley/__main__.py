"""Lets `python -m parley` be the same as `parley`."""

from parley.cli import main

main()
