"""Creating a conversation in one transaction of an ORM session."""

import datetime as dt
import uuid
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.baseline.tables import Category, Community, Conversation, CustomField, Event, FieldValue, User
from bench.baseline.values import ConversationReply, NewConversation, PlaceReply, UserReply

Place = Literal["counter", "count"]
"""How the place in the queue is found: kept in the community's row, or counted."""

_QUEUE = "queue"


class RefusedError(Exception):
    """The request is well formed and cannot be carried out."""


class UnknownCommunityError(Exception):
    """The token's community does not exist, or has another client id."""


def create_conversation(
    session: Session, new: NewConversation, *, community_id: int, client_id: str, place: Place
) -> ConversationReply:
    """Create a conversation, its author if new, and the event that tells of it."""
    now = dt.datetime.now(dt.UTC)
    community = _counted_community(session, community_id)
    if community.client_id != client_id:
        raise UnknownCommunityError
    _check_category(session, new, community_id)
    _check_fields(session, new, community_id)
    author = _found_or_made_author(session, new, community_id)
    conversation = Conversation(
        community_id=community_id,
        author_id=author.id,
        category_id=new.category_id,
        title=new.title,
        initial_page_url=new.url,
        latest_page_url=new.url,
        sentiment=new.sentiment or "question",
        holder=_QUEUE,
        queue_number=community.last_queue_number,
        created_at=now,
        modified_at=now,
    )
    session.add(conversation)
    session.flush()
    _add_details(session, new, conversation, seq=community.last_seq)
    position = community.waiting if place == "counter" else _counted_place(session, conversation)
    return _reply(new, author, conversation, position)


def _counted_community(session: Session, community_id: int) -> Community:
    """Move the community's counters by one; the write lock is held, so nobody else moves them."""
    community = session.get(Community, community_id)
    if community is None:
        raise UnknownCommunityError
    community.last_seq += 1
    community.last_queue_number += 1
    community.waiting += 1
    return community


def _check_category(session: Session, new: NewConversation, community_id: int) -> None:
    if new.category_id is not None:
        category = session.get(Category, new.category_id)
        if category is None or category.community_id != community_id:
            raise RefusedError("unknown category")


def _check_fields(session: Session, new: NewConversation, community_id: int) -> None:
    fields = session.scalars(select(CustomField).where(CustomField.community_id == community_id)).all()
    given = {field.id for field in new.fields}
    if given - {field.id for field in fields}:
        raise RefusedError("unknown custom field")
    if {field.id for field in fields if field.is_required} - given:
        raise RefusedError("a required custom field is missing")


def _found_or_made_author(session: Session, new: NewConversation, community_id: int) -> User:
    email = new.author.email.lower()
    author = session.scalars(select(User).where(User.community_id == community_id, User.email == email)).one_or_none()
    if author is None:
        author = User(
            id=str(uuid.uuid4()),
            community_id=community_id,
            email=email,
            name=new.author.name,
            image=new.author.image,
            status="client",
        )
        session.add(author)
    else:
        author.name = new.author.name or author.name
        author.image = new.author.image or author.image
    return author


def _add_details(session: Session, new: NewConversation, conversation: Conversation, *, seq: int) -> None:
    session.add_all(
        FieldValue(conversation_id=conversation.id, field_id=field.id, value=field.value) for field in new.fields
    )
    session.add(
        Event(
            community_id=conversation.community_id,
            seq=seq,
            conversation_id=conversation.id,
            type="conversation_created",
            created_at=conversation.created_at,
            payload={"authorId": conversation.author_id, "categoryId": conversation.category_id},
        )
    )


def _counted_place(session: Session, conversation: Conversation) -> int:
    ahead = select(func.count()).where(
        Conversation.community_id == conversation.community_id,
        Conversation.holder == _QUEUE,
        Conversation.queue_number < conversation.queue_number,
    )
    return session.scalars(ahead).one() + 1


def _reply(new: NewConversation, author: User, conversation: Conversation, position: int) -> ConversationReply:
    return ConversationReply(
        author=UserReply(email=author.email, id=author.id, image=author.image, name=author.name, status=author.status),
        creation_time=conversation.created_at,
        fields=new.fields,
        id=conversation.id,
        initial_page_url=conversation.initial_page_url,
        last_modified_time=conversation.modified_at,
        latest_page_url=conversation.latest_page_url,
        queue_position_info=PlaceReply(position=position),
    )
