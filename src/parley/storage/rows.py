"""Values as rows and back, the same for every database: column order, times as microseconds, small lists as JSON."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from parley.core.access import RefreshToken, Scope, SigningKey
from parley.core.communities import Community, Tally
from parley.core.conversations import Assignment, Conversation, Feedback, Handover, Holder, Message, Sentiment
from parley.core.events import Event, Happening, type_of
from parley.core.fields import Category, Field, FieldType, FieldValue
from parley.core.people import Kind, Presence, Role, Teammate, User
from parley.core.reports import Place, Traffic
from parley.core.routing import RoutingMode
from parley.core.texts import key_of
from parley.core.waiting import Stay
from parley.ports import Stored
from parley.storage.scripts import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)  # 64 bits hold a million people waiting for 292 years of it
MINUTE = 60_000_000  # microseconds

_encode = msgspec.json.Encoder().encode
_decode_happening = msgspec.json.Decoder(Happening).decode
_decode_fields = msgspec.json.Decoder(tuple[tuple[int, str], ...]).decode
_decode_handover = msgspec.json.Decoder(Handover).decode
_decode_assignment = msgspec.json.Decoder(Assignment).decode
_decode_choices = msgspec.json.Decoder(tuple[str, ...]).decode


def micros(at: datetime | None) -> Any:
    """A time as whole microseconds since 1970 UTC."""
    return None if at is None else (at - _EPOCH) // _MICROSECOND


def moment(at: int | None) -> Any:
    """The time of so many microseconds since 1970 UTC."""
    return None if at is None else _EPOCH + timedelta(0, 0, at)  # by position it takes half the time


def prefixed(letter: str, columns: str) -> str:
    """The columns of the table that a query calls by this letter."""
    return ", ".join(f"{letter}.{column.strip()}" for column in columns.split(","))


USER = "id, community_id, kind, created_at, name, email, email_key, identifier, image"
USER_OF_U = prefixed("u", USER)


def user_row(user: User) -> Row:
    """A user in the order of USER."""
    return (
        user.id,
        user.community_id,
        user.kind.value,
        micros(user.created_at),
        user.name,
        user.email,
        user.email_key,
        user.identifier,
        user.image,
    )


def user_of(row: Row) -> User:
    """A user from the columns of USER."""
    return User(
        id=row[0],
        community_id=row[1],
        kind=Kind(row[2]),
        created_at=moment(row[3]),
        name=row[4],
        email=row[5],
        email_key=row[6],
        identifier=row[7],
        image=row[8],
    )


CONVERSATION = """id, community_id, author_id, created_at, changed_at, holder, is_with_bot, assignee_id, queue_number,
    taken_at, epoch, message_count, title, category_id, sentiment, fields, initial_page_url, latest_page_url,
    feedback_is_positive, feedback_text, closed_at, bot_messages, handover, assignment"""
CONVERSATION_OF_C = prefixed("c", CONVERSATION)
CONVERSATION_WIDTH = len(CONVERSATION.split(","))


def conversation_row(conversation: Conversation) -> Row:
    """A conversation in the order of CONVERSATION."""
    feedback = conversation.feedback
    fields = conversation.fields
    return (
        conversation.id,
        conversation.community_id,
        conversation.author_id,
        micros(conversation.created_at),
        micros(conversation.changed_at),
        conversation.holder.value,
        conversation.is_with_bot,
        conversation.assignee_id,
        conversation.queue_number,
        micros(conversation.taken_at),
        conversation.epoch,
        conversation.message_count,
        conversation.title,
        conversation.category_id,
        conversation.sentiment.value,
        _encode([(field.id, field.value) for field in fields]).decode() if fields else None,
        conversation.initial_page_url,
        conversation.latest_page_url,
        None if feedback is None else feedback.is_positive,
        None if feedback is None else feedback.text,
        micros(conversation.closed_at),
        conversation.bot_messages,
        None if conversation.handover is None else _encode(conversation.handover).decode(),
        None if conversation.assignment is None else _encode(conversation.assignment).decode(),
    )


def conversation_of(row: Row) -> Conversation:
    """A conversation from the columns of CONVERSATION."""
    return Conversation(
        id=row[0],
        community_id=row[1],
        author_id=row[2],
        created_at=moment(row[3]),
        changed_at=moment(row[4]),
        holder=Holder(row[5]),
        is_with_bot=bool(row[6]),
        assignee_id=row[7],
        queue_number=row[8],
        taken_at=moment(row[9]),
        epoch=row[10],
        message_count=row[11],
        title=row[12],
        category_id=row[13],
        sentiment=Sentiment(row[14]),
        fields=tuple(FieldValue(*pair) for pair in _decode_fields(row[15])) if row[15] else (),
        initial_page_url=row[16],
        latest_page_url=row[17],
        feedback=None if row[18] is None else Feedback(bool(row[18]), row[19]),
        closed_at=moment(row[20]),
        bot_messages=row[21],
        handover=None if row[22] is None else _decode_handover(row[22]),
        assignment=None if row[23] is None else _decode_assignment(row[23]),
    )


MESSAGE = "id, community_id, conversation_id, author_id, is_team, text, created_at, stored_at, is_imported"
MESSAGE_WIDTH = len(MESSAGE.split(","))


def message_row(message: Message) -> Row:
    """A message in the order of MESSAGE."""
    return (
        message.id,
        message.community_id,
        message.conversation_id,
        message.author_id,
        message.is_team,
        message.text,
        micros(message.created_at),
        micros(message.stored_at),
        message.is_imported,
    )


def message_of(row: Row) -> Message:
    """A message from the columns of MESSAGE."""
    created_at = moment(row[6])
    return Message(
        id=row[0],
        community_id=row[1],
        conversation_id=row[2],
        author_id=row[3],
        is_team=bool(row[4]),
        text=row[5],
        created_at=created_at,
        stored_at=created_at if row[7] == row[6] else moment(row[7]),  # what is said now is stored now
        is_imported=bool(row[8]),
    )


EVENT = "number, community_id, seq, conversation_id, epoch, type, actor, at, payload"


def event_row(event: Event) -> Row:
    """An event in the order of EVENT."""
    return (
        event.number,
        event.community_id,
        event.seq,
        event.conversation_id,
        event.epoch,
        type_of(event.what),
        event.by,
        micros(event.at),
        _encode(event.what).decode(),
    )


def event_of(row: Row) -> Event:
    """An event from the columns of EVENT."""
    return Event(
        number=row[0],
        community_id=row[1],
        seq=row[2],
        conversation_id=row[3],
        epoch=row[4],
        by=row[6],
        at=moment(row[7]),
        what=_decode_happening(row[8]),
    )


COMMUNITY = "id, name, client_id, bot_id, catalogue_version, created_at, routing, return_after_s"
COMMUNITY_WIDTH = len(COMMUNITY.split(","))


def community_row(community: Community) -> Row:
    """A community in the order of COMMUNITY, its name's key before."""
    return (
        key_of(community.name),
        community.id,
        community.name,
        community.client_id,
        community.bot_id,
        community.catalogue_version,
        micros(community.created_at),
        community.routing.value,
        community.return_after_s,
    )


