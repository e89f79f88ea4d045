"""The tables of the baseline, and the engines' settings for SQLite."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Engine, ForeignKey, Index, UniqueConstraint, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process's lock; within this one the pool makes them take turns."""


class Table(DeclarativeBase):
    """What every table is."""


class Community(Table):
    """A tenant, with the counters that are moved in every transaction."""

    __tablename__ = "community"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    client_id: Mapped[str] = mapped_column(unique=True)
    last_seq: Mapped[int] = mapped_column(default=0)
    last_queue_number: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)


class Category(Table):
    """A category of a community."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    name: Mapped[str]


class CustomField(Table):
    """A custom field of a community."""

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    name: Mapped[str]
    is_required: Mapped[bool]


class User(Table):
    """A client or a teammate."""

    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("community_id", "email"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    email: Mapped[str]
    name: Mapped[str | None]
    image: Mapped[str | None]
    status: Mapped[str]


class Conversation(Table):
    """A conversation; it waits while it has a queue number and no agent."""

    __tablename__ = "conversation"
    __table_args__ = (Index("conversation_queue", "community_id", "holder", "queue_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    title: Mapped[str | None]
    initial_page_url: Mapped[str | None]
    latest_page_url: Mapped[str | None]
    sentiment: Mapped[str]
    holder: Mapped[str]
    queue_number: Mapped[int | None]
    message_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]
    modified_at: Mapped[dt.datetime]

    author: Mapped[User] = relationship()
    fields: Mapped[list["FieldValue"]] = relationship()


class FieldValue(Table):
    """The value of a custom field in a conversation."""

    __tablename__ = "field_value"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("custom_field.id"), primary_key=True)
    value: Mapped[str]


class Message(Table):
    """A message of a conversation."""

    __tablename__ = "message"
    __table_args__ = (Index("message_shown", "conversation_id", "created_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    is_team: Mapped[bool]
    text: Mapped[str]
    created_at: Mapped[dt.datetime]
    stored_at: Mapped[dt.datetime]

    author: Mapped[User] = relationship()


class Event(Table):
    """Something that happened, numbered without a gap within its community."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("community_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    seq: Mapped[int]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    type: Mapped[str]
    created_at: Mapped[dt.datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


def make_durable(engine: Engine) -> None:
    """Let every commit of an engine be durable, and every transaction hold the write lock from its start."""
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)


def make_snapshots(engine: Engine) -> None:
    """Let every transaction of an engine read one state of the database, without a lock."""
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)


def _set_pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
