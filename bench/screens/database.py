"""The database of the screens benchmark: two teammates, and so many open conversations of the first of them."""

import asyncio
from pathlib import Path
from typing import Any

from bench.agents.asking import PASSWORD
from bench.fill import BY, TEAMMATE, Account, made_account, submitted, url_of
from bench.seed import NAME, TITLE, email_of
from parley import wiring
from parley.actions.conversations import ChangeTakeover
from parley.actions.create_conversation import CreateConversation
from parley.actions.sign_ins import SetPassword
from parley.actions.teammates import AddTeammate
from parley.core.people import Author, Role
from parley.passwords import Passwords

CONVERSATIONS = 50
"""As many as a list shows first."""

OTHER = "bob@bench.example"
"""The second teammate: who looks on."""


def make(database: Path) -> Account:
    """Put them at a path."""
    return asyncio.run(_filled(database))


async def _filled(path: Path) -> Account:
    async with wiring.opened(url_of(path)) as parts:
        ledger = parts.ledger
        account = await made_account(ledger)
        theirs: dict[str, Any] = {"community_id": account.community_id, "by": BY}
        await ledger.submit(AddTeammate(name="Bob", email=OTHER, role=Role.AGENT, **theirs))
        kept = await Passwords().hash(PASSWORD)
        for email in (TEAMMATE, OTHER):
            await ledger.submit(SetPassword(email=email, hash=kept, **theirs))
        for number in range(1, CONVERSATIONS + 1):
            author = Author(email=email_of(number), name=f"{NAME} {number}")
            await ledger.submit(CreateConversation(author=author, title=TITLE, message="Hello?", **theirs))
        given = (
            ChangeTakeover(conversation_id=number, is_assigned_to_bot=False, assignee_id=account.teammate_id, **theirs)
            for number in range(1, CONVERSATIONS + 1)
        )
        await submitted(ledger, given, lambda _done: None)
    return account
