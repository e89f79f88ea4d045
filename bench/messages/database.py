"""The databases of the messages benchmark, filled through Parley's own ledger."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.fill import BY, TEAMMATE, Account, Told, copied, is_kept, made_account, submitted, url_of
from bench.messages.asking import PER_READING, READINGS, TALKS, text_of
from bench.messages.pages import Talk
from bench.seed import CATEGORY, NAME, TITLE, URL, email_of
from parley import wiring
from parley.actions.conversations import ChangeTakeover
from parley.actions.create_conversation import CreateConversation
from parley.actions.messages import AddMessages, NewMessage
from parley.core.conversations import MESSAGES_LIMIT
from parley.core.people import Author

SHORT = 1_000
"""Messages of the conversation that the long one is compared with."""

_AT_ONCE = 16
"""Actions of a hundred messages each in one transaction."""

_SECOND = timedelta(seconds=1)


def make_talks(database: Path) -> Account:
    """Make the conversations that are added to and those that are read."""
    return asyncio.run(_talks(database))


def talks_of(size: int) -> tuple[Talk, Talk]:
    """Return the short conversation and the long one."""
    return (
        Talk(conversation_id=1, first=1, last=SHORT),
        Talk(conversation_id=2, first=SHORT + 1, last=SHORT + size),
    )


def is_filled(size: int) -> bool:
    """Say whether the long conversation is there already."""
    return is_kept(_name(size))


def make_long(database: Path, size: int, told: Told) -> Account:
    """Put a short conversation and a long one at a path."""
    return copied(_name(size), database, lambda path: asyncio.run(_long(path, size, told)))


def _name(size: int) -> str:
    return f"messages-{size}"


async def _talks(path: Path) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        account = await made_account(parts.ledger)
        readings = range(TALKS + 1, TALKS + READINGS + 1)
        await submitted(parts.ledger, (_create(account, number) for number in range(1, readings.stop)), _nobody)
        await submitted(parts.ledger, (_take(account, number) for number in readings), _nobody)
        says = (_say(account, number, index) for index in range(PER_READING) for number in readings)
        await submitted(parts.ledger, says, _nobody)
    return account


async def _long(path: Path, size: int, told: Told) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        account = await made_account(parts.ledger)
        for talk in talks_of(size):
            await submitted(parts.ledger, [_create(account, talk.conversation_id)], _nobody)
            await submitted(parts.ledger, [_take(account, talk.conversation_id)], _nobody)
            adds = _adds(account, talk.conversation_id, talk.length)
            await submitted(parts.ledger, adds, lambda done: told(done * MESSAGES_LIMIT), at_once=_AT_ONCE)
    return account


def _create(account: Account, number: int) -> CreateConversation:
    return CreateConversation(
        community_id=account.community_id,
        by=BY,
        author=Author(email=email_of(number), name=NAME),
        title=TITLE,
        category_id=CATEGORY,
        url=URL,
    )


def _take(account: Account, number: int) -> ChangeTakeover:
    return ChangeTakeover(
        community_id=account.community_id,
        conversation_id=number,
        is_assigned_to_bot=False,
        assignee_id=account.teammate_id,
        by=BY,
    )


def _say(account: Account, conversation_id: int, index: int) -> AddMessages:
    """One message, said now: the client's and the teammate's in turn."""
    message = NewMessage(author=_author(conversation_id, index), text=text_of(index))
    return AddMessages(community_id=account.community_id, conversation_id=conversation_id, messages=(message,), by=BY)


def _author(conversation_id: int, index: int) -> Author:
    return Author(email=TEAMMATE if index % 2 else email_of(conversation_id))


def _adds(account: Account, conversation_id: int, count: int) -> Iterator[AddMessages]:
    """So many messages, client and teammate in turn, a second between one and the next, the last a second ago."""
    began_at = wiring.now() - count * _SECOND
    for first in range(0, count, MESSAGES_LIMIT):
        messages = tuple(
            NewMessage(
                author=_author(conversation_id, number),
                text=text_of(number),
                created_at=began_at + number * _SECOND,
            )
            for number in range(first, min(first + MESSAGES_LIMIT, count))
        )
        yield AddMessages(community_id=account.community_id, conversation_id=conversation_id, messages=messages, by=BY)


def _nobody(_done: int) -> None:
    """Tell nobody: it takes no time."""
