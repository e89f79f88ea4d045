"""Creating and reading a conversation, each in one transaction of an ORM session."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from bench.baseline.tables import Category, Community, Conversation, CustomField, Event, FieldValue, Message, User
from bench.baseline.values import (
    ConversationReply,
    FieldText,
    MessageReply,
    NewConversation,
    PlaceReply,
    UserReply,
    UserValue,
)

Place = Literal["counter", "count"]
"""How the place in the queue is found: kept in the community's row, or counted."""

Order = Literal["creation_time_asc", "creation_time_desc"]

MESSAGES_LIMIT = 100
"""Messages that come with a conversation, at most."""

_QUEUE, _NOBODY = "queue", "nobody"
_NOT_WAITING = -1


class UnknownConversationError(Exception):
    """The community has no such conversation."""


class RefusedError(Exception):
    """The request is well formed and cannot be carried out."""


class UnknownCommunityError(Exception):
    """The token's community does not exist, or has another client id."""


def create_conversation(
    session: Session, new: NewConversation, *, community_id: int, client_id: str, place: Place
) -> ConversationReply:
    """Create a conversation, its author if new, and the event that tells of it."""
    now = dt.datetime.now(dt.UTC)
    community = checked_community(session, community_id, client_id)
    community.last_seq += 1
    community.last_queue_number += 1
    community.waiting += 1
    _check_category(session, new, community_id)
    _check_fields(session, new, community_id)
    author = found_or_made_author(session, new.author, community_id)
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


def read_conversation(
    session: Session, conversation_id: int, *, community_id: int, order: Order | None
) -> ConversationReply:
    """Read a conversation; with an order, also its earliest or latest messages."""
    conversation = (
        session.scalars(
            select(Conversation)
            .where(Conversation.id == conversation_id, Conversation.community_id == community_id)
            .options(joinedload(Conversation.author, innerjoin=True), joinedload(Conversation.fields))
        )
        .unique()
        .one_or_none()
    )
    if conversation is None:
        raise UnknownConversationError
    is_waiting = conversation.holder == _QUEUE
    return _shown(
        conversation,
        position=_counted_place(session, conversation) if is_waiting else _NOT_WAITING,
        messages=() if order is None else _messages(session, conversation_id, order),
    )


def checked_community(session: Session, community_id: int, client_id: str) -> Community:
    """Return the community that a token names, locked: its counters move (SQLite has locked it all by then)."""
    community = session.get(Community, community_id, with_for_update=True)
    if community is None or community.client_id != client_id:
        raise UnknownCommunityError
    return community


def found_or_made_author(session: Session, new: UserValue, community_id: int) -> User:
    """Return the user an author means, with a new name or image if they have one."""
    email = new.email.lower()
    author = session.scalars(select(User).where(User.community_id == community_id, User.email == email)).one_or_none()
    if author is None:
        author = User(
            id=str(uuid.uuid4()),
            community_id=community_id,
            email=email,
            name=new.name,
            image=new.image,
            status="client",
        )
        session.add(author)
    elif author.status == "client":
        author.name = new.name or author.name
        author.image = new.image or author.image
    return author


def show_user(user: User, *, is_team: bool) -> UserReply:
    """Return a user as a reply shows them."""
    return UserReply(
        email=user.email, id=user.id, image=user.image, name=user.name, status="team" if is_team else "client"
    )


def show_message(message: Message) -> MessageReply:
    """Return a message as a reply shows it."""
    return MessageReply(
        author=show_user(message.author, is_team=message.is_team),
        creation_time=message.created_at,
        id=message.id,
        last_modified_time=message.stored_at,
        message=message.text,
    )


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


def _messages(session: Session, conversation_id: int, order: Order) -> Sequence[Message]:
    is_ascending = order == "creation_time_asc"
    columns = (Message.created_at, Message.id)
    return session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id)
        .options(joinedload(Message.author, innerjoin=True))
        .order_by(*(column.asc() if is_ascending else column.desc() for column in columns))
        .limit(MESSAGES_LIMIT)
    ).all()


def _shown(conversation: Conversation, *, position: int, messages: Sequence[Message]) -> ConversationReply:
    return ConversationReply(
        author=show_user(conversation.author, is_team=False),
        creation_time=conversation.created_at,
        fields=[FieldText(id=field.field_id, value=field.value) for field in conversation.fields],
        id=conversation.id,
        initial_page_url=conversation.initial_page_url,
        is_closed=conversation.holder == _NOBODY,
        last_modified_time=conversation.modified_at,
        latest_page_url=conversation.latest_page_url,
        messages=[show_message(message) for message in messages],
        queue_position_info=PlaceReply(position=position),
        total_messages_count=conversation.message_count,
    )


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
