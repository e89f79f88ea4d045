"""Where bots are looked after: keys are made and sealed, and a bot is asked to see whether it answers.

What is written is an action that the caller submits.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from parley.actions.bots import SetBot
from parley.bots.asking import Answer, AskError, Question
from parley.bots.attendant import ASK_WITHIN, Asking
from parley.core import bots, texts
from parley.core.bots import Bot, BotKind, Wishes
from parley.core.communities import Community
from parley.core.conversations import Message
from parley.core.errors import ParleyError, Problems
from parley.core.people import Kind, User
from parley.core.signing import show_secret
from parley.outgoing.addresses import read_target

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

    def prepare(self, community_id: int, wishes: Wishes, former: Bot | None, *, by: str) -> tuple[SetBot, str | None]:
        """How to set a bot in place of the former, and its new signing secret if it gets one. Raises InvalidError.

        Hosts are allowed by the operator alone, so those of the former stay. Its key stays as well when none is given,
        but only for the same kind at the same place: no key is ever sent to a host that it was not given for.
        """
        problems = Problems()
        bots.refuse_needless(wishes, problems)
        manners = bots.read_manners(wishes, problems)
        hosts = () if former is None else former.allowed_hosts
        url = None
        if manners.is_asked:
            url = read_target(wishes.url, "url", problems, allowed_hosts=hosts)
        model = texts.read_line(wishes.model, "model", problems, limit=bots.MODEL_LIMIT)
        if wishes.prompt is not None:
            texts.read_prose(wishes.prompt, "prompt", problems, limit=bots.PROMPT_LIMIT)
        given = None if wishes.key is None else bots.read_key(wishes.key, "key", problems)
        problems.refuse_if_any()
        stays = former is not None and former.manners.kind is wishes.kind and _origin(former.url) == _origin(url)
        key = former.key if former is not None and stays else None
        secret = self.new_secret() if wishes.kind is BotKind.WEBHOOK and key is None else None
        new = secret if given is None else given.encode()
        action = SetBot(
            community_id=community_id,
            manners=manners,
            by=by,
            url=url,
            allowed_hosts=hosts,
            model=model,
            prompt=(wishes.prompt or "").strip() or None,
            key=key if new is None else self.seal(new),
        )
        return action, None if secret is None else show_secret(secret)

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


def _origin(url: str | None) -> tuple[str, str] | None:
    """Where a URL leads to, whatever stands behind the host."""
    parts = urlsplit(url or "")
    return None if url is None else (parts.scheme, parts.netloc.lower())


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
