"""The draft's part about bots: what they owe follows from messages and changes of holder, here and nowhere else."""

from typing import NamedTuple

from parley.actions.journal import Journal
from parley.core import bots
from parley.core.bots import Bot, Manners, Turn
from parley.core.conversations import Conversation, Holder, Message
from parley.ports import Facts

Key = tuple[int, int]  # community, conversation


class TurnChanges(NamedTuple):
    """What the group changed."""

    bots: list[Bot]
    turns: list[Turn]
    ended_turns: list[int]  # conversations


class Turns:
    """The bots' manners and the answers they owe as loaded, with the group's changes laid over them."""

    def __init__(self, facts: Facts, journal: Journal) -> None:
        self._facts = facts
        self._set = journal.set
        self._stored = {conversation_id for _, conversation_id in facts.turns}
        self._bots: dict[int, Bot] = {}
        self._turns: dict[Key, Turn | None] = {}

    def manners(self, community_id: int) -> Manners | None:
        """What the rules know of the community's bot; None when none is set."""
        return self._facts.manners.get(community_id)

    def turn(self, community_id: int, conversation_id: int) -> Turn | None:
        """The answer that the bot owes in a conversation."""
        return self._facts.turns.get((community_id, conversation_id))

    def put_bot(self, bot: Bot) -> None:
        """Set or, when it says so, remove the community's bot."""
        manners = bot.manners if bot.removed_at is None else None
        self._set(self._facts.manners, bot.community_id, manners)
        self._set(self._bots, bot.community_id, bot)

    def put_turn(self, turn: Turn) -> None:
        """Keep an answer owed."""
        self._put((turn.community_id, turn.conversation_id), turn)

    def see_message(self, message: Message) -> None:
        """A message was added to a conversation."""
        key = (message.community_id, message.conversation_id)
        before = self._facts.turns.get(key)
        conversation = self._facts.conversations[key]
        if before is None and conversation.holder is not Holder.BOT:
            return
        manners = self.manners(message.community_id)
        self._put(key, bots.after_message(before, conversation, message, manners=manners))

    def see_change(self, conversation: Conversation) -> None:
        """A conversation changed hands."""
        key = (conversation.community_id, conversation.id)
        self._put(key, bots.after_change(self._facts.turns.get(key), conversation))

    def changes(self) -> TurnChanges:
        """What is to be stored."""
        turns = [turn for turn in self._turns.values() if turn is not None]
        ended = [key[1] for key, turn in self._turns.items() if turn is None and key[1] in self._stored]
        return TurnChanges(list(self._bots.values()), turns, ended)

    def _put(self, key: Key, turn: Turn | None) -> None:
        if turn is self._facts.turns.get(key):
            return
        self._set(self._facts.turns, key, turn)
        self._set(self._turns, key, turn)
