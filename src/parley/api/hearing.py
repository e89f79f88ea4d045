"""Taking in what other processes that serve tell."""

import logging

import msgspec

from parley.api import words
from parley.api.calls import Backend
from parley.api.words import Tried, Typing

log = logging.getLogger("parley.api")


def hear(backend: Backend, text: str) -> None:
    """Do what follows from a word here. One that is not understood is passed over, and not repeated."""
    try:
        word = words.read(text)
    except msgspec.DecodeError as broken:
        log.warning("word_not_understood", extra={"error": type(broken).__name__})
        return
    match word:
        case Typing():
            backend.streams.show_typing(word)
        case Tried():
            backend.tries.hear(word)
