"""Webhooks for a program under development: what happens from now on is sent there once, with nothing stored.

No endpoint is saved and no challenge asked. What fails is said and not tried again: a person is looking.
"""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from parley.core.communities import Community
from parley.core.events import Event
from parley.core.webhooks import EVENT_TYPES, Attempt, Delivery, Endpoint, State
from parley.ports import Reader, Tail
from parley.webhooks.sending import Sender


class Forwarded(msgspec.Struct, frozen=True):
    """An event, and what came of sending it."""

    event: Event
    attempt: Attempt


class Forwarder:
    """Sends a community's events to one address, each once, in the order of the log."""

    def __init__(self, *, reader: Reader, tail: Tail, sender: Sender) -> None:
        self._reader = reader
        self._tail = tail
        self._sender = sender

    async def forward(
        self, community: Community, url: str, *, allowed_hosts: tuple[str, ...], secret: bytes
    ) -> AsyncGenerator[Forwarded, None]:
        """What was sent, one after another, for as long as somebody asks. `secret` is sealed."""
        heard = _Heard()
        await self._tail.follow(heard, community_id=community.id)
        try:
            while True:
                event = await heard.events.get()
                endpoint = _endpoint(community.id, event, url=url, allowed_hosts=allowed_hosts, secret=secret)
                ended = await self._sender.attempt(endpoint, _delivery(endpoint, event), event, community.name)
                yield Forwarded(event, ended.attempt)
        finally:
            self._tail.leave(heard)


class _Heard:
    """Remembers the events that webhooks tell of. Not bounded: it lasts as long as a person looks on."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    def hear(self, event: Event) -> None:
        if event.type in EVENT_TYPES:
            self.events.put_nowait(event)


def _endpoint(community_id: int, event: Event, *, url: str, allowed_hosts: tuple[str, ...], secret: bytes) -> Endpoint:
    return Endpoint(
        id=0,
        community_id=community_id,
        url=url,
        event_types=EVENT_TYPES,
        allowed_hosts=allowed_hosts,
        verify_token=b"",
        secret=secret,
        created_at=event.at,
        cursor=event.seq or 0,
    )


def _delivery(endpoint: Endpoint, event: Event) -> Delivery:
    return Delivery(
        id=0,
        community_id=endpoint.community_id,
        endpoint_id=endpoint.id,
        seq=event.seq or 0,
        conversation_id=event.conversation_id or 0,
        type=event.type,
        state=State.DUE,
        created_at=event.at,
    )
