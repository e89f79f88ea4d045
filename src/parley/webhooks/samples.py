"""Sample conversations, made through the same actions as real ones: for people who build a receiver."""

from parley.actions.conversations import ChangeTakeover, CloseConversation
from parley.actions.create_conversation import CreateConversation
from parley.core.events import ConversationClosed, MessageAdded, TakeoverChanged
from parley.core.fields import Field, FieldType
from parley.core.people import Author
from parley.ledger import Ledger
from parley.ports import Reader

EVENTS = 10  # more than a sample conversation has
TITLE = "Sample conversation"
CLIENT = Author(identifier="parley-sample", name="Sample client")
WORDS = "This is a sample message."
VALUES = {
    FieldType.TEXT: "sample",
    FieldType.NUMBER: "1",
    FieldType.BOOLEAN: "true",
    FieldType.DATE: "2000-01-01",
    FieldType.EMAIL: "sample@example.com",
    FieldType.URL: "https://example.com/",
}


async def make(ledger: Ledger, reader: Reader, community_id: int, event_type: str, *, by: str) -> int:
    """Make a conversation in which an event of this type happens; its id. Raises what the actions are refused with."""
    required = [field for field in await reader.fields(community_id) if field.is_required]
    is_handed_over = event_type == TakeoverChanged.__struct_config__.tag
    opened = await ledger.submit(
        CreateConversation(
            community_id=community_id,
            author=CLIENT,
            title=TITLE,
            fields=tuple((field.id, _value_for(field)) for field in required),
            is_bot_enabled=is_handed_over,
            message=WORDS if event_type == MessageAdded.__struct_config__.tag else None,
            by=by,
        )
    )
    conversation_id = opened.conversation.id
    if is_handed_over:
        await ledger.submit(
            ChangeTakeover(community_id=community_id, conversation_id=conversation_id, is_assigned_to_bot=False, by=by)
        )
    elif event_type == ConversationClosed.__struct_config__.tag:
        await ledger.submit(CloseConversation(community_id=community_id, conversation_id=conversation_id, by=by))
    return conversation_id


def _value_for(field: Field) -> str:
    return field.choices[0] if field.type is FieldType.CHOICE else VALUES[field.type]
