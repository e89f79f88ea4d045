"""Where bots are looked after: keys are made and sealed, and a bot is asked to see whether it answers.

What is written is an action that the caller submits.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from parley.bots.asking import Answer, AskError, Question
from parley.bots.attendant import ASK_WITHIN, Asking
from parley.core.bots import Bot
from parley.core.communities import Community
from parley.core.conversations import Message
from parley.core.errors import ParleyError
from parley.core.people import Kind, User

_NOBODY = "00000000-0000-0000-0000-000000000000"


class BotFailedError(ParleyError):
    """A bot that was tried did not answer as it should. Not public: a command says it."""

    code = 9010


class Tried(msgspec.Struct, frozen=True):
    """What a bot answered, and how long it took."""

    answer: Answer
    took: timedelta


class BotDesk:
    """Prepares what is done with bots. `seal` closes a key, `new_secret` makes one to sign requests with."""

    def __init__(
        self,
        asking: Asking,
        *,
        new_secret: Callable[[], bytes],
        seal: Callable[[bytes], bytes],
        now: Callable[[], datetime],
    ) -> None:
        self.new_secret = new_secret
        self.seal = seal
        self._asking = asking
        self._now = now

    async def try_out(self, bot: Bot, community: Community, text: str) -> Tried:
        """Ask it something in a conversation 0 that is not there; nothing is stored. Raises BotFailedError."""
        if not bot.manners.is_asked:
            msg = "This bot is asked nothing: the integrator speaks for it."
            raise BotFailedError(msg)
        began_at = self._now()
        within = min(bot.manners.silence or ASK_WITHIN, ASK_WITHIN)
        try:
            answer = await self._asking.ask(bot, _sample(community, text, began_at), within=within)
        except AskError as failed:
            msg = f"The bot did not answer: {failed.name}. {failed.text}"
            raise BotFailedError(msg) from None
        return Tried(answer, self._now() - began_at)


def _sample(community: Community, text: str, now: datetime) -> Question:
    client = User(id=_NOBODY, community_id=community.id, kind=Kind.CLIENT, created_at=now)
    message = Message(
        id=0,
        community_id=community.id,
        conversation_id=0,
        author_id=client.id,
        is_team=False,
        text=text,
        created_at=now,
        stored_at=now,
    )
    return Question(
        community_id=community.id,
        community_name=community.name,
        conversation_id=0,
        epoch=0,
        messages=((message, client),),
    )
