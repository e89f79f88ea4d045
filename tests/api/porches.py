"""A house that callers can reach, for what streams do in time: its clock is the test's, and so are its rounds."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeVar

from parley.actions.conversations import ChangeTakeover, CloseConversation, ReleaseConversation
from parley.actions.draft import Action
from parley.actions.messages import AddMessages, NewMessage
from parley.actions.teammates import AddTeammate, SetTeammateStatus
from parley.api.connections import BoundedProtocol
from parley.api.streams import HEARTBEAT_S, Streams
from parley.core.people import Presence, Role
from tests.api.following import Follower, Frame, path_of
from tests.api.inside import House, until
from tests.builders import author, create
from tests.feeds.listening import Ear

R = TypeVar("R")


@dataclass
class Porch:
    """A house with its address, and the streams that callers have open."""

    house: House
    address: tuple[str, int]
    connections: set[BoundedProtocol]
    ear: Ear
    opened: list[Follower] = field(default_factory=list)

    @property
    def streams(self) -> Streams:
        """All of them."""
        return self.house.backend.streams

    @property
    def community_id(self) -> int:
        """The community's."""
        return self.house.tenant.id

    async def open(
        self, conversation_id: int | None = None, query: str = "", *, token: str | None = None, buffer: int = 0
    ) -> Follower:
        """Open a stream, with a new token unless one is given; returns when it is under way."""
        before = len(self.streams)
        stream = await self._call(path_of(conversation_id) + query, token or await self.house.token(), buffer)
        await until(lambda: len(self.streams) == before + 1)
        return stream

    async def again(self, stream: Follower) -> Follower:
        """Open a stream like that one, whatever comes of it."""
        return await self._call(stream.path, await self.house.token(), 0)

    async def _call(self, path: str, token: str, buffer: int) -> Follower:
        stream = await asyncio.to_thread(lambda: Follower(self.address, path, token, buffer=buffer))
        self.opened.append(stream)
        return stream

    async def beat(self) -> None:
        """Let the time between two heartbeats of a stream pass."""
        for _ in range(HEARTBEAT_S):
            self.streams.beat()
            await asyncio.sleep(0)

    async def heard(self) -> None:
        """Return when everything that happened was heard by all who follow."""
        await self.ear.until_number(await self.house.parts.reader.last_number())

    async def do(self, action: Action[R]) -> R:
        """Do something."""
        return await self.house.parts.ledger.submit(action)

    async def begin(self) -> int:
        """A new conversation, which waits."""
        opened = await self.do(create(community_id=self.community_id))
        return opened.conversation.id

    async def hire(self) -> str:
        """A teammate who takes chats."""
        team: dict[str, Any] = {"community_id": self.community_id, "by": "operator", "email": "anna@shop.example"}
        user, _ = await self.do(AddTeammate(name="Anna", role=Role.AGENT, **team))
        await self.do(SetTeammateStatus(status=Presence.ONLINE, seats=None, **team))
        return user.id

    async def take(self, conversation_id: int, teammate: str | None) -> None:
        """Give a conversation to a teammate, or to the bot."""
        to: dict[str, Any] = {"is_assigned_to_bot": teammate is None, "assignee_id": teammate}
        await self.do(ChangeTakeover(community_id=self.community_id, conversation_id=conversation_id, by="x", **to))

    async def release(self, conversation_id: int) -> None:
        """Have its teammate give it back to the queue."""
        await self.do(ReleaseConversation(community_id=self.community_id, conversation_id=conversation_id, by="x"))

    async def close(self, *conversation_ids: int) -> None:
        """End conversations."""
        for each in conversation_ids:
            await self.do(CloseConversation(community_id=self.community_id, conversation_id=each, by="x"))

    async def say(self, conversation_id: int, *texts: str) -> None:
        """Add messages, the bot's: it may also write when the conversation is closed."""
        said = tuple(NewMessage(author=author(is_bot=True), text=text) for text in texts)
        await self.do(
            AddMessages(community_id=self.community_id, conversation_id=conversation_id, messages=said, by="token:1")
        )


async def rest(stream: Follower) -> list[Frame]:
    """What still comes until it ends."""
    return await asyncio.to_thread(stream.rest)


async def following(stream: Follower, count: int) -> list[Frame]:
    """So many frames."""
    return await asyncio.to_thread(lambda: [stream.next() for _ in range(count)])
