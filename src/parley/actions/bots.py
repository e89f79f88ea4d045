"""Set and remove a community's bot; what it answers, what it fails to answer, and how it loses a conversation.

Whoever asks the bot acts on a turn as it was read: when the turn has ended meanwhile, or the conversation has another
epoch, nothing happens, so that a bot never speaks after somebody took over and never answers twice.
"""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import bots, conversations
from parley.core.bots import Bot, Manners, Turn
from parley.core.conversations import Conversation, HandoverReason, Message, card_of, custody_of
from parley.core.errors import NotFoundError
from parley.core.events import BotRemoved, BotSet, MessageAdded, TakeoverChanged
from parley.ports import Need

BY = "bot"  # who did it, as events record it


class Wish(msgspec.Struct, frozen=True):
    """That the bot wants a person to go on: its own reason and summary, if it gave any."""

    reason: str | None = None
    summary: str | None = None


class SetBot(msgspec.Struct, frozen=True, kw_only=True):
    """How the community's bot is reached from now on; nothing of the former stays.

    Refused with NotFoundError: no such community.
    """

    community_id: int
    manners: Manners
    by: str
    url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    model: str | None = None
    prompt: str | None = None
    key: bytes | None = None

    def needs(self, need: Need) -> None:
        """The community."""
        need.communities.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Bot:
        """Put it in place of the former."""
        draft.community(self.community_id)
        bot = Bot(
            community_id=self.community_id,
            manners=self.manners,
            set_at=now,
            url=self.url,
            allowed_hosts=self.allowed_hosts,
            model=self.model,
            prompt=self.prompt,
            key=self.key,
        )
        draft.turns.put_bot(bot)
        silence = self.manners.silence
        what = BotSet(
            kind=self.manners.kind.value,
            host=None if self.url is None else urlsplit(self.url).hostname,
            silence_seconds=None if silence is None else round(silence.total_seconds()),
        )
        draft.record(what, community_id=self.community_id, by=self.by, at=now)
        return bot


class RemoveBot(msgspec.Struct, frozen=True, kw_only=True):
    """Take it away: from now on the integrator speaks for the bot. Refused with NotFoundError: there is none."""

    community_id: int
    by: str

    def needs(self, need: Need) -> None:
        """The community and its bot."""
        need.communities.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Keep nothing of it but that it was there."""
        draft.community(self.community_id)
        manners = draft.turns.manners(self.community_id)
        if manners is None:
            msg = "This community has no bot."
            raise NotFoundError(msg)
        gone = Manners(kind=bots.BotKind.NONE, silence=None, farewell="")
        draft.turns.put_bot(Bot(community_id=self.community_id, manners=gone, set_at=now, removed_at=now))
        draft.record(BotRemoved(manners.kind.value), community_id=self.community_id, by=self.by, at=now)


class AnswerTurn(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot answered to the messages up to one, decided under an epoch; what it owes then, or None.

    Without texts and without a wish it has promised to answer later.
    """

    community_id: int
    conversation_id: int
    epoch: int
    upto: int
    texts: tuple[str, ...]
    wish: Wish | None = None

    def needs(self, need: Need) -> None:
        """The conversation with what the bot owes in it, and the bot."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Turn | None:
        """Let it speak, and hand over if it wants that."""
        turn = _turn(draft, self)
        if turn is None or not turn.owes(epoch=self.epoch, upto=self.upto):
            return turn
        conversation = draft.conversation(self.community_id, self.conversation_id)
        conversation = _speak(draft, conversation, self.texts, now)
        if self.wish is not None:
            wish = self.wish
            hand_over(draft, conversation, HandoverReason.BOT, by=BY, now=now, detail=wish.reason, summary=wish.summary)
        elif self.texts:
            _keep(draft, bots.after_answer(turn, upto=self.upto, now=now))
        else:
            _keep(draft, bots.after_promise(turn, upto=self.upto))
        return _turn(draft, self)


class FailTurn(msgspec.Struct, frozen=True, kw_only=True):
    """Asking the bot failed; what it owes then, due again later, or None. `dice` is a number from 0 to 1."""

    community_id: int
    conversation_id: int
    epoch: int
    upto: int
    failure: str
    dice: float

    def needs(self, need: Need) -> None:
        """The conversation with what the bot owes in it."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Turn | None:
        """Count it."""
        turn = _turn(draft, self)
        if turn is None or not turn.owes(epoch=self.epoch, upto=self.upto):
            return turn
        changed = bots.after_failure(turn, self.failure, now=now, dice=self.dice)
        draft.turns.put_turn(changed)
        return changed


class GiveUpTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The bot has been silent for longer than it may: its last words, then the queue; what it owes then, or None.

    Before that time, or when the turn has ended, nothing happens. `failure` is why the bot could not be asked at all.
    """

    community_id: int
    conversation_id: int
    epoch: int
    failure: str | None = None

    def needs(self, need: Need) -> None:
        """The conversation with what the bot owes in it, and the bot."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Turn | None:
        """Say farewell and hand over, in one."""
        turn, manners = _turn(draft, self), draft.turns.manners(self.community_id)
        if turn is None or manners is None or turn.epoch != self.epoch:
            return turn
        ends_at = turn.ends_at(manners)
        if ends_at is None or now < ends_at:
            return turn
        conversation = draft.conversation(self.community_id, self.conversation_id)
        conversation = _speak(draft, conversation, (manners.farewell,) if manners.farewell else (), now)
        failure = turn.failure or self.failure
        reason = HandoverReason.FAILED if failure else HandoverReason.SILENT
        hand_over(draft, conversation, reason, by=BY, now=now, detail=failure)
        return None


def hand_over(
    draft: Draft,
    conversation: Conversation,
    reason: HandoverReason,
    *,
    by: str,
    now: datetime,
    detail: str | None = None,
    summary: str | None = None,
) -> Conversation:
    """From the bot to the end of the queue, with a card that says why."""
    detail, summary = bots.limited(detail, bots.REASON_LIMIT), bots.limited(summary, bots.SUMMARY_LIMIT)
    card = card_of(conversation, reason, now=now, detail=detail, summary=summary)
    number = draft.queue.next_number(conversation.community_id)
    changed = conversations.to_queue(conversation, queue_number=number, now=now, handover=card)
    draft.put_conversation(changed)
    draft.record(
        TakeoverChanged(is_assigned_to_bot=False, custody=custody_of(changed), handover=card),
        community_id=changed.community_id,
        by=by,
        at=changed.changed_at,
        conversation_id=changed.id,
    )
    return changed


def heed_wish(
    draft: Draft, conversation: Conversation, messages: tuple[Message, ...], *, by: str, now: datetime
) -> Conversation:
    """Hand over when the client has just asked the bot for a person; the conversation then."""
    if not conversation.is_with_bot or conversation.is_closed:
        return conversation
    manners = draft.turns.manners(conversation.community_id)
    if manners is None or not any(map(manners.hears_wish, messages)):
        return conversation
    return hand_over(draft, conversation, HandoverReason.ASKED, by=by, now=now)


_Of = AnswerTurn | FailTurn | GiveUpTurn


def _needs(action: _Of, need: Need) -> None:
    need.communities.add(action.community_id)
    need.conversations.add((action.community_id, action.conversation_id))
    need.bots.add(action.community_id)
    need.paces.add(action.community_id)


def _turn(draft: Draft, action: _Of) -> Turn | None:
    return draft.turns.turn(action.community_id, action.conversation_id)


def _keep(draft: Draft, turn: Turn | None) -> None:
    if turn is not None:
        draft.turns.put_turn(turn)


def _speak(draft: Draft, conversation: Conversation, texts: tuple[str, ...], now: datetime) -> Conversation:
    """The bot says something; the conversation then."""
    if not texts:
        return conversation
    bot = draft.bot(conversation.community_id)
    count = conversation.message_count
    changed = conversations.with_messages(conversation, len(texts), now=now, by_bot=len(texts))
    draft.put_conversation(changed)
    for text in texts:
        count += 1
        message = Message(
            id=draft.next_number("message"),
            community_id=changed.community_id,
            conversation_id=changed.id,
            author_id=bot.id,
            is_team=True,
            text=text,
            created_at=changed.changed_at,
            stored_at=changed.changed_at,
        )
        draft.add_message(message)
        draft.record(
            MessageAdded(message, bot, count),
            community_id=changed.community_id,
            by=BY,
            at=changed.changed_at,
            conversation_id=changed.id,
        )
    return changed
