"""A bot on Rasa Open Source, by its REST channel: sender and message in, a list of messages out.

Rasa keeps the conversation by its sender, so it is sent only what it has not answered. Its own code reads the rest from
`metadata`: what a person said meanwhile is there.
"""

from datetime import datetime
from typing import Any

import msgspec

from parley.actions.bots import Wish
from parley.bots.asking import UNREADABLE, Answer, Asked, Connector, Question, Said, bearer, invalid
from parley.core.bots import Bot

PATH = "/webhooks/rest/webhook"

_encode = msgspec.json.Encoder().encode


class Button(msgspec.Struct):
    """A choice that the client is offered."""

    title: str = ""


class Custom(msgspec.Struct):
    """A message of one's own; `handover` is ours."""

    handover: Wish | None = None


class Uttered(msgspec.Struct):
    """One of Rasa's messages."""

    text: str | None = None
    image: str | None = None
    buttons: list[Button] = []
    custom: Any = None


_decode = msgspec.json.Decoder(list[Uttered]).decode


def ask(bot: Bot, question: Question, key: bytes | None, _now: datetime) -> Asked:
    """The request: several messages without an answer are one message of several lines."""
    body = {
        "sender": f"{question.community_id}-{question.conversation_id}",
        "message": "\n".join(message.text for message, _ in question.messages),
        "metadata": {
            "communityName": question.community_name,
            "conversationId": question.conversation_id,
            "epoch": question.epoch,
            "history": [_line(said) for said in question.history],
        },
    }
    return Asked(f"{(bot.url or '').rstrip('/')}{PATH}", _encode(body), bearer(key))


def read(body: bytes) -> Answer:
    """Texts, images as their addresses, buttons as lines; an empty list says that Rasa has nothing to say yet."""
    try:
        uttered = _decode(body)
    except UNREADABLE:
        raise invalid("a list of messages, as Rasa's REST channel has it") from None
    texts = tuple(text for each in uttered if (text := _text(each)))
    wishes = [wish for each in uttered if (wish := _wish(each.custom)) is not None]
    return Answer(texts, wishes[0] if wishes else None)


def _text(uttered: Uttered) -> str:
    buttons = (f"- {button.title}" for button in uttered.buttons if button.title)
    return "\n".join(part for part in (uttered.text, uttered.image, *buttons) if part)


def _wish(custom: Any) -> Wish | None:
    try:
        return msgspec.convert(custom, Custom).handover
    except msgspec.ValidationError:
        return None


def _line(said: Said) -> dict[str, str]:
    message, author = said
    return {"from": "bot" if author.is_bot else "team" if message.is_team else "client", "text": message.text}


CONNECTOR = Connector(ask, read)
