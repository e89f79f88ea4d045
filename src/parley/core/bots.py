"""Bots: how a community's bot is reached, what it owes an answer to, when it is asked again, and when it loses.

A *turn* is an answer that the bot owes. It opens when a client writes while the bot has the conversation, and ends when
somebody on the team's side answers or the bot loses the conversation. A bot of kind `none` is never asked: the
integrator speaks for it, and it owes answers only when a limit was set.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from parley.core import phrases, texts
from parley.core.conversations import Conversation, Holder, Message
from parley.core.errors import Problems
from parley.core.phrases import DEFAULT_LANGUAGES, LANGUAGES

SILENCE = timedelta(seconds=30)  # that a bot may be silent for, unless told otherwise
SILENCE_LIMIT = timedelta(hours=1)
PROMPT_LIMIT = 50_000  # characters
MODEL_LIMIT = 200
KEY_LIMIT = 5_000  # characters of a key for the bot's server
PHRASES_LIMIT = 100
PHRASE_LIMIT = 200  # characters of one
REASON_LIMIT = 500  # characters of a bot's own reason that are kept
SUMMARY_LIMIT = 5_000
TEXTS_LIMIT = 20  # messages in one answer
PENDING_LIMIT = 50  # client's messages of one turn that are told apart

RETRY_FIRST = timedelta(milliseconds=500)  # before a bot that failed is asked again; doubles with each failure
RETRY_LIMIT = timedelta(seconds=30)
JITTER = 0.2  # a wait grows by up to this part of itself

OPENS_AFTER = 5  # failures in a row, after which the breaker keeps everyone from asking
PROBE_FIRST = timedelta(seconds=2)  # before one is let through to see; doubles with each that fails
PROBE_LIMIT = timedelta(seconds=60)


class BotKind(StrEnum):
    """How the bot is spoken to."""

    NONE = "none"  # the integrator speaks for it, with author.isBot: true
    WEBHOOK = "webhook"
    RASA = "rasa"
    OPENAI = "openai"


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules know of a bot: its kind, for how long it may be silent (None: for ever), its last words.

    `languages` are those in which a client may ask for a person, `phrases` the operator's own beside them.
    """

    kind: BotKind
    silence: timedelta | None
    farewell: str
    languages: tuple[str, ...] = DEFAULT_LANGUAGES
    phrases: tuple[str, ...] = ()

    @property
    def owes_answers(self) -> bool:
        """Whether a client's message is a turn of this bot."""
        return self.kind is not BotKind.NONE or self.silence is not None

    @property
    def is_asked(self) -> bool:
        """Whether we ask it."""
        return self.kind is not BotKind.NONE

    def hears_wish(self, message: Message) -> bool:
        """Whether the client asks for a person."""
        is_clients = not message.is_team and not message.is_imported
        return is_clients and phrases.asks_for_person(message.text, self.languages, self.phrases)


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for of a community's bot, as it was given; None is what they said nothing about."""

    kind: BotKind
    url: str | None = None
    model: str | None = None
    prompt: str | None = None
    key: str | None = None
    silence_seconds: int | None = None
    farewell: str | None = None
    languages: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class Bot(msgspec.Struct, frozen=True, kw_only=True):
    """A community's bot. `key` is sealed: what the bot's server wants to see, or what a webhook is signed with."""

    community_id: int
    manners: Manners
    set_at: datetime
    url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    model: str | None = None
    prompt: str | None = None
    key: bytes | None = None
    removed_at: datetime | None = None


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """A client's message that has no answer yet, and when it was stored."""

    message_id: int
    at: datetime


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that the bot owes, one at most per conversation.

    `pending` are the messages without an answer, the oldest first. `tries` counts the failures since the last answer,
    `failure` names the last. It is due for asking at `due_at`; None when the bot has promised to answer later.
    """

    community_id: int
    conversation_id: int
    epoch: int
    pending: tuple[Pending, ...]
    due_at: datetime | None
    tries: int = 0
    failure: str | None = None

    @property
    def since(self) -> datetime:
        """Since when the client waits."""
        return self.pending[0].at

    @property
    def upto(self) -> int:
        """The client's last message."""
        return self.pending[-1].message_id

    def ends_at(self, manners: Manners) -> datetime | None:
        """When the bot loses the conversation if it has not answered by then."""
        return None if manners.silence is None else self.since + manners.silence

    def owes(self, *, epoch: int, upto: int) -> bool:
        """Whether an answer to the messages up to that one, decided under that epoch, is still wanted."""
        return self.epoch == epoch and self.pending[0].message_id <= upto


