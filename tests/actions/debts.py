"""A second opinion: what a bot owes in one conversation, and what has to happen when somebody does something.

Written from what is promised to clients, without a look at the rules in parley/core/bots.py. What happens is told in
words, see `word_of`.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from parley.core.bots import SILENCE
from parley.core.events import ConversationAssigned, ConversationClosed, Happening, MessageAdded, TakeoverChanged

Words = list[str]
REFUSED = ["refused"]


def word_of(what: Happening) -> str:
    """What happened, in a word."""
    match what:
        case MessageAdded(message=message, author=author):
            return "bot" if author.is_bot else "team" if message.is_team else "client"
        case TakeoverChanged(is_assigned_to_bot=True):
            return "given"
        case TakeoverChanged(handover=card) if card is not None:
            return f"lost: {card.reason.value}"
        case ConversationAssigned():
            return "assigned"
        case ConversationClosed():
            return "closed"
        case _:
            return "imported"


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation. `holder` is bot, queue, closed, or a teammate's id.

    `waiting` are the client's messages, with their times, for which the bot owes an answer; `answered` those to which
    it gave one. `failures` counts those since the last answer.
    """

    holder: str = "bot"
    epoch: int = 1
    waiting: tuple[tuple[int, datetime], ...] = ()
    answered: frozenset[int] = frozenset()
    failures: int = 0

    @property
    def numbers(self) -> list[int]:
        """The messages for which an answer is owed."""
        return [number for number, _ in self.waiting]

    # Each tells what is owed then, and in words what has to happen

    def written(self, numbers: list[int], at: datetime, *, is_wish: bool = False) -> tuple["Debt", Words]:
        """The client writes, perhaps that they want a person."""
        if self.holder == "closed":
            return self, REFUSED
        words = ["client"] * len(numbers)
        if self.holder != "bot":
            return self, words
        if is_wish:
            return self._lost("queue"), [*words, "lost: asked"]
        return replace(self, waiting=(*self.waiting, *((number, at) for number in numbers))), words

    def helped(self, *, is_by_bot: bool) -> tuple["Debt", Words]:
        """An integrator's bot or a teammate says something: that is the answer."""
        return replace(self, waiting=(), failures=0), ["bot" if is_by_bot else "team"]

    def replied(self, epoch: int, upto: int, *, texts: int, is_wish: bool = False) -> tuple["Debt", Words]:
        """The bot's answer to what it was asked then: with so many texts, and perhaps it wants a person."""
        met = {number for number in self.numbers if number <= upto}
        if not self._hears(epoch, met):
            return self, []
        words = ["bot"] * texts
        if is_wish:
            return self._lost("queue"), [*words, "lost: bot"]
        if texts:
            assert not met & self.answered  # nobody is answered twice
            left = tuple(each for each in self.waiting if each[0] not in met)
            return replace(self, waiting=left, answered=self.answered | met, failures=0), words
        is_promise = met == set(self.numbers)
        return replace(self, failures=0 if is_promise else self.failures), []

    def failed(self, epoch: int, upto: int) -> tuple["Debt", Words]:
        """It could not be asked."""
        is_heard = self._hears(epoch, {number for number in self.numbers if number <= upto})
        return (replace(self, failures=self.failures + 1) if is_heard else self), []

    def given_up(self, epoch: int, now: datetime) -> tuple["Debt", Words]:
        """Somebody thinks that it was silent for too long."""
        if not self._hears(epoch, set(self.numbers)) or now - self.waiting[0][1] < SILENCE:
            return self, []
        return self._lost("queue"), ["bot", "lost: failed" if self.failures else "lost: silent"]

    def handed(self, to: str) -> tuple["Debt", Words]:
        """Somebody gives it to the bot, the queue or a teammate."""
        if self.holder == "closed":
            return self, REFUSED
        if to == self.holder or (to == "queue" and self.holder != "bot"):
            return self, []
        if to == "bot":
            return self._lost(to), ["given"]
        return self._lost(to), ["lost: api" if self.holder == "bot" else "assigned"]

    def closed(self) -> tuple["Debt", Words]:
        """It ends."""
        return (self, []) if self.holder == "closed" else (self._lost("closed"), ["closed"])

    def _hears(self, epoch: int, met: set[int]) -> bool:
        return self.holder == "bot" and epoch == self.epoch and bool(met)

    def _lost(self, holder: str) -> "Debt":
        return replace(self, holder=holder, epoch=self.epoch + 1, waiting=(), failures=0)


def check(debt: Debt, holder: str, epoch: int, turn: Any) -> None:
    """Hold what is stored against what is owed."""
    pending = [] if turn is None else [(each.message_id, each.at) for each in turn.pending]

    assert (debt.holder, debt.epoch, list(debt.waiting)) == (holder, epoch, pending)
    if turn is not None:
        assert (debt.epoch, debt.failures) == (turn.epoch, turn.tries)
        assert (turn.failure is None) == (turn.tries == 0)
