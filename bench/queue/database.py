"""The databases of the queue benchmark: a community with so many waiting, made once and copied for each run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from bench.fill import BY, Account, Told, copied, is_kept, made_account, submitted, url_of
from bench.queue.line import State
from bench.seed import CATEGORY, NAME, TITLE, URL, email_of
from parley import wiring
from parley.actions.conversations import ChangeTakeover, CloseConversation
from parley.actions.create_conversation import CreateConversation
from parley.core.people import Author
from parley.ledger import Ledger

CHATS = 100
"""Chats begun and ended before the start: as many as an estimate looks at, so that it costs its full price."""


def is_filled(waiting: int) -> bool:
    """Say whether the queue of this length is there already."""
    return is_kept(_name(waiting))


def make(database: Path, waiting: int, told: Told) -> tuple[Account, State]:
    """Put a queue of this length at a path, with waits that can be estimated."""
    account = copied(_name(waiting), database, lambda path: asyncio.run(_filled(path, waiting, told)))
    asyncio.run(_chatted(database, account, waiting))
    return account, State(last=waiting + CHATS, left=list(range(waiting + 1, waiting + CHATS + 1)))


def _name(waiting: int) -> str:
    return f"queue-{waiting}"


async def _filled(path: Path, waiting: int, told: Told) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        account = await made_account(parts.ledger)
        await submitted(parts.ledger, creates(account, 1, waiting), told)
    return account


async def _chatted(path: Path, account: Account, waiting: int) -> None:
    """Let some join, be taken and be closed: chats count for a day, so this is done for each run anew."""
    async with wiring.opened(url_of(path)) as parts:
        await submitted(parts.ledger, creates(account, waiting + 1, CHATS), lambda _: None)
        await _end(parts.ledger, account, range(waiting + 1, waiting + CHATS + 1))


async def _end(ledger: Ledger, account: Account, conversation_ids: range) -> None:
    community_id = account.community_id
    takes = (
        ChangeTakeover(
            community_id=community_id,
            conversation_id=conversation_id,
            is_assigned_to_bot=False,
            assignee_id=account.teammate_id,
            by=BY,
        )
        for conversation_id in conversation_ids
    )
    await submitted(ledger, takes, lambda _: None)
    closes = (
        CloseConversation(community_id=community_id, conversation_id=conversation_id, by=BY)
        for conversation_id in conversation_ids
    )
    await submitted(ledger, closes, lambda _: None)


def creates(account: Account, first: int, count: int) -> Iterator[CreateConversation]:
    """Return so many creates, the e-mails counted from `first`."""
    for number in range(first, first + count):
        yield CreateConversation(
            community_id=account.community_id,
            by=BY,
            author=Author(email=email_of(number), name=NAME),
            title=TITLE,
            category_id=CATEGORY,
            url=URL,
        )
