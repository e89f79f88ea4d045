"""Groups that write given rows or look at what is there, past the ledger and the actions."""

from typing import Any

import msgspec

from parley.core.communities import Tally
from parley.core.waiting import blocks_of
from parley.ports import Changes, Facts, Need, Storage
from tests.builders import BOT, CHARLIE, RIVAL, SHOP, bot, category, client, community, membership, teammate
from tests.clock import START

RIVALS_BOT, RIVALS_CLIENT, DORA = (f"00000000-0000-4000-8000-0000000000{digits}" for digits in ("2d", "2a", "2c"))


class Writing:
    """Writes rows and asks nothing."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def take(self) -> Need:
        """Nothing."""
        return Need(START)

    def decide(self, facts: Facts) -> Changes:
        """The rows."""
        return self._changes


class Looking:
    """Looks up what is needed and writes nothing."""

    def __init__(self, need: Need) -> None:
        self._need = need
        self.facts = Facts()

    def take(self) -> Need:
        """What was asked for."""
        return self._need

    def decide(self, facts: Facts) -> None:
        """Keep what was found."""
        self.facts = facts


def changes(**rows: Any) -> Changes:
    """Changes of these rows and no others."""
    empty: dict[str, Any] = {}
    for member in msgspec.structs.fields(Changes):
        kind = getattr(member.type, "__origin__", None)
        empty[member.name] = kind() if kind in {list, dict} else None
    return Changes(**{**empty, **rows})


async def write(storage: Storage, **rows: Any) -> None:
    """Write these rows in one group."""
    await storage.write(Writing(changes(**rows)))


async def load(storage: Storage, need: Need) -> Facts:
    """What a group finds that needs this."""
    group = Looking(need)
    await storage.write(group)
    return group.facts


async def settle(storage: Storage) -> None:
    """Those whom other rows refer to: the Shop with a bot, Alice, Charlie and a category, and the Rival likewise."""
    await storage.migrate()
    rivals = {"community_id": RIVAL}
    await write(
        storage,
        communities=[community(), community(id=RIVAL, name="Rival", bot_id=RIVALS_BOT)],
        tallies={SHOP: Tally(), RIVAL: Tally()},
        users=[
            bot(id=BOT),
            client(),
            teammate(id=CHARLIE),
            bot(id=RIVALS_BOT, **rivals),
            client(id=RIVALS_CLIENT, **rivals),
            teammate(id=DORA, email="dora@rival.example", **rivals),
        ],
        teammates=[membership(), membership(user_id=DORA, **rivals)],
        categories=[category()],
    )


def joining(community_id: int, numbers: list[int], step: int = 1) -> dict[tuple[int, int, int], int]:
    """The change of the blocks when conversations with these queue numbers join, or with −1 leave."""
    blocks: dict[tuple[int, int, int], int] = {}
    for number in numbers:
        for level, block in blocks_of(number):
            blocks[community_id, level, block] = blocks.get((community_id, level, block), 0) + step
    return blocks
