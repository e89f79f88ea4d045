"""Filling the baseline's tables with the conversations of the messages benchmark."""

import datetime as dt
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from bench.baseline.tables import Conversation, Message, User, make_durable
from bench.fill import TEAMMATE
from bench.messages.asking import PER_READING, READINGS, TALKS, text_of
from bench.seed import CATEGORY, NAME, TITLE, URL, email_of

_SECOND = dt.timedelta(seconds=1)


def fill(database: Path, community_id: int) -> None:
    """Make the conversations that are added to and those that are read."""
    engine = create_engine(f"sqlite:///{database}")
    make_durable(engine)
    now = dt.datetime.now(dt.UTC)
    teammate_id = str(uuid.uuid4())
    users = [_user(teammate_id, community_id, TEAMMATE, status="team")]
    conversations: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for number in range(1, TALKS + READINGS + 1):
        author = _user(str(uuid.uuid4()), community_id, email_of(number), status="client")
        is_read = number > TALKS
        users.append(author)
        conversations.append(_conversation(number, author, now, is_read=is_read))
        if is_read:
            messages += [_message(number, index, (author["id"], teammate_id), now) for index in range(PER_READING)]
    with Session(engine) as session, session.begin():
        for table, rows in ((User, users), (Conversation, conversations), (Message, messages)):
            session.execute(insert(table), rows)
    engine.dispose()


def _user(user_id: str, community_id: int, email: str, *, status: str) -> dict[str, Any]:
    return {
        "id": user_id,
        "community_id": community_id,
        "email": email,
        "name": NAME,
        "image": None,
        "status": status,
    }


def _conversation(number: int, author: dict[str, Any], now: dt.datetime, *, is_read: bool) -> dict[str, Any]:
    return {
        "id": number,
        "community_id": author["community_id"],
        "author_id": author["id"],
        "category_id": CATEGORY,
        "title": TITLE,
        "initial_page_url": URL,
        "latest_page_url": URL,
        "sentiment": "question",
        "holder": "teammate" if is_read else "queue",
        "queue_number": number,
        "message_count": PER_READING if is_read else 0,
        "created_at": now,
        "modified_at": now,
    }


def _message(conversation_id: int, index: int, author_ids: tuple[str, str], now: dt.datetime) -> dict[str, Any]:
    """One message of the client and the teammate in turn, stored when it was said."""
    said_at = now - (PER_READING - index) * _SECOND
    return {
        "conversation_id": conversation_id,
        "author_id": author_ids[index % 2],
        "is_team": bool(index % 2),
        "text": text_of(index),
        "created_at": said_at,
        "stored_at": said_at,
    }