def after_message(
    turn: Turn | None, conversation: Conversation, message: Message, *, manners: Manners | None
) -> Turn | None:
    """The turn after a message: a client's opens it or joins it, any from the team's side is the answer."""
    if message.is_imported:
        return turn
    if message.is_team:
        return None
    if manners is None or not manners.owes_answers or conversation.holder is not Holder.BOT:
        return turn
    pending = () if turn is None else turn.pending
    new = Pending(message.id, message.stored_at)
    if len(pending) == PENDING_LIMIT:  # keeps the time of the one before: nobody is made to wait for longer
        new = Pending(message.id, pending[-1].at)
        pending = pending[:-1]
    due_at = message.stored_at  # whether it is asked, or ever will be: that may change while it owes this
    if turn is not None and turn.tries and turn.due_at is not None:
        due_at = turn.due_at  # it failed just now: another message does not make it well
    return Turn(
        community_id=conversation.community_id,
        conversation_id=conversation.id,
        epoch=conversation.epoch,
        pending=(*pending, new),
        due_at=due_at,
        tries=0 if turn is None else turn.tries,
        failure=None if turn is None else turn.failure,
    )


def after_change(turn: Turn | None, conversation: Conversation) -> Turn | None:
    """The turn after the conversation changed: it ends when another holder has it, or the bot anew."""
    return turn if turn is not None and turn.epoch == conversation.epoch else None


def after_answer(turn: Turn, *, upto: int, now: datetime) -> Turn | None:
    """What is left when the messages up to that one have their answer: those that came later."""
    left = tuple(pending for pending in turn.pending if pending.message_id > upto)
    return replace(turn, pending=left, due_at=now, tries=0, failure=None) if left else None


def after_promise(turn: Turn, *, upto: int) -> Turn:
    """The bot will answer later; it is asked again only when the client has written more."""
    return turn if turn.upto > upto else replace(turn, due_at=None, tries=0, failure=None)


def after_failure(turn: Turn, failure: str, *, now: datetime, dice: float) -> Turn:
    """Asking failed: again after a wait that doubles each time. `dice` is a number from 0 to 1."""
    wait = min(RETRY_FIRST * 2 ** min(turn.tries, 10), RETRY_LIMIT) * (1 + JITTER * dice)
    return replace(turn, tries=turn.tries + 1, failure=failure, due_at=now + wait)


class Breaker(msgspec.Struct, frozen=True):
    """Whether a bot is asked at all: after some failures in a row nobody asks, but for one at a time who looks."""

    failures: int = 0
    closed_until: datetime | None = None  # nobody asks before then

    def opens_at(self) -> datetime | None:
        """When the next may ask; None when everybody may."""
        return self.closed_until

    @property
    def is_tripped(self) -> bool:
        """Whether at most one at a time may ask."""
        return self.closed_until is not None

    def after_failure(self, *, now: datetime) -> "Breaker":
        """One more failure."""
        failures = self.failures + 1
        if failures < OPENS_AFTER:
            return Breaker(failures)
        wait = min(PROBE_FIRST * 2 ** min(failures - OPENS_AFTER, 10), PROBE_LIMIT)
        return Breaker(failures, now + wait)


def limited(text: str | None, limit: int) -> str | None:
    """What a bot says of a handover in a form that can be kept: without NUL, cut, blank made absent."""
    plain = (text or "").replace("\x00", "").strip()
    return plain[:limit] or None


