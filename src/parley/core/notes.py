"""Notes: what teammates write to each other beside a conversation. No client, bot or integrator ever sees one."""

from datetime import datetime

import msgspec


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One note. `id` rises in order of arrival."""

    id: int
    community_id: int
    conversation_id: int
    author_id: str
    text: str
    written_at: datetime