def community_of(row: Row) -> Community:
    """A community from the columns of COMMUNITY."""
    return Community(
        id=row[0],
        name=row[1],
        client_id=row[2],
        bot_id=row[3],
        catalogue_version=row[4],
        created_at=moment(row[5]),
        routing=RoutingMode(row[6]),
        return_after_s=row[7],
    )


TALLY = """last_seq, last_queue_number, waiting, assigned, seats, waited_ms, gave_up, counted_at, with_bot, closed_day,
    closed_today"""
TALLY_WIDTH = len(TALLY.split(","))


def tally_row(community_id: int, tally: Tally) -> Row:
    """A community's counters in the order of TALLY, the community's id before."""
    return (
        community_id,
        tally.last_seq,
        tally.last_queue_number,
        tally.waiting,
        tally.assigned,
        tally.seats,
        tally.waited // _MILLISECOND,
        tally.gave_up,
        micros(tally.counted_at),
        tally.with_bot,
        tally.closed_day,
        tally.closed_today,
    )


def tally_of(row: Row) -> Tally:
    """A community's counters from the columns of TALLY."""
    return Tally(
        last_seq=row[0],
        last_queue_number=row[1],
        waiting=row[2],
        assigned=row[3],
        seats=row[4],
        waited=timedelta(milliseconds=row[5]),
        gave_up=row[6],
        counted_at=moment(row[7]),
        with_bot=row[8],
        closed_day=row[9],
        closed_today=row[10],
    )


