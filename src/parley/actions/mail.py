"""Switch a community's mail on and off; what whoever sends it writes: seen, begun, sent, failed.

A try is written down before it begins and when it has ended. Only a process that dies between the two can make a mail
go out twice, and both then have the same `Message-ID`.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from parley.actions.draft import Draft, Fresh
from parley.core import mail as mails
from parley.core.errors import NotFoundError
from parley.core.events import MailFailed, MailOff, MailSent, MailSet
from parley.core.mail import Mail, MailReason, MailState, Sender
from parley.ports import SERVER, Need

BY = "server"  # nobody asked for what comes of a try

Key = tuple[int, int, int]  # community, conversation, message


class SetSender(msgspec.Struct, frozen=True, kw_only=True):
    """The community's mail comes from this sender from now on. Refused with NotFoundError: no such community.

    What is owed already goes out from the new one; what was written before mail was switched on never does.
    """

    community_id: int
    address: str
    name: str | None
    by: str

    def needs(self, need: Need) -> None:
        """The community."""
        need.communities.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Sender:
        """Put it in place of the former."""
        draft.community(self.community_id)
        before = draft.mails.sender(self.community_id)
        sender = Sender(
            community_id=self.community_id,
            address=self.address,
            name=self.name,
            since_seq=draft.present_seq(self.community_id) if before is None else before.since_seq,
            set_at=now,
        )
        draft.mails.put_sender(sender)
        draft.record(MailSet(sender.address, sender.name), community_id=self.community_id, by=self.by, at=now)
        return sender


class RemoveSender(msgspec.Struct, frozen=True, kw_only=True):
    """The community sends no mail from now on; what still waits fails. Refused with NotFoundError: it sends none."""

    community_id: int
    by: str

    def needs(self, need: Need) -> None:
        """The community and its sender."""
        need.communities.add(self.community_id)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Sender:
        """Keep that it was there."""
        draft.community(self.community_id)
        before = draft.mails.sender(self.community_id)
        if before is None:
            msg = "This community sends no mail."
            raise NotFoundError(msg)
        draft.mails.put_sender(replace(before, removed_at=now))
        draft.record(MailOff(), community_id=self.community_id, by=self.by, at=now)
        return before


class SeeMails(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sends knows of these mails from now on; those that may not be sent any more fail.

    That is: whose community has switched mail off since, that nobody saw for an hour, and that are three days old.
    """

    keys: tuple[Key, ...]
    community_id: int = SERVER

    def needs(self, need: Need) -> None:
        """The mails, and their communities' senders."""
        for key in self.keys:
            _needs(need, key)

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> None:
        """Each by itself."""
        for key in self.keys:
            found = _waiting(draft, key)
            if found is not None and _may_go(draft, found, now) and not found.is_seen:
                draft.mails.put_mail(replace(found, is_seen=True))


class BeginMail(msgspec.Struct, frozen=True, kw_only=True):
    """A try begins; the mail and the sender it goes out from, or None when it is not to be tried.

    `tries` is how many there were when it was read: of two processes that both believe to be the one that sends, only
    the first begins.
    """

    community_id: int
    conversation_id: int
    message_id: int
    tries: int

    def needs(self, need: Need) -> None:
        """The mail and the community's sender."""
        _needs(need, _key(self))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> tuple[Mail, Sender] | None:
        """Count it, and have it due again should nothing more be heard of it."""
        found = _waiting(draft, _key(self))
        if found is None or found.tries != self.tries or not _may_go(draft, found, now):
            return None
        begun = mails.after_begin(found, now=now)
        sender = draft.mails.sender(self.community_id)
        assert sender is not None  # noqa: S101 - else it might not go
        draft.mails.put_mail(begun)
        return begun, sender


class EndMail(msgspec.Struct, frozen=True, kw_only=True):
    """A try has ended: the mail is sent, refused for a `reason`, or has a `failure` that may be none the next time.

    Nothing happens when it has ended already, or another try has begun.
    """

    community_id: int
    conversation_id: int
    message_id: int
    tries: int
    reason: MailReason | None = None
    failure: str | None = None

    def needs(self, need: Need) -> None:
        """The mail and its conversation."""
        _needs(need, _key(self))

    def decide(self, draft: Draft, now: datetime, fresh: Fresh) -> Mail | None:
        """Write down what came of it."""
        found = _waiting(draft, _key(self))
        if found is None or found.tries != self.tries:
            return None
        if self.reason is not None:
            after = mails.ended(replace(found, failure=self.failure), MailState.FAILED, now=now, reason=self.reason)
        elif self.failure is not None:
            after = mails.after_failure(found, self.failure, now=now)
        else:
            after = mails.ended(replace(found, failure=None), MailState.SENT, now=now)
        return _keep(draft, after, now)


def _key(action: BeginMail | EndMail) -> Key:
    return action.community_id, action.conversation_id, action.message_id


def _needs(need: Need, key: Key) -> None:
    community_id, conversation_id, message_id = key
    need.communities.add(community_id)
    need.conversations.add((community_id, conversation_id))
    need.mails.add((community_id, message_id))


def _waiting(draft: Draft, key: Key) -> Mail | None:
    community_id, _, message_id = key
    found = draft.mails.mail(community_id, message_id)
    return found if found is not None and found.is_waiting else None


def _may_go(draft: Draft, found: Mail, now: datetime) -> bool:
    """Whether it may be tried; if not, it fails."""
    reason = mails.doomed(found, draft.mails.sender(found.community_id), now=now)
    if reason is not None:
        _keep(draft, mails.ended(found, MailState.FAILED, now=now, reason=reason), now)
    return reason is None


_RECORDS: dict[MailState, Callable[[Mail], MailSent | MailFailed]] = {
    MailState.SENT: lambda mail: MailSent(mail.conversation_id, mail.message_id),
    MailState.FAILED: lambda mail: MailFailed(mail.conversation_id, mail.message_id, mail.reason or MailReason.GAVE_UP),
}


def _keep(draft: Draft, after: Mail, now: datetime) -> Mail:
    """Store it, and record how it ended."""
    draft.mails.put_mail(after)
    if not after.is_waiting:
        draft.record(
            _RECORDS[after.state](after),
            community_id=after.community_id,
            by=BY,
            at=now,
            conversation_id=after.conversation_id,
        )
    return after
