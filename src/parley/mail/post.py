"""Where letters are handed over: connections to the server that takes our mails, at most two, used again."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

import aiosmtplib
from aiosmtplib import SMTP

from parley.core.errors import ParleyError
from parley.core.mail import Relay

AT_ONCE = 2  # connections, and so letters on their way
COMMAND_WITHIN_S = 20.0  # each command, and connecting
LETTER_WITHIN_S = 60.0  # a whole letter

_FOR_GOOD = 500  # replies from here on will be the same the next time

log = logging.getLogger("parley.mail")


class AwayError(ParleyError):
    """The server cannot be spoken to: no letter is to blame, and none is handed over. Not public. `name` says why."""

    code = 9012

    def __init__(self, text: str, *, name: str) -> None:
        super().__init__(text)
        self.name = name


class NotTakenError(ParleyError):
    """The server did not take a letter; `is_for_good` when it never will. Not public. `name` has the reply's code."""

    code = 9013

    def __init__(self, text: str, *, name: str, is_for_good: bool) -> None:
        super().__init__(text)
        self.name = name
        self.is_for_good = is_for_good


class Post:
    """Hands letters over. `tls` has whom to trust; else it is the system's certificates."""

    def __init__(self, relay: Relay, *, tls: ssl.SSLContext | None = None, letter_within_s: float = LETTER_WITHIN_S):
        self._relay = relay
        self._tls = tls
        self._letter_within_s = letter_within_s
        self._idle: list[SMTP] = []
        self._slots = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def line(self) -> AsyncIterator["Line"]:
        """A connection that works. Raises AwayError when there is none to be had."""
        async with self._slots:
            smtp = await self._connected()
            line = Line(smtp, self._letter_within_s)
            try:
                yield line
            except BaseException:
                smtp.close()
                raise
            if line.is_good and smtp.is_connected:
                self._idle.append(smtp)
            else:
                smtp.close()

    async def rest(self) -> None:
        """Say goodbye on the connections that nobody uses: a server wants none that are idle."""
        idle, self._idle = self._idle, []
        for smtp in idle:
            with suppress(aiosmtplib.SMTPException, OSError):
                await smtp.quit(timeout=1)
            smtp.close()

    async def _connected(self) -> SMTP:
        while self._idle:
            smtp = self._idle.pop()
            try:
                await smtp.noop()
            except (aiosmtplib.SMTPException, OSError):
                smtp.close()
            else:
                return smtp
        return await self._connect()

    async def _connect(self) -> SMTP:
        relay = self._relay
        smtp = SMTP(
            hostname=relay.host,
            port=relay.port,
            timeout=COMMAND_WITHIN_S,
            use_tls=relay.is_encrypted,
            start_tls=None if not relay.is_encrypted and not relay.must_encrypt else not relay.is_encrypted,
            tls_context=self._tls or ssl.create_default_context(),
        )
        try:
            async with asyncio.timeout(self._letter_within_s):
                await smtp.connect()
                if relay.user is not None and relay.password is not None:
                    await smtp.login(relay.user, relay.password)
        except BaseException as failed:
            smtp.close()
            if not isinstance(failed, aiosmtplib.SMTPException | OSError):
                raise
            _tell_away(failed)
        return smtp


class Line:
    """A connection on which letters are handed over, one after another."""

    def __init__(self, smtp: SMTP, within_s: float) -> None:
        self._smtp = smtp
        self._within_s = within_s
        self.is_good = True

    async def hand_over(self, letter: bytes, *, sender: str, to: str) -> None:
        """Have a letter taken. Raises NotTakenError; it may have been taken all the same when the line broke."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._smtp.sendmail(sender, [to], letter)
        except (aiosmtplib.SMTPException, OSError) as failed:
            self.is_good = _code_of(failed) is not None
            _tell_not_taken(failed)


def _tell_away(failed: Exception) -> NoReturn:
    """What kept us from the server, without its words: they may repeat what we said."""
    match failed:
        case aiosmtplib.SMTPAuthenticationError():
            name = f"auth_{failed.code}"
        case aiosmtplib.SMTPResponseException():
            name = f"smtp_{failed.code}"
        case TimeoutError():
            name = "timeout"
        case aiosmtplib.SMTPNotSupported():
            name = "not_supported"
        case _:
            is_tls = isinstance(failed.__cause__, ssl.SSLError) or isinstance(failed, ssl.SSLError)
            name = "tls_failed" if is_tls or "TLS" in str(failed) else "connection_failed"
    msg = f"The mail server cannot be spoken to: {name}."
    raise AwayError(msg, name=name) from None


def _code_of(failed: Exception) -> int | None:
    """The code of the server's answer; None when there was none."""
    match failed:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return int(first.code)
        case aiosmtplib.SMTPResponseException() if failed.code > 0:
            return int(failed.code)
        case _:
            return None


def _tell_not_taken(failed: Exception) -> NoReturn:
    code = _code_of(failed)
    if code is not None:
        name, is_for_good = f"smtp_{code}", code >= _FOR_GOOD
    else:
        name, is_for_good = "timeout" if isinstance(failed, TimeoutError) else "connection_lost", False
    msg = f"The mail server did not take it: {name}."
    raise NotTakenError(msg, name=name, is_for_good=is_for_good) from None
