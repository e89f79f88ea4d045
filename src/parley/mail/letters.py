"""A mail as it goes out: headers that nobody can add to, the text, and the same text as HTML."""

import hashlib
import html
import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from parley.core.communities import Community
from parley.core.conversations import Conversation, Message
from parley.core.mail import Mail, Sender
from parley.core.people import User

REFERENCES = 20  # earlier mails of the conversation that one names: mail programs need no more to keep a thread
SERVER_DIGITS = 12  # of the community's own id: two servers that mail for one domain must not name two mails alike

_POLICY = SMTP.clone(cte_type="7bit")
_LINES = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")


def letter(
    mail: Mail,
    *,
    sender: Sender,
    community: Community,
    conversation: Conversation,
    message: Message,
    author: User,
    to: str,
    client: User,
    earlier: Sequence[Mail] = (),
) -> bytes:
    """The mail of a message. `earlier` are the conversation's that were sent before, the oldest first."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = _address(sender.address, sender.name or community.name)
    made["To"] = _address(to, client.name)
    made["Subject"] = subject_of(conversation, community)
    made["Date"] = format_datetime(message.created_at)
    made["Message-ID"] = name_of(mail, community)
    if earlier:
        names = [name_of(each, community) for each in earlier[-REFERENCES:]]
        made["In-Reply-To"] = names[-1]
        made["References"] = " ".join(names)
    made["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday message answers it (RFC 3834)
    made["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    _fill(made, message.text, _signed(author, community))
    made.set_boundary(_digits(made["Message-ID"]))  # else each try would have another
    return made.as_bytes()


def trial(sender: Sender, community: Community, *, to: str, name: str) -> bytes:
    """A mail that shows whether mail works. `name` makes its `Message-ID` its own."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = _address(sender.address, sender.name or community.name)
    made["To"] = _address(to, None)
    made["Subject"] = one_line(f"Mail from {community.name} works")
    made["Message-ID"] = f"<{name}@{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    _fill(made, "This is what mail to your clients comes from.", (one_line(community.name),))
    return made.as_bytes()


def subject_of(conversation: Conversation, community: Community) -> str:
    """The conversation's title as an answer to it, or what it is in words."""
    title = one_line(conversation.title or "")
    if not title:
        return one_line(f"Re: Your conversation with {community.name}")
    return title if title.lower().startswith("re:") else f"Re: {title}"


def name_of(mail: Mail, community: Community) -> str:
    """Its `Message-ID`: the same for each try, so that a receiver can tell a double."""
    server = _digits(community.client_id)[:SERVER_DIGITS]
    return f"<{mail.conversation_id}.{mail.message_id}.{server}@{mail.domain}>"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def one_line(text: str) -> str:
    """The text as it may stand in a header: in one line, whatever it holds."""
    return _NOT_ONE_LINE.sub(" ", text).strip()


def _signed(author: User, community: Community) -> tuple[str, ...]:
    return tuple(line for line in (one_line(author.name or ""), one_line(community.name)) if line)


def _address(address: str, name: str | None) -> Address:
    return Address(display_name=one_line(name or ""), addr_spec=address)


def _fill(made: EmailMessage, text: str, signature: tuple[str, ...]) -> None:
    """The text with who wrote it, for every mail program, and for those that show HTML: escaped, its lines kept."""
    text = _CONTROL.sub("", _LINES.sub("\n", text))
    made.set_content("\n".join((text, "", "-- ", *signature, "")))
    body = html.escape(text).replace("\n", "<br>\n")
    signed = "<br>\n".join(map(html.escape, signature))
    made.add_alternative(
        f"<!DOCTYPE html>\n<html><body>\n<p>{body}</p>\n<p>--<br>\n{signed}</p>\n</body></html>\n", subtype="html"
    )
