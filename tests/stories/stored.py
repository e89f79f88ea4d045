"""What is on disk, read without a server."""

import asyncio

from parley import wiring
from parley.core.events import ConversationCreated, Event


def stored_events(database: str) -> list[Event]:
    """The whole log."""

    async def read() -> list[Event]:
        async with wiring.opened(database, migrates=False) as parts:
            return await parts.reader.events(after=0, take=10**6)

    return asyncio.run(read())


def stored_emails(database: str) -> list[str]:
    """The authors of all conversations, once for each conversation."""
    return [
        str(event.what.author.email) for event in stored_events(database) if isinstance(event.what, ConversationCreated)
    ]
