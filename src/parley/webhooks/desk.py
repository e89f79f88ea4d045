"""Where webhooks are looked after: an endpoint is asked the challenge before it is saved, secrets are made and sealed.

The administration API and the commands come here alike; what is written is an action that they submit themselves.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec

from parley.actions.endpoints import AddEndpoint, ChangeEndpoint, EnableEndpoint, RotateSecret
from parley.core.errors import NotFoundError, Problems
from parley.core.events import Event
from parley.core.replays import Selection
from parley.core.signing import show_secret
from parley.core.webhooks import VERIFY_TOKEN_LIMIT, Attempt, Endpoint
from parley.ledger import Ledger
from parley.outgoing.addresses import read_target
from parley.outgoing.calling import Caller
from parley.ports import Reader
from parley.webhooks import challenge, replays
from parley.webhooks.payloads import headers_of, payload_of
from parley.webhooks.replays import Progress, Replay


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """Chance and the vault, as `wiring` hands them in."""

    new_secret: Callable[[], bytes]
    new_challenge: Callable[[], str]
    seal: Callable[[bytes], bytes]
    unseal: Callable[[bytes], bytes]


class Desk:
    """Prepares what is done with endpoints."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        reader: Reader,
        caller: Caller,
        secrets: Secrets,
        public_url: str,
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._caller = caller
        self._secrets = secrets
        self._public_url = public_url
        self.new_secret = secrets.new_secret
        self.seal = secrets.seal
        self.unseal = secrets.unseal

    def read_url(self, given: str | None, path: str, problems: Problems, *, allowed_hosts: Collection[str] = ()) -> str:
        """An address that may be called; whatever is wrong with it is noted."""
        return read_target(given, path, problems, allowed_hosts=allowed_hosts)

    def read_verify_token(self, given: str, path: str, problems: Problems) -> str:
        """A verify token; whatever is wrong with it is noted, and none of it repeated."""
        token = given.strip()
        if not token or len(token) > VERIFY_TOKEN_LIMIT:
            problems.add(path, f"must be 1 to {VERIFY_TOKEN_LIMIT} characters long, but {len(token)} were given")
        elif not token.isprintable():
            problems.add(path, "may not hold line breaks or control characters")
        return token

    async def find(self, community_id: int, endpoint_id: int) -> Endpoint:
        """An endpoint of the community. Raises NotFoundError."""
        for endpoint in await self._reader.endpoints(community_id):
            if endpoint.id == endpoint_id:
                return endpoint
        msg = f"There is no webhook {endpoint_id}."
        raise NotFoundError(msg)

    async def add(
        self,
        community_id: int,
        *,
        url: str,
        event_types: tuple[str, ...],
        verify_token: str,
        by: str,
        allowed_hosts: tuple[str, ...] = (),
    ) -> tuple[AddEndpoint, str]:
        """How to add an endpoint that answers the challenge, and its secret. Raises ChallengeError."""
        await self._verify(url, verify_token, allowed_hosts)
        secret = self.new_secret()
        action = AddEndpoint(
            community_id=community_id,
            url=url,
            event_types=event_types,
            allowed_hosts=allowed_hosts,
            verify_token=self.seal(verify_token.encode()),
            secret=self.seal(secret),
            by=by,
        )
        return action, show_secret(secret)

    async def change(
        self,
        endpoint: Endpoint,
        *,
        by: str,
        url: str | None = None,
        event_types: tuple[str, ...] | None = None,
        verify_token: str | None = None,
    ) -> ChangeEndpoint:
        """How to change an endpoint. Another URL or token is tried first. Raises ChallengeError."""
        known = self._token_of(endpoint)
        wanted = (url or endpoint.url, known if verify_token is None else verify_token)
        if wanted != (endpoint.url, known):
            await self._verify(*wanted, endpoint.allowed_hosts)
        return ChangeEndpoint(
            community_id=endpoint.community_id,
            endpoint_id=endpoint.id,
            by=by,
            url=url,
            event_types=event_types,
            verify_token=None if wanted[1] == known else self.seal(wanted[1].encode()),
        )

    async def enable(self, endpoint: Endpoint, *, by: str) -> EnableEndpoint:
        """How to enable an endpoint that answers the challenge again. Raises ChallengeError."""
        if not endpoint.is_enabled:
            await self._verify(endpoint.url, self._token_of(endpoint), endpoint.allowed_hosts)
        return EnableEndpoint(community_id=endpoint.community_id, endpoint_id=endpoint.id, by=by)

    def rotate(self, endpoint: Endpoint, *, by: str) -> tuple[RotateSecret, str]:
        """How to give an endpoint a new secret, and that."""
        secret = self.new_secret()
        action = RotateSecret(
            community_id=endpoint.community_id, endpoint_id=endpoint.id, secret=self.seal(secret), by=by
        )
        return action, show_secret(secret)

    async def replay(
        self,
        community_id: int,
        selection: Selection,
        *,
        by: str,
        endpoint_id: int | None = None,
        to: str = "",
        to_path: str = "to",
        is_dry_run: bool = False,
        progress: Progress = lambda _done, _of: None,
    ) -> int:
        """Queue events to be sent once more; how many deliveries. Raises NotFoundError and InvalidError."""
        if endpoint_id is None:
            endpoints: Sequence[Endpoint] = await self._reader.endpoints(community_id)
        else:
            endpoints = [await self.find(community_id, endpoint_id)]
        problems = Problems()
        if to:
            for endpoint in endpoints:
                self.read_url(to, to_path, problems, allowed_hosts=endpoint.allowed_hosts)
        problems.refuse_if_any()
        replay = Replay(
            community_id=community_id,
            selection=selection,
            endpoints=tuple(endpoints),
            by=by,
            to_url=to.strip(),
            is_named=endpoint_id is not None,
        )
        if is_dry_run:
            return await replays.count(replay, self._reader, progress)
        return await replays.queue(replay, self._reader, self._ledger, progress)

    async def request_of(self, attempt: Attempt, seq: int) -> tuple[dict[str, str], bytes] | None:
        """The headers and the body of an attempt, made again; the signature is left out. None without the event."""
        found = await self._reader.events_at(attempt.community_id, [seq])
        community = await self._reader.community(str(attempt.community_id))
        if not found or community is None:
            return None
        return self._request(found[0], attempt, community.name, attempt.at)

    def _request(self, event: Event, attempt: Attempt, name: str, at: datetime) -> tuple[dict[str, str], bytes]:
        body = payload_of(event, community_name=name, public_url=self._public_url)
        headers = headers_of(event, body, attempt=attempt.number, secrets=(), now=at)
        del headers["webhook-signature"]
        return headers, body

    async def _verify(self, url: str, verify_token: str, allowed_hosts: Collection[str]) -> None:
        await challenge.verify(self._caller, url, verify_token, allowed_hosts, challenge=self._secrets.new_challenge())

    def _token_of(self, endpoint: Endpoint) -> str:
        return self.unseal(endpoint.verify_token).decode()
