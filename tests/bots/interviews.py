"""A bot that is asked for real: by the connectors, over sockets, at a receiver that answers as it is told."""

import json
from datetime import timedelta
from typing import Any

import pytest

from parley import wiring
from parley.bots.asking import Answer, Asker, AskError, Question, Said
from parley.bots.connectors import CONNECTORS
from parley.core.bots import Bot, BotKind
from parley.outgoing.client import Outgoing
from parley.vault import Vault
from tests.builders import BOT, CHARLIE, SHOP, bot, client, manners, message, shops_bot, teammate
from tests.receivers import Manner, Receiver, Request, answer

SOON = timedelta(seconds=0.4)
LONG = timedelta(seconds=20)
KEY = "sk-nobody-may-see-this"
VAULT = Vault("correct horse battery staple")

# What a bot of each kind says when it says "It left yesterday."
SPEECHES: dict[BotKind, Any] = {
    BotKind.WEBHOOK: {"messages": ["It left yesterday."]},
    BotKind.RASA: [{"recipient_id": "1-1", "text": "It left yesterday."}],
    BotKind.OPENAI: {"choices": [{"message": {"role": "assistant", "content": "It left yesterday."}}]},
}


class Interview:
    """A bot of one kind, its server, and who asks it."""

    def __init__(self, kind: BotKind, receiver: Receiver, outgoing: Outgoing) -> None:
        self.kind = kind
        self.receiver = receiver
        self._asker = Asker(outgoing, CONNECTORS, unseal=VAULT.unseal, now=wiring.now)
        self.behave(answers(SPEECHES[kind]))

    def behave(self, manner: Manner) -> None:
        """Let the server behave like this from now on."""
        self.receiver.script = lambda _: manner

    def bot(self, *, key: str | None = KEY, **changes: Any) -> Bot:
        """The Shop's bot, at the receiver."""
        filled = {
            "manners": manners(kind=self.kind),
            "url": f"{self.receiver.url}/bot",
            "allowed_hosts": ("127.0.0.1",),
            "key": None if key is None else VAULT.seal(key.encode()),
        }
        return shops_bot(**{**filled, **changes})

    async def ask(self, asked: Question | None = None, *, within: timedelta = LONG, **changes: Any) -> Answer:
        """Ask the bot, changed like this."""
        return await self._asker.ask(self.bot(**changes), asked or question(), within=within)

    async def sent(self, asked: Question | None = None, **changes: Any) -> Request:
        """What is sent when it is asked."""
        await self.ask(asked, **changes)
        return self.receiver.requests[-1]

    async def hears(self, body: Any) -> Answer:
        """What the bot is taken to say when its server answers this."""
        self.behave(answers(body))
        return await self.ask()

    async def fails(self, manner: Manner | None = None, **changes: Any) -> AskError:
        """What comes of it when the server behaves like this. No word of the key is in it."""
        if manner is not None:
            self.behave(manner)
        with pytest.raises(AskError) as caught:
            await self.ask(**changes)
        failed = caught.value
        assert not any(KEY in words for words in (failed.name, failed.text, str(failed), repr(failed)))
        assert failed.text.endswith(".")
        return failed

    async def rejects(self, body: Any) -> str:
        """The name of the failure when the server answers this."""
        return (await self.fails(answers(body))).name


def answers(body: Any, status: int = 200) -> Manner:
    """A whole answer: bytes as they are, anything else as JSON."""
    return answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())


def question(*messages: Said, **changes: Any) -> Question:
    """What the Shop's bot is asked: where Alice's order is."""
    filled = {
        "community_id": SHOP,
        "community_name": "Shop",
        "conversation_id": 7,
        "epoch": 3,
        "messages": messages or (says("Where is my order?", id=11),),
    }
    return Question(**{**filled, **changes})


def says(text: str, **changes: Any) -> Said:
    """Alice says something."""
    return message(text=text, conversation_id=7, **changes), client(email="alice@example.org")


def bot_says(text: str, **changes: Any) -> Said:
    """The bot says something."""
    return message(text=text, conversation_id=7, author_id=BOT, is_team=True, **changes), bot()


def charlie_says(text: str, **changes: Any) -> Said:
    """A teammate says something."""
    return message(text=text, conversation_id=7, author_id=CHARLIE, is_team=True, **changes), teammate()


# An old talk that was imported, what the bot said to it, and what Charlie added when he had the conversation.
TALK: tuple[Said, ...] = (
    says("I ordered a lamp.", id=2, is_imported=True),
    says("Last week.", id=3, is_imported=True),
    bot_says("Thank you.", id=5),
    charlie_says("I'll see to it.", id=8),
)
