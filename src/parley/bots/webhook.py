"""A bot that is a program of the integrator: a signed POST with what was said, answered with texts or a handover."""

from datetime import datetime

import msgspec

from parley.actions.bots import Wish
from parley.bots.asking import UNREADABLE, Answer, Asked, Connector, Question, Said, invalid
from parley.core import times
from parley.core.bots import Bot
from parley.core.signing import sign

_encode = msgspec.json.Encoder().encode


class Author(msgspec.Struct, rename="camel"):
    """Who spoke; `status` says from which side."""

    id: str
    name: str | None
    image: str | None
    email: str | None
    custom_identifier: str | None
    status: str
    is_bot: bool


class Message(msgspec.Struct, rename="camel"):
    """What was said."""

    author: Author
    creation_time: str
    id: int
    last_modified_time: str
    message: str
    is_imported: bool


class Document(msgspec.Struct, rename="camel"):
    """The body of a question: `messages` have no answer yet, `history` is what was said before, both oldest first."""

    community_name: str
    conversation_id: int
    epoch: int
    messages: list[Message]
    history: list[Message]


class Reply(msgspec.Struct):
    """The body of an answer; without texts and handover it will come later, by the API."""

    messages: tuple[str, ...] = ()
    handover: Wish | None = None


_decode = msgspec.json.Decoder(Reply).decode


def ask(bot: Bot, question: Question, key: bytes | None, now: datetime) -> Asked:
    """The request, signed as webhooks are: the id stays the same when the question is asked again."""
    body = _encode(
        Document(
            community_name=question.community_name,
            conversation_id=question.conversation_id,
            epoch=question.epoch,
            messages=list(map(_message, question.messages)),
            history=list(map(_message, question.history)),
        )
    )
    name = f"bot_{question.community_id}_{question.conversation_id}_{question.upto}"
    timestamp = int(now.timestamp())
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(() if key is None else (key,), name, timestamp, body),
        "Parley-Epoch": str(question.epoch),
    }
    return Asked(bot.url or "", body, headers)


def read(body: bytes) -> Answer:
    """An empty body is one without texts: whoever answers 202 or 204 will answer later."""
    if not body.strip():
        return Answer()
    try:
        reply = _decode(body)
    except UNREADABLE:
        raise invalid('{"messages": ["…"], "handover": {"reason": "…", "summary": "…"} or null}') from None
    return Answer(reply.messages, reply.handover)


def _message(said: Said) -> Message:
    message, author = said
    return Message(
        author=Author(
            id=author.id,
            name=author.name,
            image=author.image,
            email=author.email,
            custom_identifier=author.identifier,
            status="team" if message.is_team else "client",
            is_bot=author.is_bot,
        ),
        creation_time=times.show(message.created_at),
        id=message.id,
        last_modified_time=times.show(message.stored_at),
        message=message.text,
        is_imported=message.is_imported,
    )


CONNECTOR = Connector(ask, read)
