"""What processes that serve tell each other. Each word is soon no longer true, so it may as well be lost."""

import msgspec

from parley.api.frames import TypingFrame


class Typing(msgspec.Struct, tag="typing", frozen=True):
    """Somebody writes in a conversation of this community."""

    community_id: int
    frame: TypingFrame


class Tried(msgspec.Struct, tag="tried", frozen=True):
    """Somebody tries to sign in, and is wrong until told otherwise. `who` is the hash of an e-mail and an address."""

    who: str
    is_right: bool


Word = Typing | Tried

_encode = msgspec.json.Encoder().encode
_decoder: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)


def written(word: Word) -> str:
    """How it is told, in about 1 KB at most: no name is longer than 200 characters."""
    return _encode(word).decode()


def read(text: str) -> Word:
    """What was told. Raises msgspec.DecodeError for what is not understood: another version may tell something else."""
    return _decoder.decode(text)
