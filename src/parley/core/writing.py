"""What teammates write with: saved replies, and drafts of what is not sent yet."""

import re
from datetime import datetime

import msgspec

from parley.core import texts
from parley.core.errors import Problems

REPLIES_LIMIT = 1_000  # saved replies of a community, everybody's own included
SHORTCUT_LIMIT = 40
_SHORTCUT = re.compile(r"[a-z0-9-]{1,40}")


class SavedReply(msgspec.Struct, frozen=True, kw_only=True):
    """A text that is often needed, found by its shortcut: shared by all teammates, or its owner's alone."""

    id: int
    community_id: int
    owner_id: str
    is_shared: bool
    shortcut: str
    text: str
    changed_at: datetime
    removed_at: datetime | None = None

    def is_for(self, user_id: str) -> bool:
        """Whether this teammate has it."""
        return self.removed_at is None and (self.is_shared or self.owner_id == user_id)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a teammate has begun to write in a conversation; with no text, nothing."""

    conversation_id: int
    user_id: str
    community_id: int
    text: str
    is_note: bool
    changed_at: datetime


def read_shortcut(given: str, path: str, problems: Problems) -> str:
    """What is typed behind a slash: small letters, digits and hyphens."""
    shortcut = given.strip().lower()
    if _SHORTCUT.fullmatch(shortcut) is None:
        problems.add(
            path,
            f"must be 1 to {SHORTCUT_LIMIT} letters a to z, digits and hyphens, but {texts.shown(given)} was given",
        )
    return shortcut
