"""Sessions, passwords and notes as rows and back, and what the team's lists are made of."""

from datetime import datetime

from parley.core.communities import Community
from parley.core.notes import Note
from parley.core.people import Kind, User
from parley.core.sessions import Credentials, Password, Session, Visitor
from parley.core.views import Counts
from parley.ports import LastMessage
from parley.storage import rows
from parley.storage.rows import micros, moment
from parley.storage.scripts import Row

PASSWORD = "user_id, community_id, hash, set_at"  # noqa: S105 - columns


def password_row(password: Password) -> Row:
    """A password in the order of PASSWORD."""
    return (password.user_id, password.community_id, password.hash, micros(password.set_at))


SESSION = "secret_hash, community_id, user_id, begun_at, seen_at, ended_at"


def session_row(session: Session) -> Row:
    """A session in the order of SESSION."""
    return (
        session.secret_hash,
        session.community_id,
        session.user_id,
        micros(session.begun_at),
        micros(session.seen_at),
        micros(session.ended_at),
    )


def session_of(row: Row) -> Session:
    """A session from the columns of SESSION."""
    return Session(
        secret_hash=row[0],
        community_id=row[1],
        user_id=row[2],
        begun_at=moment(row[3]),
        seen_at=moment(row[4]),
        ended_at=moment(row[5]),
    )


MEMBER = f"""{rows.prefixed("c", rows.COMMUNITY)}, {rows.prefixed("t", rows.TEAMMATE)}, {rows.USER_OF_U}"""
_TEAMMATE_AT = rows.COMMUNITY_WIDTH
_USER_AT = _TEAMMATE_AT + rows.TEAMMATE_WIDTH
MEMBER_WIDTH = _USER_AT + len(rows.USER.split(","))


def credentials_of(row: Row) -> Credentials:
    """Who may sign in, from the columns of MEMBER and the hash."""
    community, user = _community_and_user(row)
    return Credentials(
        community=community, user=user, teammate=rows.teammate_of(row[_TEAMMATE_AT:]), hash=row[MEMBER_WIDTH]
    )


def visitor_of(row: Row) -> Visitor:
    """Who a session is, from the columns of MEMBER and SESSION."""
    community, user = _community_and_user(row)
    return Visitor(
        session=session_of(row[MEMBER_WIDTH:]),
        community=community,
        user=user,
        teammate=rows.teammate_of(row[_TEAMMATE_AT:]),
    )


def _community_and_user(row: Row) -> tuple[Community, User]:
    return rows.community_of(row), rows.user_of(row[_USER_AT:])


NOTE = "id, community_id, conversation_id, author_id, text, written_at"


def note_row(note: Note) -> Row:
    """A note in the order of NOTE."""
    return (
        note.id,
        note.community_id,
        note.conversation_id,
        note.author_id,
        note.text,
        micros(note.written_at),
    )


def note_of(row: Row) -> Note:
    """A note from the columns of NOTE."""
    return Note(
        id=row[0],
        community_id=row[1],
        conversation_id=row[2],
        author_id=row[3],
        text=row[4],
        written_at=moment(row[5]),
    )


def counts_of(row: Row) -> Counts:
    """How many each view has: waiting, with the bot, assigned, mine, closed today, since when the first waits."""
    return Counts(
        waiting=row[0],
        bot=row[1],
        assigned=row[2],
        mine=row[3],
        closed_today=row[4],
        first_since=moment(row[5]),
    )


SHOWN_LIMIT = 200  # characters of the last message that lists show
LAST = f"substr(m.text, 1, {SHOWN_LIMIT}), m.author_id, a.name, m.is_team, a.kind, m.created_at"


BESIDE = f"s.joined_at, {LAST}, {rows.prefixed('h', rows.USER)}"
_HOLDER_AT = 1 + 6

Beside = tuple[datetime | None, LastMessage | None, User | None]


def beside_of(row: Row) -> Beside:
    """When it joined the queue that it stands in, what was said last and who has it, from the columns of BESIDE."""
    return moment(row[0]), last_of(row[1:]), None if row[_HOLDER_AT] is None else rows.user_of(row[_HOLDER_AT:])


def last_of(row: Row) -> LastMessage | None:
    """What was said last, from the columns of LAST."""
    if row[0] is None:
        return None
    return LastMessage(
        text=row[0],
        author_id=row[1],
        author_name=row[2],
        is_team=bool(row[3]),
        is_by_bot=row[4] == Kind.BOT.value,
        created_at=moment(row[5]),
    )
