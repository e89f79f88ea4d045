"""A mail server on loopback that remembers what it was given, and says no when it is told to."""

import asyncio
import email
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from parley.core.mail import Relay

OK = "250 OK"
USER, PASSWORD = "parley", "pass:word"


class MailServer:
    """What aiosmtpd calls a handler."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.to: list[str] = []
        self.tries = 0
        self.connections = 0
        self.encrypted: list[bool] = []
        self.answers: Callable[[str], str] = lambda _: OK
        self.after_taking: Callable[[], Any] | None = None
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Count a try, and answer."""
        self.tries += 1
        answer = self.answers(address)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Take a letter."""
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        self.to += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        if self.after_taking is not None:
            self.after_taking()
        return OK

    @property
    def relay(self) -> Relay:
        """Where it is reached, without a word of who asks."""
        return Relay(host="localhost", port=self.port, is_encrypted=False)


@asynccontextmanager
async def receiving(server: MailServer, *, tls: ssl.SSLContext | None = None, **of_smtp: Any) -> AsyncIterator[None]:
    """Listen until the block ends, with `tls` from the first byte on."""

    def connected() -> SMTP:
        server.connections += 1
        return SMTP(server, hostname="mail.example", **of_smtp)

    listening = await asyncio.get_running_loop().create_server(connected, "localhost", server.port, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        listening.close()
        await listening.wait_closed()


def lets_in(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Whoever has the password."""
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)
