"""Bots and the answers they owe as rows and back, as `rows` does it for everything else."""

from datetime import timedelta
from functools import lru_cache

import msgspec

from parley.core.bots import Bot, BotKind, Manners, Pending, Turn
from parley.storage.rows import micros, moment
from parley.storage.scripts import Row

_MICROSECOND = timedelta(microseconds=1)
_MANNERS_KEPT = 1_000  # read with every group that writes, and seldom changed

_encode = msgspec.json.Encoder().encode
_decode_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_pending = msgspec.json.Decoder(tuple[tuple[int, int], ...]).decode

MANNERS = "kind, silence, farewell, languages, phrases"
MANNERS_WIDTH = len(MANNERS.split(","))
BOT = f"community_id, {MANNERS}, url, allowed_hosts, model, prompt, key, set_at, removed_at"


def bot_row(bot: Bot) -> Row:
    """A bot in the order of BOT."""
    manners = bot.manners
    return (
        bot.community_id,
        manners.kind.value,
        None if manners.silence is None else manners.silence // _MICROSECOND,
        manners.farewell,
        _encode(manners.languages).decode(),
        _encode(manners.phrases).decode(),
        bot.url,
        _encode(bot.allowed_hosts).decode(),
        bot.model,
        bot.prompt,
        bot.key,
        micros(bot.set_at),
        micros(bot.removed_at),
    )


def bot_of(row: Row) -> Bot:
    """A bot from the columns of BOT."""
    return Bot(
        community_id=row[0],
        manners=_manners(*row[1:6]),
        url=row[6],
        allowed_hosts=_decode_texts(row[7]),
        model=row[8],
        prompt=row[9],
        key=None if row[10] is None else bytes(row[10]),
        set_at=moment(row[11]),
        removed_at=moment(row[12]),
    )


def manners_of(row: Row) -> Manners | None:
    """What the rules know of a bot, from the columns of MANNERS; None when they are null: there is no bot."""
    return None if row[0] is None else _manners(*row[:5])


@lru_cache(_MANNERS_KEPT)
def _manners(kind: str, silence: int | None, farewell: str, languages: str, phrases: str) -> Manners:
    return Manners(
        kind=BotKind(kind),
        silence=None if silence is None else timedelta(microseconds=silence),
        farewell=farewell,
        languages=_decode_texts(languages),
        phrases=_decode_texts(phrases),
    )


TURN = "community_id, conversation_id, epoch, pending, due_at, tries, failure"


def turn_row(turn: Turn) -> Row:
    """A turn in the order of TURN."""
    return (
        turn.community_id,
        turn.conversation_id,
        turn.epoch,
        _encode([(pending.message_id, micros(pending.at)) for pending in turn.pending]).decode(),
        micros(turn.due_at),
        turn.tries,
        turn.failure,
    )


def turn_of(row: Row) -> Turn:
    """A turn from the columns of TURN."""
    return Turn(
        community_id=row[0],
        conversation_id=row[1],
        epoch=row[2],
        pending=tuple(Pending(number, moment(at)) for number, at in _decode_pending(row[3])),
        due_at=moment(row[4]),
        tries=row[5],
        failure=row[6],
    )
