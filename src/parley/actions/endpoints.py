"""Add, change, enable, disable and remove webhook endpoints; rotate their secrets.

Whoever saves an endpoint has asked it the challenge before (spec §5): an action opens nothing.
"""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core import webhooks
from parley.core.errors import ConflictError
from parley.core.events import (
    Happening,
    WebhookAdded,
    WebhookChanged,
    WebhookRemoved,
    WebhookRotated,
    WebhookStatusChanged,
)
from parley.core.webhooks import ENDPOINTS_LIMIT, FORMER_SECRET_LIFE, Endpoint, Reason, Status
from parley.ports import Need


class AddEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A new endpoint, which hears what happens from now on. Refused with ConflictError when there are too many."""

    community_id: int
    url: str
    event_types: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    verify_token: bytes
    secret: bytes
    by: str

    def needs(self, need: Need) -> None:
        """The community and its endpoints."""
        need.communities.add(self.community_id)
        need.endpoints_of.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Endpoint:
        """Add it."""
        draft.community(self.community_id)
        if len(draft.outbox.endpoints_of(self.community_id)) >= ENDPOINTS_LIMIT:
            msg = f"A community may have at most {ENDPOINTS_LIMIT} webhooks; remove one first."
            raise ConflictError(msg)
        endpoint = Endpoint(
            id=draft.next_number("endpoint"),
            community_id=self.community_id,
            url=self.url,
            event_types=self.event_types,
            allowed_hosts=self.allowed_hosts,
            verify_token=self.verify_token,
            secret=self.secret,
            created_at=now,
            cursor=draft.present_seq(self.community_id),
        )
        what = WebhookAdded(endpoint.id, _host(endpoint), endpoint.event_types)
        _record(draft, endpoint, what, by=self.by, now=now)
        return endpoint


class ChangeEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Another URL, other events, another verify token; None leaves a member as it is. Refused with NotFoundError."""

    community_id: int
    endpoint_id: int
    by: str
    url: str | None = None
    event_types: tuple[str, ...] | None = None
    verify_token: bytes | None = None

    def needs(self, need: Need) -> None:
        """The endpoint."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Endpoint:
        """Change it; no difference records nothing."""
        found = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        changed = msgspec.structs.replace(
            found,
            url=found.url if self.url is None else self.url,
            event_types=found.event_types if self.event_types is None else self.event_types,
            verify_token=found.verify_token if self.verify_token is None else self.verify_token,
        )
        if changed != found:
            _record(
                draft, changed, WebhookChanged(changed.id, _host(changed), changed.event_types), by=self.by, now=now
            )
        return changed


class EnableEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Send to it again; what waited goes out in order. Enabled already is fine. Refused with NotFoundError."""

    community_id: int
    endpoint_id: int
    by: str

    def needs(self, need: Need) -> None:
        """The endpoint."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Endpoint:
        """Enable it and forget its failures."""
        found = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        if found.is_enabled:
            return found
        changed = webhooks.enabled(found, now=now)
        _record(draft, changed, WebhookStatusChanged(changed.id, Status.ENABLED), by=self.by, now=now)
        return changed


class DisableEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Send it nothing more; what happens waits. Disabled already is fine. Refused with NotFoundError."""

    community_id: int
    endpoint_id: int
    by: str

    def needs(self, need: Need) -> None:
        """The endpoint."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Endpoint:
        """Disable it."""
        found = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        if found.status is Status.DISABLED:
            return found
        changed = webhooks.stopped(found, Status.DISABLED, Reason.OPERATOR, now=now)
        what = WebhookStatusChanged(changed.id, changed.status, changed.reason)
        _record(draft, changed, what, by=self.by, now=now)
        return changed


class RemoveEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Take it away; what it was sent can be looked at for as long as it is kept. Refused with NotFoundError."""

    community_id: int
    endpoint_id: int
    by: str

    def needs(self, need: Need) -> None:
        """The endpoint."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Endpoint:
        """Mark it as removed."""
        found = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        changed = msgspec.structs.replace(found, removed_at=now)
        _record(draft, changed, WebhookRemoved(changed.id), by=self.by, now=now)
        return changed


class RotateSecret(msgspec.Struct, frozen=True, kw_only=True):
    """Sign with a new secret, and for a day with the former one as well. Refused with NotFoundError."""

    community_id: int
    endpoint_id: int
    secret: bytes
    by: str

    def needs(self, need: Need) -> None:
        """The endpoint."""
        _needs(self, need)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Endpoint:
        """Put the new one in front."""
        found = draft.outbox.endpoint(self.community_id, self.endpoint_id)
        changed = msgspec.structs.replace(
            found, secret=self.secret, former_secret=found.secret, former_until=now + FORMER_SECRET_LIFE
        )
        _record(draft, changed, WebhookRotated(changed.id), by=self.by, now=now)
        return changed


_Action = ChangeEndpoint | EnableEndpoint | DisableEndpoint | RemoveEndpoint | RotateSecret


def _needs(action: _Action, need: Need) -> None:
    need.communities.add(action.community_id)
    need.endpoints.add((action.community_id, action.endpoint_id))


def _record(draft: Draft, endpoint: Endpoint, what: Happening, *, by: str, now: datetime) -> None:
    draft.outbox.put_endpoint(endpoint)
    draft.record(what, community_id=endpoint.community_id, by=by, at=now)


def _host(endpoint: Endpoint) -> str:
    return urlsplit(endpoint.url).hostname or ""
