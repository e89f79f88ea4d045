"""Senders and mails as rows and back."""

from parley.core.mail import Mail, MailReason, MailState, Sender
from parley.storage.rows import micros, moment
from parley.storage.scripts import Row

SENDER = "community_id, address, name, since_seq, set_at, removed_at"


def sender_row(sender: Sender) -> Row:
    """A sender in the order of SENDER."""
    return (
        sender.community_id,
        sender.address,
        sender.name,
        sender.since_seq,
        micros(sender.set_at),
        micros(sender.removed_at),
    )


def sender_of(row: Row) -> Sender | None:
    """A sender from the columns of SENDER; None when they are null: there is none."""
    if row[0] is None:
        return None
    return Sender(
        community_id=row[0],
        address=row[1],
        name=row[2],
        since_seq=row[3],
        set_at=moment(row[4]),
        removed_at=moment(row[5]),
    )


MAIL = """message_id, community_id, conversation_id, domain, since_seq, created_at, due_at, state, is_seen, tries,
    reason, failure, ended_at"""


def mail_row(mail: Mail) -> Row:
    """A mail in the order of MAIL."""
    return (
        mail.message_id,
        mail.community_id,
        mail.conversation_id,
        mail.domain,
        mail.since_seq,
        micros(mail.created_at),
        micros(mail.due_at),
        mail.state.value,
        mail.is_seen,
        mail.tries,
        None if mail.reason is None else mail.reason.value,
        mail.failure,
        micros(mail.ended_at),
    )


def mail_of(row: Row) -> Mail:
    """A mail from the columns of MAIL."""
    return Mail(
        message_id=row[0],
        community_id=row[1],
        conversation_id=row[2],
        domain=row[3],
        since_seq=row[4],
        created_at=moment(row[5]),
        due_at=moment(row[6]),
        state=MailState(row[7]),
        is_seen=bool(row[8]),
        tries=row[9],
        reason=None if row[10] is None else MailReason(row[10]),
        failure=row[11],
        ended_at=moment(row[12]),
    )
