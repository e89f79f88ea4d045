"""The draft's part about mail: what is owed follows from the messages that are recorded, here and nowhere else."""

from typing import NamedTuple

from parley.actions.journal import Journal
from parley.core.events import Happening, MessageAdded
from parley.core.mail import Mail, Sender
from parley.ports import Facts


class MailChanges(NamedTuple):
    """What the group changed."""

    senders: list[Sender]
    mails: list[Mail]


class Mails:
    """The communities' senders and the mails as loaded, with the group's changes laid over them."""

    def __init__(self, facts: Facts, journal: Journal) -> None:
        self._facts = facts
        self._set = journal.set
        self._senders: dict[int, Sender] = {}
        self._mails: dict[int, Mail] = {}

    def sender(self, community_id: int) -> Sender | None:
        """From whom the community's mail comes; None when it sends none."""
        return self._facts.senders.get(community_id)

    def mail(self, community_id: int, message_id: int) -> Mail | None:
        """What is owed of a message."""
        return self._facts.mails.get((community_id, message_id))

    def put_sender(self, sender: Sender) -> None:
        """Set or, when it says so, remove the community's sender."""
        self._set(self._facts.senders, sender.community_id, sender if sender.removed_at is None else None)
        self._set(self._senders, sender.community_id, sender)

    def put_mail(self, mail: Mail) -> None:
        """Add or change a mail."""
        self._set(self._facts.mails, (mail.community_id, mail.message_id), mail)
        self._set(self._mails, mail.message_id, mail)

    def see(self, what: Happening) -> None:
        """Something was recorded: a message that is to be mailed is owed from now on, if the community sends mail."""
        if not isinstance(what, MessageAdded) or not what.is_to_be_mailed:
            return
        message, sender = what.message, self.sender(what.message.community_id)
        if sender is not None:
            self.put_mail(
                Mail(
                    message_id=message.id,
                    community_id=message.community_id,
                    conversation_id=message.conversation_id,
                    domain=sender.domain,
                    since_seq=sender.since_seq,
                    created_at=message.stored_at,
                    due_at=message.stored_at,
                )
            )

    def changes(self) -> MailChanges:
        """What is to be stored."""
        return MailChanges(list(self._senders.values()), list(self._mails.values()))
