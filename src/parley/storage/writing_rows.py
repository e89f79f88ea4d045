"""Saved replies and drafts as rows and back."""

from parley.core.writing import Draft, SavedReply
from parley.storage.rows import micros, moment
from parley.storage.scripts import Row

REPLY = "id, community_id, owner_id, is_shared, shortcut, text, changed_at, removed_at"


def reply_row(reply: SavedReply) -> Row:
    """A saved reply in the order of REPLY."""
    return (
        reply.id,
        reply.community_id,
        reply.owner_id,
        reply.is_shared,
        reply.shortcut,
        reply.text,
        micros(reply.changed_at),
        micros(reply.removed_at),
    )


def reply_of(row: Row) -> SavedReply:
    """A saved reply from the columns of REPLY."""
    return SavedReply(
        id=row[0],
        community_id=row[1],
        owner_id=row[2],
        is_shared=bool(row[3]),
        shortcut=row[4],
        text=row[5],
        changed_at=moment(row[6]),
        removed_at=moment(row[7]),
    )


DRAFT = "conversation_id, user_id, community_id, text, is_note, changed_at"


def draft_row(draft: Draft) -> Row:
    """A draft in the order of DRAFT."""
    return (
        draft.conversation_id,
        draft.user_id,
        draft.community_id,
        draft.text,
        draft.is_note,
        micros(draft.changed_at),
    )


def draft_of(row: Row) -> Draft:
    """A draft from the columns of DRAFT."""
    return Draft(
        conversation_id=row[0],
        user_id=row[1],
        community_id=row[2],
        text=row[3],
        is_note=bool(row[4]),
        changed_at=moment(row[5]),
    )
