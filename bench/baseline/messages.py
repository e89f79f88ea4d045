"""Adding messages to a conversation in one transaction of an ORM session."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.baseline.conversations import (
    RefusedError,
    UnknownConversationError,
    checked_community,
    found_or_made_author,
    show_message,
)
from bench.baseline.tables import Conversation, Event, Message
from bench.baseline.values import MessageReply, NewMessage

_AHEAD = dt.timedelta(seconds=30)
"""How far a sender's clock may be ahead."""


def add_messages(
    session: Session, new: list[NewMessage], *, conversation_id: int, community_id: int, client_id: str
) -> list[MessageReply]:
    """Add messages with their authors, and the event that tells of each."""
    now = dt.datetime.now(dt.UTC)
    community = checked_community(session, community_id, client_id)
    conversation = session.scalars(
        select(Conversation).where(Conversation.id == conversation_id, Conversation.community_id == community_id)
    ).one_or_none()
    if conversation is None:
        raise UnknownConversationError
    messages = [_message(session, each, conversation, now) for each in new]
    conversation.modified_at = now
    conversation.message_count += len(messages)
    for message in messages:
        community.last_seq += 1
        session.add(message)
        session.add(_event(message, conversation, seq=community.last_seq))
    session.flush()
    return [show_message(message) for message in messages]


def _message(session: Session, new: NewMessage, conversation: Conversation, now: dt.datetime) -> Message:
    if new.creation_time is not None and new.creation_time > now + _AHEAD:
        raise RefusedError("a creation time is in the future")
    author = found_or_made_author(session, new.author, conversation.community_id)
    is_team = author.status == "team" if new.is_by_team is None else new.is_by_team
    if conversation.holder == "nobody" and not is_team:
        raise RefusedError("the conversation is closed")
    return Message(
        conversation_id=conversation.id,
        author=author,
        is_team=is_team,
        text=new.message,
        created_at=new.creation_time or now,
        stored_at=now,
    )


def _event(message: Message, conversation: Conversation, *, seq: int) -> Event:
    return Event(
        community_id=conversation.community_id,
        seq=seq,
        conversation_id=conversation.id,
        type="conversation_message_added",
        created_at=message.stored_at,
        payload={"authorId": message.author.id, "text": message.text, "isTeam": message.is_team},
    )
