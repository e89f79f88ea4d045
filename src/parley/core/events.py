"""One class per thing that can happen, and the row that records it.

The class's tag is the event's public type. What is written is enough to rebuild the state it describes (`apply`),
so `parley verify` can hold the tables against the log. No event carries a secret.
"""

from datetime import datetime

import msgspec

from parley.core.access import Scope
from parley.core.conversations import Conversation, Message
from parley.core.fields import Category, Field
from parley.core.people import Role, User


class ConversationCreated(msgspec.Struct, frozen=True, tag="conversation_created"):
    """A conversation began. `position` is its place in the queue at that moment, −1 when it does not wait."""

    conversation: Conversation
    author: User
    position: int


class MessageAdded(msgspec.Struct, frozen=True, tag="conversation_message_added"):
    """Somebody wrote. `message_count` is the conversation's after this message."""

    message: Message
    author: User
    message_count: int


class CommunityAdded(msgspec.Struct, frozen=True, tag="community_added"):
    """A community was made, with its bot."""

    name: str
    client_id: str
    bot: User


class TokenAdded(msgspec.Struct, frozen=True, tag="token_added"):
    """A refresh token was given out."""

    id: int
    name: str
    scope: Scope


class TokenRevoked(msgspec.Struct, frozen=True, tag="token_revoked"):
    """A refresh token, and every access token from it, stopped being good."""

    id: int
    name: str


class CategoryAdded(msgspec.Struct, frozen=True, tag="category_added"):
    """A category was added."""

    category: Category


class FieldAdded(msgspec.Struct, frozen=True, tag="field_added"):
    """A custom field was added."""

    field: Field


class TeammateAdded(msgspec.Struct, frozen=True, tag="teammate_added"):
    """Somebody joined the team."""

    user: User
    role: Role


class TeammateDisabled(msgspec.Struct, frozen=True, tag="teammate_disabled"):
    """A teammate may no longer sign in or be given conversations."""

    user_id: str


class TeammateEnabled(msgspec.Struct, frozen=True, tag="teammate_enabled"):
    """A disabled teammate is back."""

    user_id: str


class KeyRotated(msgspec.Struct, frozen=True, tag="key_rotated"):
    """A new signing key took over. It concerns the whole server, so it has no community and no `seq`."""

    id: int


Happening = (
    ConversationCreated
    | MessageAdded
    | CommunityAdded
    | TokenAdded
    | TokenRevoked
    | CategoryAdded
    | FieldAdded
    | TeammateAdded
    | TeammateDisabled
    | TeammateEnabled
    | KeyRotated
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log.

    `number` counts all events of the server without a gap; `seq` counts those of one community without a gap and is
    the only one shown outside. `by` says who did it: `token:ID`, `operator`, or `server`.
    """

    number: int
    community_id: int | None
    seq: int | None
    conversation_id: int | None
    by: str
    at: datetime
    what: Happening

    @property
    def type(self) -> str:
        """The public name of what happened."""
        return type_of(self.what)


def type_of(what: Happening) -> str:
    """The public name of a happening: its tag."""
    return str(what.__struct_config__.tag)


def apply(conversation: Conversation | None, event: Event) -> Conversation | None:
    """The conversation after the event; events of other things leave it as it is."""
    match event.what:
        case ConversationCreated(conversation=created):
            return created
        case MessageAdded(message_count=count) if conversation is not None:
            return msgspec.structs.replace(conversation, message_count=count, changed_at=event.at)
        case _:
            return conversation