def split(texts_given: tuple[str, ...]) -> tuple[str, ...]:
    """A bot's texts as messages: without NUL and blanks, long ones in pieces, at most twenty."""
    pieces: list[str] = []
    for text in texts_given:
        plain = text.replace("\x00", "").strip()
        pieces += [plain[at : at + texts.MESSAGE_LIMIT] for at in range(0, len(plain), texts.MESSAGE_LIMIT)]
    return tuple([piece for piece in pieces if not piece.isspace()][:TEXTS_LIMIT])


def farewell_in(languages: tuple[str, ...]) -> str:
    """What a bot says when it gives up, unless told otherwise: in the first of its languages."""
    return LANGUAGES[languages[0]].farewell


def read_manners(wishes: Wishes, problems: Problems) -> Manners:
    """The manners that are asked for; whatever is wrong with them is noted."""
    languages = read_languages(wishes.languages, "languages", problems)
    farewell = farewell_in(languages)
    if wishes.farewell is not None:
        farewell = texts.read_prose(wishes.farewell.strip(), "farewell", problems, limit=texts.MESSAGE_LIMIT)
    return Manners(
        kind=wishes.kind,
        silence=read_silence(wishes.silence_seconds, wishes.kind, "silenceSeconds", problems),
        farewell=farewell,
        languages=languages,
        phrases=read_phrases(wishes.phrases, "phrases", problems),
    )


def refuse_needless(wishes: Wishes, problems: Problems) -> None:
    """Note what this kind of bot has no use for, so that nobody thinks that it had an effect."""
    for path, value, kinds in (
        ("url", wishes.url, (BotKind.WEBHOOK, BotKind.RASA, BotKind.OPENAI)),
        ("model", wishes.model, (BotKind.OPENAI,)),
        ("prompt", wishes.prompt, (BotKind.OPENAI,)),
        ("key", wishes.key, (BotKind.RASA, BotKind.OPENAI)),
    ):
        if value is not None and wishes.kind not in kinds:
            problems.add(path, f"means nothing for a bot of kind {wishes.kind.value}")


def read_silence(seconds: int | None, kind: BotKind, path: str, problems: Problems) -> timedelta | None:
    """For how long the bot may be silent; not said, 30 s for one that is asked, and for ever for kind `none`."""
    if seconds is None:
        return None if kind is BotKind.NONE else SILENCE
    if not 1 <= seconds <= SILENCE_LIMIT.total_seconds():
        problems.add(path, f"must be 1 to {SILENCE_LIMIT.total_seconds():.0f} seconds, but {seconds} was given")
        return None
    return timedelta(seconds=seconds)


def read_key(key: str, path: str, problems: Problems) -> str:
    """A key as it can stand in a header; whatever is wrong with it is noted, and none of it repeated."""
    key = key.strip()
    if not 1 <= len(key) <= KEY_LIMIT:
        problems.add(path, f"must be 1 to {KEY_LIMIT} characters long, but {len(key)} were given")
    elif not key.isascii() or not key.isprintable() or " " in key:
        problems.add(path, "may hold only ASCII letters, digits and signs")
    return key


def read_languages(names: tuple[str, ...], path: str, problems: Problems) -> tuple[str, ...]:
    """The languages in which a client may ask for a person; none given means all."""
    for name in names:
        if name not in LANGUAGES:
            problems.add(path, f"must be one of {', '.join(LANGUAGES)}, but {texts.shown(name)} was given")
    return tuple(dict.fromkeys(name for name in names if name in LANGUAGES)) or DEFAULT_LANGUAGES


def read_phrases(given: tuple[str, ...], path: str, problems: Problems) -> tuple[str, ...]:
    """The operator's own phrases."""
    if len(given) > PHRASES_LIMIT:
        problems.add(path, f"at most {PHRASES_LIMIT} phrases, but {len(given)} were given")
    read = (texts.read_line(phrase, path, problems, limit=PHRASE_LIMIT) for phrase in given)
    return tuple(phrase for phrase in read if phrase)
