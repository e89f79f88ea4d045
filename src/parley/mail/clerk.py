"""The clerk hands over what is owed to clients: one in the whole server, by the lease that webhooks and bots use.

What is owed is rows (`parley.core.mail.Mail`), written with the messages themselves. The clerk hears the log only to
know when to read them, so nothing is lost when it dies: the next one reads them all.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from parley.actions.mail import BeginMail, EndMail, SeeMails
from parley.core.errors import ParleyError, place_of
from parley.core.events import Event, MessageAdded
from parley.core.mail import SEEN_WITHIN, TRIED_FOR, Mail, MailReason, MailState, Sender, mailable
from parley.ledger import Ledger
from parley.mail.letters import letter
from parley.mail.post import AT_ONCE, AwayError, NotTakenError
from parley.ports import Page, Reader
from parley.shifts import Clock

PAGE = 100  # mails read at a time
AWAY_FIRST = timedelta(seconds=5)  # before a server that is away is tried again; doubles each time
AWAY_LIMIT = timedelta(minutes=5)
LAST_WORDS_S = 10.0  # that what is on its way may take when the clerk is to end
PAUSE = timedelta(seconds=1)  # before the next try when the database is away
LONG_PAUSE = timedelta(minutes=1)  # after a fault of ours, which may come back at once
LOOKS_EVERY = timedelta(minutes=10)  # for what nobody saw, where no mail is sent
INTERNAL_ERROR = "internal_error"  # the failure when a fault of ours kept a mail from being sent

log = logging.getLogger("parley.mail")


class Handing(Protocol):
    """A connection on which letters are handed over (`parley.mail.post.Line`)."""

    async def hand_over(self, letter: bytes, *, sender: str, to: str) -> None:
        """Have a letter taken. Raises NotTakenError."""
        ...


class Posting(Protocol):
    """What has connections to the server that takes our mails (`parley.mail.post.Post`)."""

    def line(self) -> AbstractAsyncContextManager[Handing]:
        """A connection that works. Raises AwayError."""
        ...

    async def rest(self) -> None:
        """Say goodbye on those that nobody uses."""
        ...


class Clerk:
    """Hands over what is owed for as long as `run` runs."""

    def __init__(self, *, ledger: Ledger, reader: Reader, post: Posting, clock: Clock) -> None:
        self._ledger = ledger
        self._reader = reader
        self._post = post
        self._clock = clock
        self._wake = asyncio.Event()
        self._on_way: dict[int, asyncio.Task[None]] = {}  # by conversation: one of each at a time
        self._away = 0  # how often in a row the server could not be spoken to
        self._rests_until = clock.now()

    def hear(self, event: Event) -> None:
        """The log's next event."""
        if isinstance(event.what, MessageAdded) and event.what.is_to_be_mailed:
            self._wake.set()

    def change(self, thing: None) -> None:
        """There is nothing to change."""

    async def run(self) -> None:
        """Hand over until cancelled; what is on its way then still has some time to end."""
        try:
            while True:
                try:
                    await self._step()
                except ParleyError as failed:
                    log.warning("mail_waits", extra={"code": failed.code})
                    await self._pause(PAUSE)
                except Exception as broken:  # noqa: BLE001 - a bug must not end the mails, nor repeat them at speed
                    _tell_broken(broken)
                    await self._pause(LONG_PAUSE)
        finally:
            await self._end_all()

    async def _end_all(self) -> None:
        on_way = tuple(self._on_way.values())
        if on_way:
            _, left = await asyncio.wait(on_way, timeout=LAST_WORDS_S)
            for task in left:
                task.cancel()
            await asyncio.wait(on_way)
        await self._post.rest()

    async def _step(self) -> None:
        self._wake.clear()
        await self._see()
        now = self._clock.now()
        next_at = await self._reader.next_mail_at(after=now)
        if now < self._rests_until:
            next_at = self._rests_until
        elif not await self._send(now) and not self._on_way:
            await self._post.rest()
        await self._clock.rest(self._wake, next_at)

    async def _see(self) -> None:
        """Take note of what is new, and give up what has become too old: be the server away or not."""
        while found := await self._reader.new_mails(take=PAGE):
            await self._ledger.submit(SeeMails(keys=tuple(map(_key, found))))
        if self._away:
            now = self._clock.now()
            old = [mail for mail in await self._due(now) if now - mail.created_at > TRIED_FOR]
            if old:
                await self._ledger.submit(SeeMails(keys=tuple(map(_key, old))))

    async def _due(self, now: datetime) -> list[Mail]:
        """What is due and not on its way."""
        found = await self._reader.due_mails(until=now, take=PAGE)
        return [mail for mail in found if mail.conversation_id not in self._on_way]

    async def _send(self, now: datetime) -> bool:
        """Begin with what is due, as far as there are hands; whether there was anything."""
        hands = (1 if self._away else AT_ONCE) - len(self._on_way)
        due = await self._due(now) if hands > 0 else []
        for mail in due[: max(hands, 0)]:
            task = asyncio.create_task(self._settle(mail), name=f"mail {mail.message_id}")
            self._on_way[mail.conversation_id] = task
            task.add_done_callback(partial(self._end_way, mail.conversation_id))
        return bool(due)

    def _end_way(self, conversation_id: int, _: asyncio.Task[None]) -> None:
        del self._on_way[conversation_id]
        self._wake.set()

    async def _settle(self, mail: Mail) -> None:
        """Try once, and write down what came of it."""
        try:
            async with self._post.line() as line:
                self._away = 0
                await self._try(mail, line)
        except AwayError as failed:
            wait = min(AWAY_FIRST * 2 ** min(self._away, 10), AWAY_LIMIT)
            self._away += 1
            self._rests_until = self._clock.now() + wait
            log.warning("mail_server_away", extra={"failure": failed.name})
        except ParleyError as failed:  # the database is away: the mail is due again by itself
            log.warning("mail_waits", extra={"code": failed.code})
            self._rests_until = self._clock.now() + PAUSE
        except Exception as broken:  # noqa: BLE001 - a bug met in one mail must not stop the others
            _tell_broken(broken)
            self._rests_until = self._clock.now() + PAUSE

    async def _try(self, mail: Mail, line: Handing) -> None:
        begun = await self._ledger.submit(
            BeginMail(
                community_id=mail.community_id,
                conversation_id=mail.conversation_id,
                message_id=mail.message_id,
                tries=mail.tries,
            )
        )
        if begun is None:
            return
        now_owed, sender = begun
        try:
            written = await self._write(now_owed, sender)
            if written is None:
                await self._end(now_owed, reason=MailReason.NO_ADDRESS)
                return
            await line.hand_over(written[0], sender=sender.address, to=written[1])
        except NotTakenError as failed:
            await self._end(now_owed, reason=MailReason.REFUSED if failed.is_for_good else None, failure=failed.name)
        except ValueError as broken:  # it cannot be written as a mail
            _tell_broken(broken)
            await self._end(now_owed, failure=INTERNAL_ERROR)
        else:
            await self._end(now_owed)

    async def _write(self, mail: Mail, sender: Sender) -> tuple[bytes, str] | None:
        """The letter and whom it goes to, by what is known now; None when there is no address."""
        opened = await self._reader.conversation(mail.community_id, mail.conversation_id, messages=None)
        page = Page(take=1, is_ascending=True, after=mail.message_id - 1)
        thread = await self._reader.messages(mail.community_id, mail.conversation_id, page)
        community = await self._reader.community(str(mail.community_id))
        to = None if opened is None or opened.author.is_team else mailable(opened.author.email)
        if opened is None or thread is None or community is None or to is None:
            return None
        message, author = thread.messages[0]
        others = await self._reader.mails(mail.community_id, mail.conversation_id)
        written = letter(
            mail,
            sender=sender,
            community=community,
            conversation=opened.conversation,
            message=message,
            author=author,
            to=to,
            client=opened.author,
            earlier=[each for each in others if each.state is MailState.SENT and each.message_id < mail.message_id],
        )
        return written, to

    async def _end(self, mail: Mail, *, reason: MailReason | None = None, failure: str | None = None) -> None:
        """Have it written, however long the database is away: else the client gets it twice."""
        action = EndMail(
            community_id=mail.community_id,
            conversation_id=mail.conversation_id,
            message_id=mail.message_id,
            tries=mail.tries,
            reason=reason,
            failure=failure,
        )
        if reason is not None or failure is not None:
            log.info("mail_failed", extra={"message_id": mail.message_id, "reason": reason, "failure": failure})
        while True:
            try:
                await self._ledger.submit(action)
            except ParleyError as failed:
                log.warning("mail_waits", extra={"code": failed.code})
                await self._pause(PAUSE)
            else:
                return

    async def _pause(self, time: timedelta) -> None:
        await self._clock.rest(asyncio.Event(), self._clock.now() + time)


class Porter:
    """Sees to it where no mail is sent: what nobody saw for an hour fails, so that teammates know."""

    def __init__(self, *, ledger: Ledger, reader: Reader, clock: Clock) -> None:
        self._ledger = ledger
        self._reader = reader
        self._clock = clock

    def change(self, thing: None) -> None:
        """There is nothing to change."""

    async def run(self) -> None:
        """Look now and then until cancelled."""
        while True:
            try:
                await self._look()
            except ParleyError as failed:
                log.warning("mail_waits", extra={"code": failed.code})
            await self._clock.rest(asyncio.Event(), self._clock.now() + LOOKS_EVERY)

    async def _look(self) -> None:
        before = self._clock.now() - SEEN_WITHIN
        while found := await self._reader.new_mails(take=PAGE, before=before):
            await self._ledger.submit(SeeMails(keys=tuple(map(_key, found))))


def _key(mail: Mail) -> tuple[int, int, int]:
    return mail.community_id, mail.conversation_id, mail.message_id


def _tell_broken(broken: BaseException) -> None:
    log.error("mail_broken", extra={"error": type(broken).__name__, "where": place_of(broken)})
