"""What the routes of webhooks and bots are handed: somebody who asks receivers, makes secrets and queues replays."""

from collections.abc import Collection
from typing import Protocol

from parley.actions.bots import SetBot
from parley.actions.endpoints import AddEndpoint, ChangeEndpoint, EnableEndpoint, RotateSecret
from parley.core.bots import Bot, Wishes
from parley.core.errors import Problems
from parley.core.replays import Selection
from parley.core.webhooks import Attempt, Endpoint


class Desk(Protocol):
    """Prepares what is done with webhooks' endpoints (`parley.webhooks.desk`)."""

    def seal(self, secret: bytes) -> bytes:
        """The form in which a secret is stored."""
        ...

    def unseal(self, sealed: bytes) -> bytes:
        """The secret again."""
        ...

    def read_url(self, given: str | None, path: str, problems: Problems, *, allowed_hosts: Collection[str] = ()) -> str:
        """An address that may be called."""
        ...

    def read_verify_token(self, given: str, path: str, problems: Problems) -> str:
        """A verify token."""
        ...

    async def find(self, community_id: int, endpoint_id: int) -> Endpoint:
        """An endpoint of the community. Raises NotFoundError."""
        ...

    async def add(
        self, community_id: int, *, url: str, event_types: tuple[str, ...], verify_token: str, by: str
    ) -> tuple[AddEndpoint, str]:
        """How to add an endpoint, and its secret. Raises ChallengeError."""
        ...

    async def change(
        self,
        endpoint: Endpoint,
        *,
        by: str,
        url: str | None = None,
        event_types: tuple[str, ...] | None = None,
        verify_token: str | None = None,
    ) -> ChangeEndpoint:
        """How to change an endpoint. Raises ChallengeError."""
        ...

    async def enable(self, endpoint: Endpoint, *, by: str) -> EnableEndpoint:
        """How to enable an endpoint. Raises ChallengeError."""
        ...

    def rotate(self, endpoint: Endpoint, *, by: str) -> tuple[RotateSecret, str]:
        """How to give an endpoint a new secret, and that."""
        ...

    async def replay(
        self,
        community_id: int,
        selection: Selection,
        *,
        by: str,
        endpoint_id: int | None = None,
        to: str = "",
        is_dry_run: bool = False,
    ) -> int:
        """Queue events to be sent once more; how many deliveries. Raises NotFoundError and InvalidError."""
        ...

    async def request_of(self, attempt: Attempt, seq: int) -> tuple[dict[str, str], bytes] | None:
        """The headers, without the signature, and the body of an attempt; None when the event is not there."""
        ...


class BotDesk(Protocol):
    """Prepares what is done with bots (`parley.bots.desk`)."""

    def prepare(self, community_id: int, wishes: Wishes, former: Bot | None, *, by: str) -> tuple[SetBot, str | None]:
        """How to set a bot in place of the former, and its new signing secret if it gets one. Raises InvalidError."""
        ...
