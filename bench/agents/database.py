"""The databases of the agents benchmark: so many conversations of 20 messages, filled through Parley's own ledger."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.agents.asking import BOT, MESSAGES, PASSWORD, TAKEN, WAITING, state_of
from bench.fill import BY, TEAMMATE, Account, Told, copied, is_kept, made_account, submitted, url_of
from bench.messages.asking import text_of
from bench.seed import CATEGORY, NAME, TITLE, URL, email_of
from parley import wiring
from parley.actions.conversations import ChangeTakeover, CloseConversation
from parley.actions.create_conversation import CreateConversation
from parley.actions.draft import Action
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.sign_ins import SetPassword
from parley.actions.teammates import AddTeammate
from parley.core.people import Author, Role
from parley.passwords import Passwords

HELD = 20
"""Conversations that each teammate has: a community with more of them has more teammates."""

OF_AUTHOR = 5
"""Conversations of one client, so that one that is opened has earlier ones beside it."""

_AT_ONCE = 32
"""Actions of 19 messages each in one transaction."""


def is_filled(size: int) -> bool:
    """Say whether the database is there already."""
    return is_kept(_name(size))


def make(database: Path, size: int, told: Told) -> Account:
    """Put a community of so many conversations at a path."""
    return copied(_name(size), database, lambda path: asyncio.run(_filled(path, size, told)))


def _name(size: int) -> str:
    return f"agents-{size}"


async def _filled(path: Path, size: int, told: Told) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        ledger = parts.ledger
        account = await made_account(ledger)
        theirs: dict[str, Any] = {"community_id": account.community_id, "by": BY}
        kept = await Passwords().hash(PASSWORD)
        await ledger.submit(SetPassword(email=TEAMMATE, hash=kept, **theirs))
        team = [account.teammate_id]
        for number in range(1, _taken(size) // HELD):
            added = AddTeammate(name=f"Kate {number}", email=f"kate{number}@bench.example", role=Role.AGENT, **theirs)
            team.append((await ledger.submit(added))[0].id)
        numbers = range(1, size + 1)
        await submitted(ledger, (_create(number, theirs) for number in numbers), _nobody)
        await submitted(ledger, (_say(number, theirs) for number in numbers), told, at_once=_AT_ONCE)
        await submitted(ledger, _moves(size, team, theirs), _nobody)
    return account


def _taken(size: int) -> int:
    return sum(1 for number in range(1, size + 1) if state_of(number) == TAKEN)


def _email_of(number: int) -> str:
    return email_of((number - 1) // OF_AUTHOR)


def _create(number: int, theirs: dict[str, Any]) -> CreateConversation:
    return CreateConversation(
        author=Author(email=_email_of(number), name=NAME),
        title=TITLE,
        category_id=CATEGORY,
        url=URL,
        message=text_of(0),
        is_bot_enabled=state_of(number) == BOT,
        **theirs,
    )


def _say(number: int, theirs: dict[str, Any]) -> AddMessages:
    """The client's and the teammate's in turn."""
    messages = tuple(
        NewMessage(author=Author(email=TEAMMATE if index % 2 else _email_of(number)), text=text_of(index))
        for index in range(1, MESSAGES)
    )
    return AddMessages(conversation_id=number, messages=messages, **theirs)


def _moves(size: int, team: list[str], theirs: dict[str, Any]) -> Iterator[Action[Any]]:
    """Give them away and close them, until each is as it is to be."""
    taken = 0
    for number in range(1, size + 1):
        state = state_of(number)
        if state in {WAITING, BOT}:
            continue
        teammate = team[taken // HELD if state == TAKEN else number % len(team)]
        taken += state == TAKEN
        yield ChangeTakeover(conversation_id=number, is_assigned_to_bot=False, assignee_id=teammate, **theirs)
        if state != TAKEN:
            yield CloseConversation(conversation_id=number, **theirs)


def _nobody(_done: int) -> None:
    """Tell nobody: it takes no time."""
