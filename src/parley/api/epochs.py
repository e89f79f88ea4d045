"""Takeover epochs on the wire: every reply about one conversation carries its present one, and a write may send one."""

from parley.actions.desk import Noted
from parley.actions.messages import Said
from parley.core.conversations import Conversation
from parley.core.errors import InvalidError, Problem
from parley.core.texts import shown
from parley.ports import Listed, Opened

NAME = "Parley-Epoch"
HEADER = NAME.lower().encode()
_DIGITS = 15  # a conversation that changes hands each second needs more after 30 million years


def read(sent: bytes | None) -> int | None:
    """The epoch that a caller sent. Raises InvalidError."""
    if sent is None:
        return None
    text = sent.decode("latin-1").strip()
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) > 0:
        return int(text)
    problem = Problem(NAME, f"must be the {NAME} of a reply, a positive whole number, but {shown(text)} was given")
    raise InvalidError(f"{problem.path}: {problem.text}", (problem,))


def headers(epoch: int | None) -> tuple[tuple[bytes, bytes], ...]:
    """The header that tells an epoch; none for a reply about no conversation."""
    return () if epoch is None else ((HEADER, b"%d" % epoch),)


def of(reply: Conversation | Opened | Said | Noted | Listed) -> int:
    """The epoch of the conversation that an action replied with."""
    return reply.epoch if isinstance(reply, Conversation) else reply.conversation.epoch
