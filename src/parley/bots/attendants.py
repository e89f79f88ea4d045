"""Each community's bot has an attendant, in one process."""

from collections.abc import Callable, Mapping

from parley.bots.attendant import Asking, Attendant
from parley.core.bots import Bot
from parley.ledger import Ledger
from parley.ports import Reader, Tail
from parley.shifts import Clock


class Attendants:
    """Appoints an attendant for every bot that owes answers. Satisfies `parley.shifts.Trade`."""

    name = "bots"

    def __init__(
        self, *, ledger: Ledger, reader: Reader, tail: Tail, asking: Asking, clock: Clock, dice: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._reader = reader
        self._tail = tail
        self._asking = asking
        self._clock = clock
        self._dice = dice
        self._attendants: dict[int, Attendant] = {}  # by community

    async def things(self) -> Mapping[int, Bot]:
        """The bots that owe answers, by community."""
        return {bot.community_id: bot for bot in await self._reader.all_bots() if bot.manners.owes_answers}

    async def begin(self, number: int, thing: Bot) -> Attendant:
        """An attendant, who hears of everything from now on."""
        community = await self._reader.community(str(number))
        attendant = Attendant(
            thing,
            community_name="" if community is None else community.name,
            ledger=self._ledger,
            reader=self._reader,
            asking=self._asking,
            clock=self._clock,
            dice=self._dice,
        )
        await self._tail.follow(attendant, community_id=number)
        self._attendants[number] = attendant
        return attendant

    def end(self, number: int) -> None:
        """The attendant hears no more."""
        self._tail.leave(self._attendants.pop(number))
