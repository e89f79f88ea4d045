"""What processes that serve tell each other, to be shown on the streams of all: it is soon no longer true."""

import msgspec

from parley.api.frames import TypingFrame


class Typing(msgspec.Struct, tag="typing", frozen=True):
    """Somebody writes in a conversation of this community."""

    community_id: int
    frame: TypingFrame


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Typing).decode


def word_of(typing: Typing) -> str:
    """How it is told, in about 1 KB at most: no name is longer than 200 characters."""
    return _encode(typing).decode()


def typing_of(word: str) -> Typing:
    """What was told. Raises msgspec.DecodeError for what is not understood: another version may tell something else."""
    return _decode(word)
