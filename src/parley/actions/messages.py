"""Add messages to a conversation, and import earlier ones (spec §3, endpoints 2 and 3)."""

from datetime import datetime, timedelta

import msgspec

from parley.actions.authors import needs_author, settle_author
from parley.actions.bots import heed_wish
from parley.actions.draft import Draft, Fresh
from parley.core import conversations
from parley.core.conversations import Conversation, Message
from parley.core.errors import ConflictError, Problems
from parley.core.events import HistoryImported, MessageAdded
from parley.core.people import Author, User
from parley.ports import Need

AHEAD_LIMIT = timedelta(seconds=30)  # how far a sender's clock may be ahead of ours

Written = tuple[Message, User]


class Said(msgspec.Struct, frozen=True):
    """A conversation after something was written in it, and what that was, each message with its author."""

    conversation: Conversation
    messages: tuple[Written, ...]


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message in good form. Without a time it is said now; without a side, its author decides that."""

    author: Author
    text: str
    created_at: datetime | None = None
    is_by_team: bool | None = None


class AddMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Messages for a conversation: all or none.

    Refused with NotFoundError (no such conversation), StaleEpochError (it has another epoch than the one named),
    InvalidError (an unknown author id, a time more than 30 s ahead) and, for a client's message on a closed
    conversation, ConflictError. A team message on a closed one is recorded as to be mailed. Who holds the conversation
    does not change.
    """

    community_id: int
    conversation_id: int
    messages: tuple[NewMessage, ...]
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation, and whoever the authors may be."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Said:
        """Settle the authors, store the messages, record each."""
        conversation, written = _write(self, draft, now, fresh, is_imported=False)
        count = conversation.message_count - len(written)
        for message, author in written:
            count += 1
            draft.record(
                MessageAdded(message, author, count, is_to_be_mailed=conversation.is_closed and message.is_team),
                community_id=self.community_id,
                by=self.by,
                at=conversation.changed_at,
                conversation_id=conversation.id,
            )
        messages = tuple(message for message, _ in written)
        return Said(heed_wish(draft, conversation, messages, by=self.by, now=now), written)


class ImportMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Earlier messages brought from elsewhere: all or none, on a closed conversation too, and without side effects.

    Refused like AddMessages, but never for being closed.
    """

    community_id: int
    conversation_id: int
    messages: tuple[NewMessage, ...]
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation, and whoever the authors may be."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Said:
        """Settle the authors, store the messages, record the import as one event of our own."""
        conversation, written = _write(self, draft, now, fresh, is_imported=True)
        messages = tuple(message for message, _ in written)
        authors = {author.id: author for _, author in written}
        draft.record(
            HistoryImported(messages, conversation.message_count, tuple(authors.values())),
            community_id=self.community_id,
            by=self.by,
            at=conversation.changed_at,
            conversation_id=conversation.id,
        )
        return Said(conversation, written)


def _needs(action: AddMessages | ImportMessages, need: Need) -> None:
    need.communities.add(action.community_id)
    need.conversations.add((action.community_id, action.conversation_id))
    for message in action.messages:
        needs_author(need, action.community_id, message.author)


def _write(
    action: AddMessages | ImportMessages, draft: Draft, now: datetime, fresh: Fresh, *, is_imported: bool
) -> tuple[Conversation, tuple[Written, ...]]:
    """Store the messages, ids in the order sent; the conversation with them and each message with its author."""
    found = draft.conversation(action.community_id, action.conversation_id)
    conversations.check_epoch(found, action.epoch)
    _check_times(action.messages, now)
    conversation = conversations.with_messages(found, len(action.messages), now=now)
    written = []
    for index, new in enumerate(action.messages):
        author = settle_author(draft, action.community_id, new.author, path=f"[{index}].author", now=now, fresh=fresh)
        message = Message(
            id=draft.next_number("message"),
            community_id=action.community_id,
            conversation_id=conversation.id,
            author_id=author.id,
            is_team=author.is_team if new.is_by_team is None else new.is_by_team,
            text=new.text,
            created_at=new.created_at or now,
            stored_at=conversation.changed_at,
            is_imported=is_imported,
        )
        draft.add_message(message)
        written.append((message, author))
    if conversation.is_closed and not is_imported and not all(message.is_team for message, _ in written):
        msg = f"Conversation {conversation.id} is closed; a client can write no more."
        raise ConflictError(msg)
    if not is_imported:
        by_bot = sum(author.is_bot for _, author in written)
        conversation = msgspec.structs.replace(conversation, bot_messages=conversation.bot_messages + by_bot)
    draft.put_conversation(conversation)
    return conversation, tuple(written)


def _check_times(messages: tuple[NewMessage, ...], now: datetime) -> None:
    problems = Problems()
    for index, message in enumerate(messages):
        if message.created_at is not None and message.created_at > now + AHEAD_LIMIT:
            problems.add(
                f"[{index}].creationTime",
                f"may be at most {AHEAD_LIMIT.seconds} seconds ahead of the server's time {now.isoformat()}, "
                f"but {message.created_at.isoformat()} was given",
            )
    problems.refuse_if_any()