def checkpoint_row(community_id: int, tally: Tally) -> Row:
    """What is kept of the counters for the minute: community_id, minute, at, waiting, waited_ms, gave_up."""
    at = micros(tally.counted_at)
    return (community_id, at // MINUTE, at, tally.waiting, tally.waited // _MILLISECOND, tally.gave_up)


def minute_of(at: datetime) -> int:
    """The minute since 1970 UTC."""
    return int(micros(at) // MINUTE)


def counted_at(
    when: datetime, at: int | None, waiting: int | None, waited_ms: int | None, gave_up: int | None
) -> tuple[timedelta, int]:
    """What had been waited and how many had given up at `when`, from the last checkpoint before it."""
    if at is None or waiting is None or waited_ms is None or gave_up is None:
        return timedelta(), 0
    return timedelta(milliseconds=waited_ms) + waiting * (when - moment(at)), gave_up


def stay_row(stay: Stay) -> Row:
    """A stay: conversation_id, epoch, community_id, joined_at, position, p10, p50, p90, ended_at, outcome, answered_at.

    The last is null: it is written once, when the team answers.
    """
    estimate = stay.estimate
    return (
        stay.conversation_id,
        stay.epoch,
        stay.community_id,
        micros(stay.joined_at),
        stay.position,
        None if estimate is None else estimate.p10,
        None if estimate is None else estimate.p50,
        None if estimate is None else estimate.p90,
        micros(stay.ended_at),
        None if stay.outcome is None else stay.outcome.value,
        None,
    )


TRAFFIC = "arrived, taken, gave_up, to_bot, closed, positive, negative"
TRAFFIC_WIDTH = len(TRAFFIC.split(","))


def traffic_row(place: Place, traffic: Traffic) -> Row:
    """What is added to the counters of a period: community_id, span, period, and the columns of TRAFFIC."""
    return (
        *place,
        traffic.arrived,
        traffic.taken,
        traffic.gave_up,
        traffic.to_bot,
        traffic.closed,
        traffic.positive,
        traffic.negative,
    )


def traffic_of(row: Row) -> Traffic:
    """The counters of a period from the columns of TRAFFIC."""
    return Traffic(
        arrived=row[0],
        taken=row[1],
        gave_up=row[2],
        to_bot=row[3],
        closed=row[4],
        positive=row[5],
        negative=row[6],
    )


TOKEN = "id, community_id, name, scope, secret_hash, created_at, last_used_at, revoked_at"  # noqa: S105 - columns
TOKEN_WIDTH = len(TOKEN.split(","))


def token_row(token: RefreshToken) -> Row:
    """A refresh token in the order of TOKEN, its name's key behind."""
    return (
        token.id,
        token.community_id,
        token.name,
        token.scope.value,
        token.secret_hash,
        micros(token.created_at),
        micros(token.last_used_at),
        micros(token.revoked_at),
        key_of(token.name),
    )


def token_of(row: Row) -> RefreshToken:
    """A refresh token from the columns of TOKEN."""
    return RefreshToken(
        id=row[0],
        community_id=row[1],
        name=row[2],
        scope=Scope(row[3]),
        secret_hash=bytes(row[4]),
        created_at=moment(row[5]),
        last_used_at=moment(row[6]),
        revoked_at=moment(row[7]),
    )


def signing_key_row(key: SigningKey) -> Row:
    """A signing key: id, sealed, created_at, retired_at."""
    return (key.id, key.sealed, micros(key.created_at), micros(key.retired_at))


def signing_key_of(row: Row) -> SigningKey:
    """A signing key from id, sealed, created_at, retired_at."""
    return SigningKey(id=row[0], sealed=bytes(row[1]), created_at=moment(row[2]), retired_at=moment(row[3]))


def category_row(category: Category) -> Row:
    """A category: id, community_id, name."""
    return (category.id, category.community_id, category.name)


def category_of(row: Row) -> Category:
    """A category from id, community_id, name."""
    return Category(row[0], row[1], row[2])


def field_row(field: Field) -> Row:
    """A custom field: id, community_id, name, type, is_required, choices."""
    choices = _encode(field.choices).decode()
    return (field.id, field.community_id, field.name, field.type.value, field.is_required, choices)


def field_of(row: Row) -> Field:
    """A custom field from id, community_id, name, type, is_required, choices."""
    return Field(
        id=row[0],
        community_id=row[1],
        name=row[2],
        type=FieldType(row[3]),
        is_required=bool(row[4]),
        choices=_decode_choices(row[5]),
    )


TEAMMATE = """user_id, community_id, role, status, seats, is_active, sessions_from, given_at, seen_at, left_at, due_at,
    open_chats"""
TEAMMATE_WIDTH = len(TEAMMATE.split(","))
OPEN_CHATS = TEAMMATE_WIDTH - 1  # a counter that is changed by steps, so it is no part of the value


def teammate_row(teammate: Teammate) -> Row:
    """A teammate in the order of TEAMMATE: a new one, for who is there keeps the open chats."""
    return (
        teammate.user_id,
        teammate.community_id,
        teammate.role.value,
        teammate.status.value,
        teammate.seats,
        teammate.is_active,
        0 if teammate.sessions_from is None else micros(teammate.sessions_from),
        micros(teammate.given_at),
        micros(teammate.seen_at),
        micros(teammate.left_at),
        micros(teammate.due_at),
        0,
    )


def teammate_of(row: Row) -> Teammate:
    """A teammate from the columns of TEAMMATE."""
    return Teammate(
        user_id=row[0],
        community_id=row[1],
        role=Role(row[2]),
        status=Presence(row[3]),
        seats=row[4],
        is_active=bool(row[5]),
        sessions_from=moment(row[6]) if row[6] else None,
        given_at=moment(row[7]),
        seen_at=moment(row[8]),
        left_at=moment(row[9]),
        due_at=moment(row[10]),
    )


ANSWER = "community_id, idempotency_key, method, path, body_hash, status, body, at, epoch"


def answer_row(stored: Stored) -> Row:
    """A stored answer in the order of ANSWER."""
    return (
        stored.community_id,
        stored.key,
        stored.method,
        stored.path,
        stored.body_hash,
        stored.status,
        stored.body,
        micros(stored.at),
        stored.epoch,
    )


def answer_of(row: Row) -> Stored:
    """A stored answer from the columns of ANSWER."""
    return Stored(
        community_id=row[0],
        key=row[1],
        method=row[2],
        path=row[3],
        body_hash=bytes(row[4]),
        status=row[5],
        body=bytes(row[6]),
        at=moment(row[7]),
        epoch=row[8],
    )
