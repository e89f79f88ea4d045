"""Who of several processes looks after what; housekeeping, so no events."""

from datetime import datetime

import msgspec

from parley.actions.draft import Draft, Fresh
from parley.core.leases import LIFE, Lease
from parley.ports import SERVER, Need


class HoldLeases(msgspec.Struct, frozen=True, kw_only=True):
    """Take the leases that are free and renew one's own; the reply names those that are held now.

    `gone` has the holders that the caller knows to have ended, so nobody waits for their leases to run out.
    """

    holder: str
    names: tuple[str, ...]
    gone: tuple[str, ...] = ()
    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """The leases."""
        need.leases.update(self.names)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> frozenset[str]:
        """Take what may be had."""
        held = set()
        for name in self.names:
            lease = draft.lease(name)
            if lease is None or lease.is_free_for(self.holder, now=now, gone=self.gone):
                draft.put_lease(Lease(name=name, holder=self.holder, until=now + LIFE))
                held.add(name)
        return frozenset(held)


class LetGo(msgspec.Struct, frozen=True, kw_only=True):
    """Give leases back, so that the next process need not wait for them to run out."""

    holder: str
    names: tuple[str, ...]
    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """The leases."""
        need.leases.update(self.names)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """End those that are one's own."""
        for name in self.names:
            lease = draft.lease(name)
            if lease is not None and lease.holder == self.holder:
                draft.put_lease(msgspec.structs.replace(lease, until=now))
