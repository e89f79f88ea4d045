"""An attendant looks after one community's bot: it asks for every answer owed and writes down what came of it.

What the bot owes is rows (`parley.core.bots.Turn`), written with the messages themselves. The attendant hears the
community's events only to know which rows to read again, so nothing is lost when it dies: the next one reads them all.
That an answer counts once, and never after a takeover, is decided where it is written (`parley.actions.bots`).
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from parley.actions.bots import BY, AnswerTurn, FailTurn, GiveUpTurn
from parley.actions.draft import Action
from parley.bots.asking import Answer, AskError, Question, Said
from parley.core import bots
from parley.core.bots import PENDING_LIMIT, Bot, Breaker, Turn
from parley.core.errors import BusyError, ParleyError, UnavailableError, place_of
from parley.core.events import Event, MessageAdded
from parley.ledger import Ledger
from parley.ports import Page, Reader
from parley.shifts import Clock

AT_ONCE = 128  # questions on their way to one bot
GIVEN_UP_AT_ONCE = 100  # conversations, so that no caller waits for a crowd of them
HISTORY = 50  # messages of what was said before that go with a question
ASK_WITHIN = timedelta(seconds=60)  # or sooner, when the bot would lose the conversation before
# Longer than the limit leaves: it is giving up that ends a question, so that silence is told as silence.
GRACE = timedelta(seconds=1)
REST_LIMIT = timedelta(seconds=60)  # that a busy bot may ask for
PAUSE = timedelta(seconds=1)  # before the next try when the database is away
LONG_PAUSE = timedelta(minutes=1)  # after a fault of ours, which may come back at once
INTERNAL_ERROR = "internal_error"  # the failure when a fault of ours kept the bot from being asked

log = logging.getLogger("parley.bots")


class Asking(Protocol):
    """What asks a bot once (`parley.bots.asking.Asker`)."""

    async def ask(self, bot: Bot, question: Question, *, within: timedelta) -> Answer:
        """The answer. Raises AskError."""
        ...


class Attendant:
    """Looks after one bot for as long as `run` runs. `dice` gives numbers from 0 to 1 that waits grow by."""

    def __init__(
        self,
        bot: Bot,
        *,
        community_name: str,
        ledger: Ledger,
        reader: Reader,
        asking: Asking,
        clock: Clock,
        dice: Callable[[], float],
    ) -> None:
        self._bot = bot
        self._community_name = community_name
        self._ledger = ledger
        self._reader = reader
        self._asking = asking
        self._clock = clock
        self._dice = dice
        self._wake = asyncio.Event()
        self._reads_all = True
        self._unsure: set[int] = set()  # conversations whose turn has to be read again
        self._turns: dict[int, Turn] = {}  # by conversation
        self._ready: dict[int, None] = {}  # conversations with a turn that is due, the longest known first
        self._over: dict[int, Turn] = {}  # turns whose time is over
        self._looks_at: datetime | None = None  # when a turn comes due or is over that is neither now
        self._on_way: dict[int, tuple[Turn, asyncio.Task[None]]] = {}
        self._done: set[int] = set()  # of these, the ones that are done
        self._breaker = Breaker()
        self._failure: str | None = None  # the bot's last, until it answers
        self._rests_until = clock.now()  # the bot asked to be left alone

    def hear(self, event: Event) -> None:
        """The community's next event."""
        number = event.conversation_id
        if number is None or event.by == BY:  # of what an attendant did itself it knows
            return
        is_clients = isinstance(event.what, MessageAdded) and not event.what.message.is_team
        if is_clients or number in self._turns or number in self._on_way:
            self._unsure.add(number)
            self._wake.set()

    def change(self, thing: Bot) -> None:
        """Take over what others changed."""
        if thing != self._bot:
            self._bot = thing
            self._breaker, self._failure, self._rests_until = Breaker(), None, self._clock.now()
            self._reads_all = True
            self._wake.set()

    async def run(self) -> None:
        """Look after the bot until cancelled."""
        try:
            while True:
                try:
                    await self._step()
                except ParleyError as failed:
                    log.warning("bot_waits", extra={"community_id": self._bot.community_id, "code": failed.code})
                    await self._pause(PAUSE)
                except Exception as broken:  # noqa: BLE001 - a bug must not end the answers, nor repeat them at speed
                    self._tell_broken(broken)
                    self._reads_all = True
                    await self._pause(LONG_PAUSE)
        finally:
            await self._end()

    async def _step(self) -> None:
        self._wake.clear()
        await self._read()
        await self._give_up()
        self._ask()
        if not self._unsure:
            await self._clock.rest(self._wake, self._rests_to())

    # How things stand

    async def _read(self) -> None:
        """Read what has changed; what is answered or lost meanwhile need not be asked any more."""
        done, self._done = self._done, set()
        unsure, self._unsure = self._unsure | done, set()
        reads_all, self._reads_all = self._reads_all, False
        try:
            if reads_all:
                found = await self._reader.turns(self._bot.community_id)
            else:
                found = await self._reader.turns(self._bot.community_id, unsure) if unsure else []
        except BaseException:
            self._unsure |= unsure
            self._done |= done
            self._reads_all = self._reads_all or reads_all
            raise
        now = self._clock.now()
        for number in done:
            _, task = self._on_way.pop(number)
            if not task.cancelled() and isinstance(broken := task.exception(), Exception):
                self._tell_broken(broken)
                self._rests_until = max(self._rests_until, now + PAUSE)  # it may come back at once
        changed = {*self._turns, *unsure} if reads_all else unsure
        for number in changed:
            self._forget(number)
        for turn in found:
            self._turns[turn.conversation_id] = turn
            self._look_at(turn, now)
        if self._looks_at is not None and self._looks_at <= now:
            self._look_at_all(now)
        self._cancel_needless(changed)

    def _forget(self, number: int) -> None:
        self._turns.pop(number, None)
        self._ready.pop(number, None)
        self._over.pop(number, None)

    def _look_at_all(self, now: datetime) -> None:
        self._looks_at = None
        for turn in self._turns.values():
            self._look_at(turn, now)

    def _look_at(self, turn: Turn, now: datetime) -> None:
        """See what is to be done about it now, and when next."""
        ends_at = turn.ends_at(self._bot.manners)
        due_at = turn.due_at if self._bot.manners.is_asked else None
        if ends_at is not None and ends_at <= now:
            self._over[turn.conversation_id] = turn
        elif due_at is not None and due_at <= now:
            self._ready.setdefault(turn.conversation_id)
        for at in (ends_at, due_at):
            if at is not None and at > now and (self._looks_at is None or at < self._looks_at):
                self._looks_at = at

    def _cancel_needless(self, changed: set[int]) -> None:
        """Ask no further where the answer would not count."""
        for number in changed & self._on_way.keys():
            (asked, task), turn = self._on_way[number], self._turns.get(number)
            if turn is None or not turn.owes(epoch=asked.epoch, upto=asked.upto):
                task.cancel()

    def _opens_at(self) -> datetime:
        """Before when nobody asks."""
        closed_until = self._breaker.closed_until
        return self._rests_until if closed_until is None else max(closed_until, self._rests_until)

    def _hands(self) -> int:
        """How many may be asked now. A failing bot is probed with one at a time."""
        if self._clock.now() < self._opens_at():
            return 0
        return max((1 if self._breaker.is_tripped else AT_ONCE) - len(self._on_way), 0)

    def _rests_to(self) -> datetime | None:
        """When there is something to do even if nobody wakes us."""
        times = [] if self._looks_at is None else [self._looks_at]
        opens_at = self._opens_at()
        if self._ready and opens_at > self._clock.now():
            times.append(opens_at)
        if self._over:
            times.append(self._clock.now())
        return min(times, default=None)

    # What is done

    async def _give_up(self) -> None:
        """Let the bot lose the conversations in which it has been silent for too long."""
        over = list(self._over.values())[:GIVEN_UP_AT_ONCE]
        if not over:
            return
        failure = self._failure if self._breaker.is_tripped else None
        self._unsure.update(turn.conversation_id for turn in over)
        left = await asyncio.gather(*(self._ledger.submit(_giving_up(turn, failure)) for turn in over))
        for turn, owed in zip(over, left, strict=True):
            if owed is None:
                log.info("bot_gave_up", extra=_told(turn, turn.failure or failure))

    def _ask(self) -> None:
        """Ask for what is due, as far as there are hands."""
        hands = self._hands()
        while self._ready and hands:
            number = next(iter(self._ready))
            del self._ready[number]
            if number not in self._on_way:
                turn = self._turns[number]
                task = asyncio.create_task(self._settle(turn), name=f"bot {turn.community_id}/{number}")
                self._on_way[number] = turn, task
                task.add_done_callback(partial(self._end_way, number))
                hands -= 1

    def _end_way(self, number: int, _: asyncio.Task[None]) -> None:
        self._done.add(number)
        self._wake.set()

    async def _settle(self, turn: Turn) -> None:
        """Ask once and write down what came of it."""
        bot = self._bot
        try:
            await self._write(await self._ask_once(bot, turn))
        except ParleyError as failed:  # the question could not be read: it is asked again
            log.warning("bot_waits", extra={"community_id": turn.community_id, "code": failed.code})
            await self._pause(PAUSE)
        except Exception as broken:  # noqa: BLE001 - a bug met in one conversation must not stop the others
            self._tell_broken(broken)
            await self._write(self._failed(bot, turn, INTERNAL_ERROR, None))

    async def _ask_once(self, bot: Bot, turn: Turn) -> AnswerTurn | FailTurn:
        """What is to be written of the answer, or of the failure."""
        question = await self._question(turn)
        ends_at = turn.ends_at(bot.manners)
        within = ASK_WITHIN if ends_at is None else min(ASK_WITHIN, ends_at - self._clock.now() + GRACE)
        try:
            answer = await self._asking.ask(bot, question, within=max(within, GRACE))
        except AskError as failed:
            return self._failed(bot, turn, failed.name, failed.retry_after)
        if bot is self._bot:  # else it was said by the former
            self._breaker, self._failure = Breaker(), None
        return AnswerTurn(
            community_id=turn.community_id,
            conversation_id=turn.conversation_id,
            epoch=turn.epoch,
            upto=turn.upto,
            texts=bots.split(answer.texts),
            wish=answer.wish,
        )

    async def _question(self, turn: Turn) -> Question:
        """The client's messages that have no answer, in order of arrival, and what was said before, by time."""
        latest = (await self._messages(turn, Page(take=HISTORY + PENDING_LIMIT, is_ascending=False)))[::-1]
        owed = [said for said in latest if _is_owed(turn, said)]
        if {pending.message_id for pending in turn.pending} - {message.id for message, _ in owed}:
            owed = await self._owed(turn)
        asked = sorted((said for said in owed if said[0].id <= turn.upto), key=_number)[-PENDING_LIMIT:]
        numbers = set(map(_number, asked))
        before = [
            said
            for said in latest
            if _number(said) not in numbers and not (_is_owed(turn, said) and _number(said) > turn.upto)
        ]
        return Question(
            community_id=turn.community_id,
            community_name=self._community_name,
            conversation_id=turn.conversation_id,
            epoch=turn.epoch,
            messages=tuple(asked),
            history=tuple(before[-HISTORY:]),
        )

    async def _owed(self, turn: Turn) -> list[Said]:
        """What has no answer, where much else was said since, or bears a later time."""
        owed: list[Said] = []
        after = turn.pending[0].message_id - 1
        while after < turn.upto:
            page = await self._messages(turn, Page(take=HISTORY + PENDING_LIMIT, is_ascending=True, after=after))
            if not page:
                break
            owed += [said for said in page if _is_owed(turn, said)]
            after = _number(page[-1])
        return owed

    async def _messages(self, turn: Turn, page: Page) -> list[Said]:
        thread = await self._reader.messages(turn.community_id, turn.conversation_id, page)
        return [] if thread is None else thread.messages

    def _failed(self, bot: Bot, turn: Turn, failure: str, retry_after: timedelta | None) -> FailTurn:
        if bot is self._bot:  # else it was said of the former
            now, self._failure = self._clock.now(), failure
            closed_until = self._breaker.closed_until
            if closed_until is None or now >= closed_until:  # else it was on its way already, and tells nothing new
                self._breaker = self._breaker.after_failure(now=now)
            if retry_after is not None:
                self._rests_until = max(self._rests_until, now + min(retry_after, REST_LIMIT))
        log.info("bot_failed", extra=_told(turn, failure))
        return FailTurn(
            community_id=turn.community_id,
            conversation_id=turn.conversation_id,
            epoch=turn.epoch,
            upto=turn.upto,
            failure=failure,
            dice=self._dice(),
        )

    async def _write(self, action: Action[Any]) -> None:
        """Have it written, however long the database is away: the bot need not be asked again."""
        while True:
            try:
                await self._ledger.submit(action)
            except (UnavailableError, BusyError) as failed:
                log.warning("bot_waits", extra={"community_id": self._bot.community_id, "code": failed.code})
                await self._pause(PAUSE)
            else:
                return

    async def _pause(self, length: timedelta) -> None:
        await self._clock.rest(asyncio.Event(), self._clock.now() + length)

    async def _end(self) -> None:
        """Ask no more. What was not answered is owed still, and asked for by whoever comes next."""
        tasks = [task for _, task in self._on_way.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _tell_broken(self, broken: Exception) -> None:
        extra = {
            "community_id": self._bot.community_id,
            "error": type(broken).__name__,
            "where": place_of(broken),
        }
        log.error("bot_broken", extra=extra)  # its text may repeat what somebody wrote


def _is_owed(turn: Turn, said: Said) -> bool:
    """Whether it is the client's and has no answer; what came after the turn was read is so too."""
    message, _ = said
    return not message.is_team and not message.is_imported and message.id >= turn.pending[0].message_id


def _number(said: Said) -> int:
    return said[0].id


def _told(turn: Turn, failure: str | None) -> dict[str, int | str | None]:
    """What a line of the log says of a turn."""
    return {
        "community_id": turn.community_id,
        "conversation_id": turn.conversation_id,
        "tries": turn.tries,
        "failure": failure,
    }


def _giving_up(turn: Turn, failure: str | None) -> GiveUpTurn:
    return GiveUpTurn(
        community_id=turn.community_id, conversation_id=turn.conversation_id, epoch=turn.epoch, failure=failure
    )
