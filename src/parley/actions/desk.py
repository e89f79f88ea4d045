"""What teammates do at their desk: take the next one, answer, write notes, put a conversation's details right."""

from datetime import datetime
from typing import Protocol

import msgspec

from parley.actions.conversations import ChangeTakeover, ReleaseConversation
from parley.actions.draft import Draft, Fresh
from parley.actions.messages import AddMessages, NewMessage, Said
from parley.core import conversations
from parley.core.conversations import AssignmentReason, Conversation, Holder
from parley.core.errors import ConflictError, Problems
from parley.core.events import DetailsChanged, NoteAdded
from parley.core.notes import Note
from parley.core.people import Author, User
from parley.ports import Listed, Need, Opened


class TakeNext(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate takes whoever has waited longest. None when nobody waits.

    Two who ask at once get two different ones. Refused with InvalidError when they are no active teammate by now.
    """

    community_id: int
    user_id: str
    by: str

    def needs(self, need: Need) -> None:
        """The head of the queue and the teammate."""
        need.communities.add(self.community_id)
        need.paces.add(self.community_id)
        need.assignees.add((self.community_id, self.user_id))
        need.heads[self.community_id] = need.heads.get(self.community_id, 0) + 1

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation | None:
        """Take the first of the queue."""
        first = draft.queue.first(self.community_id)
        if first is None:
            return None
        take = ChangeTakeover(
            community_id=self.community_id,
            conversation_id=first.id,
            is_assigned_to_bot=False,
            assignee_id=self.user_id,
            by=self.by,
            reason=AssignmentReason.NEXT,
        )
        return take.decide(draft, now, fresh)


class TakeConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate takes this one, from the queue or from the bot. Again changes nothing.

    Refused with NotFoundError, StaleEpochError, InvalidError (no active teammate) and ConflictError: it is closed, or
    somebody else was quicker. Whoever wants a colleague's all the same assigns it to themselves.
    """

    community_id: int
    conversation_id: int
    user_id: str
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation and the teammate."""
        self._take().needs(need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation:
        """Take it, unless a colleague has it."""
        found = draft.conversation(self.community_id, self.conversation_id)
        conversations.check_epoch(found, self.epoch)
        if found.holder is Holder.TEAMMATE and found.assignee_id != self.user_id:
            msg = f"Another teammate has conversation {found.id} already."
            raise ConflictError(msg)
        return self._take().decide(draft, now, fresh)

    def _take(self) -> ChangeTakeover:
        return ChangeTakeover(
            community_id=self.community_id,
            conversation_id=self.conversation_id,
            is_assigned_to_bot=False,
            assignee_id=self.user_id,
            by=self.by,
            reason=AssignmentReason.TAKEN,
        )


class OnConversation(Protocol):
    """An action on one conversation that answers with it."""

    @property
    def community_id(self) -> int:
        """Whose it is."""
        ...

    @property
    def conversation_id(self) -> int:
        """Which conversation."""
        ...

    def needs(self, need: Need) -> None:
        """Say what must be loaded."""
        ...

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation | Opened:
        """Change the draft and answer."""
        ...


class AsRow(msgspec.Struct, frozen=True):
    """An action on a conversation, answered with the conversation as the team's lists show it."""

    action: OnConversation

    @property
    def community_id(self) -> int:
        """Whose it is."""
        return self.action.community_id

    def needs(self, need: Need) -> None:
        """What the action needs, and what a list shows."""
        self.action.needs(need)
        need.rows.add((self.community_id, self.action.conversation_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Listed:
        """Do it, and show what came of it."""
        done = self.action.decide(draft, now, fresh)
        return draft.listed(done if isinstance(done, Conversation) else done.conversation)


class Noted(msgspec.Struct, frozen=True):
    """A note with its author, and the conversation beside which it was written."""

    conversation: Conversation
    note: Note
    author: User


class SendReply(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate answers the client, and what they had begun to write for that is thrown away.

    Refused like AddMessages.
    """

    community_id: int
    conversation_id: int
    user_id: str
    text: str
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """What adding the message needs."""
        self._message.needs(need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Said:
        """Add the message."""
        said = self._message.decide(draft, now, fresh)
        draft.pad.send(said.conversation, self.user_id, is_note=False)
        return said

    @property
    def _message(self) -> AddMessages:
        return AddMessages(
            community_id=self.community_id,
            conversation_id=self.conversation_id,
            messages=(NewMessage(author=Author(id=self.user_id), text=self.text),),
            by=self.by,
            epoch=self.epoch,
        )


class AddNote(msgspec.Struct, frozen=True, kw_only=True):
    """A teammate writes to the others, beside a conversation open or closed.

    Refused with NotFoundError (no such conversation) and StaleEpochError. Of the conversation nothing changes, not even
    when it last did: that is told outside.
    """

    community_id: int
    conversation_id: int
    user_id: str
    text: str
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation and the teammate."""
        need.communities.add(self.community_id)
        need.conversations.add((self.community_id, self.conversation_id))
        need.assignees.add((self.community_id, self.user_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Noted:
        """Write it down."""
        conversation = draft.conversation(self.community_id, self.conversation_id)
        conversations.check_epoch(conversation, self.epoch)
        author = draft.user(self.community_id, self.user_id)
        assert author is not None  # noqa: S101 - whoever has a session has a row, and rows of users stay
        note = Note(
            id=draft.next_number("note"),
            community_id=self.community_id,
            conversation_id=conversation.id,
            author_id=author.id,
            text=self.text,
            written_at=now,
        )
        draft.add_note(note)
        draft.pad.send(conversation, author.id, is_note=True)
        draft.record(
            NoteAdded(note, author),
            community_id=self.community_id,
            by=self.by,
            at=now,
            conversation_id=conversation.id,
        )
        return Noted(conversation, note, author)


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What a teammate wants to be otherwise; a member that is UNSET stays as it is."""

    title: str | msgspec.UnsetType | None = msgspec.UNSET
    category_id: int | msgspec.UnsetType | None = msgspec.UNSET
    fields: tuple[tuple[int, str | None], ...] = ()
    assignee_id: str | msgspec.UnsetType | None = msgspec.UNSET


class ChangeConversation(msgspec.Struct, frozen=True, kw_only=True):
    """Put a conversation's details right, and say who has it: all or nothing.

    Refused with NotFoundError, StaleEpochError, InvalidError (an unknown category, field or teammate, a value that does
    not fit) and, when it is closed and is to have another holder, ConflictError. Without an assignee it goes back to
    the queue.
    """

    community_id: int
    conversation_id: int
    details: Details
    by: str
    epoch: int | None = None

    def needs(self, need: Need) -> None:
        """The conversation, the catalogue and the teammate."""
        need.communities.add(self.community_id)
        need.paces.add(self.community_id)
        need.catalogues.add(self.community_id)
        need.conversations.add((self.community_id, self.conversation_id))
        if isinstance(self.details.assignee_id, str):
            need.assignees.add((self.community_id, self.details.assignee_id))
            need.rows.add((self.community_id, self.conversation_id))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Conversation:
        """The details first, then the holder."""
        found = draft.conversation(self.community_id, self.conversation_id)
        conversations.check_epoch(found, self.epoch)
        changed = self._with_details(draft, found, now)
        if changed is not found:
            draft.put_conversation(changed)
            draft.record(
                DetailsChanged(changed.title, changed.category_id, changed.fields),
                community_id=self.community_id,
                by=self.by,
                at=changed.changed_at,
                conversation_id=changed.id,
            )
        if self.details.assignee_id is msgspec.UNSET:
            return changed
        return self._move(changed, self.details.assignee_id).decide(draft, now, fresh)

    def _with_details(self, draft: Draft, found: Conversation, now: datetime) -> Conversation:
        details, problems = self.details, Problems()
        catalogue = draft.catalogue(self.community_id)
        title = found.title if details.title is msgspec.UNSET else details.title
        category_id = found.category_id if details.category_id is msgspec.UNSET else details.category_id
        if category_id != found.category_id:
            catalogue.check_category(category_id, "categoryId", problems)
        fields = catalogue.change_fields(found.fields, details.fields, "fields", problems)
        problems.refuse_if_any()
        if (title, category_id, fields) == (found.title, found.category_id, found.fields):
            return found
        return conversations.with_details(found, title=title, category_id=category_id, fields=fields, now=now)

    def _move(self, changed: Conversation, assignee_id: str | None) -> "ChangeTakeover | ReleaseConversation":
        if assignee_id is None and changed.holder is Holder.TEAMMATE:
            return ReleaseConversation(community_id=self.community_id, conversation_id=changed.id, by=self.by)
        return ChangeTakeover(
            community_id=self.community_id,
            conversation_id=changed.id,
            is_assigned_to_bot=False,
            assignee_id=assignee_id,
            by=self.by,
            reason=AssignmentReason.TAKEN if self.by == f"teammate:{assignee_id}" else AssignmentReason.ASSIGNED,
        )
