"""What the database itself refuses, should the rules ever let it through: one wrong row, and nothing is stored."""

from datetime import timedelta
from typing import Any

import pytest

from parley.core.bots import BotKind
from parley.core.communities import Tally
from parley.core.conversations import Holder
from parley.core.events import Event, KeyRotated
from parley.ports import DataRefusedError
from tests.builders import (
    ALICE,
    BOB,
    CHARLIE,
    HOUR,
    RIVAL,
    SHOP,
    category,
    client,
    community,
    conversation,
    field,
    manners,
    membership,
    message,
    shops_bot,
    signing_key,
    token,
    turn,
)
from tests.clock import START
from tests.storage.databases import Database
from tests.storage.groups import settle, write

ELSEWHERE = "20000000-0000-4000-8000-000000000001"


def event(**changes: Any) -> Event:
    filled = {"number": 1, "community_id": None, "seq": None, "conversation_id": None, "by": "x", "at": START}
    return Event(**{**filled, "what": KeyRotated(1), **changes})


OWED = {"conversations": [conversation(holder=Holder.BOT, is_with_bot=True, queue_number=None)]}
WRONG: dict[str, dict[str, Any]] = {
    "a conversation with fewer messages than none": {"conversations": [conversation(message_count=-1)]},
    "a conversation changed before it began": {"conversations": [conversation(changed_at=START - HOUR)]},
    "a conversation of no epoch": {"conversations": [conversation(epoch=0)]},
    "a waiting one without a number": {"conversations": [conversation(queue_number=None)]},
    "a waiting one with an assignee": {"conversations": [conversation(assignee_id=CHARLIE)]},
    "a waiting one that is with the bot": {"conversations": [conversation(is_with_bot=True)]},
    "a waiting one that was taken": {"conversations": [conversation(taken_at=START)]},
    "a waiting one that is closed": {"conversations": [conversation(closed_at=START)]},
    "one with the bot that is not": {"conversations": [conversation(holder=Holder.BOT, queue_number=None)]},
    "one with the bot that has a number": {"conversations": [conversation(holder=Holder.BOT, is_with_bot=True)]},
    "a teammate's without a teammate": {"conversations": [conversation(holder=Holder.TEAMMATE, taken_at=START)]},
    "a teammate's that was never taken": {"conversations": [conversation(holder=Holder.TEAMMATE, assignee_id=CHARLIE)]},
    "a closed one that never closed": {"conversations": [conversation(holder=Holder.NOBODY)]},
    "two at one place": {"conversations": [conversation(id=1), conversation(id=2)]},
    "a message twice": {"conversations": [conversation()], "messages": [message(), message()]},
    "two users with one e-mail": {"users": [client(id=BOB, email="A@b"), client(id=ALICE, email="a@B")]},
    "two users with one identifier": {"users": [client(id=BOB, identifier="i"), client(id=ALICE, identifier="i")]},
    "an e-mail without its key": {"users": [client(email="a@b", email_key=None)]},
    "a teammate with more seats than any": {"teammates": [membership(seats=101)]},
    "a teammate with fewer seats than none": {"teammates": [membership(seats=-1)]},
    "two communities of one name": {"communities": [community(id=3, name="SHOP", client_id=ELSEWHERE)]},
    "two communities with one client id": {
        "communities": [community(id=3, name="Third", client_id=community().client_id)]
    },
    "fewer waiting than none": {"tallies": {SHOP: Tally(waiting=-1)}},
    "fewer assigned than none": {"tallies": {SHOP: Tally(assigned=-1)}},
    "fewer seats than none": {"tallies": {SHOP: Tally(seats=-1)}},
    "two good tokens of one name": {"tokens": [token(id=1), token(id=2)]},
    "two tokens with one secret": {
        "tokens": [token(id=1, name="a", secret_hash=b"h"), token(id=2, name="b", secret_hash=b"h")]
    },
    "a bot that must not be silent at all": {"bots": [shops_bot(manners=manners(silence=timedelta()))]},
    "a bot that is asked nowhere": {"bots": [shops_bot(url=None)]},
    "a bot with an address that nobody asks": {"bots": [shops_bot(manners=manners(kind=BotKind.NONE))]},
    "an answer owed after fewer failures than none": OWED | {"turns": [turn(tries=-1, failure="x")]},
    "an answer owed after a failure without a name": OWED | {"turns": [turn(tries=1)]},
    "an answer owed after a failure that never was": OWED | {"turns": [turn(failure="x")]},
    "a number before the first": {"numbers": {"event": -1}},
    "an event twice": {"events": [event(), event()]},
    "a community's event without its number": {"events": [event(community_id=SHOP)]},
    "two events with one seq": {
        "events": [event(number=number, community_id=SHOP, seq=1) for number in (1, 2)],
    },
}
# Rows that refer to what is not there.
DANGLING: dict[str, dict[str, Any]] = {
    "a conversation of nobody": {"conversations": [conversation(author_id=ELSEWHERE)]},
    "a conversation of no community": {"conversations": [conversation(community_id=77)]},
    "a conversation in no category": {"conversations": [conversation(category_id=77)]},
    "a message in no conversation": {"messages": [message(conversation_id=77)]},
    "a message of nobody": {"conversations": [conversation()], "messages": [message(author_id=ELSEWHERE)]},
    "a user of no community": {"users": [client(id=BOB, community_id=77)]},
    "a teammate who is nobody": {"teammates": [membership(user_id=ELSEWHERE)]},
    "counters of no community": {"tallies": {77: Tally()}},
    "a token of no community": {"tokens": [token(community_id=77)]},
    "a category of no community": {"categories": [category(id=2, community_id=77)]},
    "a field of no community": {"fields": [field(community_id=77)]},
    "a bot of no community": {"bots": [shops_bot(community_id=77)]},
    "an answer owed in no conversation": {"turns": [turn(conversation_id=77)]},
    "a conversation assigned to nobody": {
        "conversations": [conversation(holder=Holder.TEAMMATE, assignee_id=ELSEWHERE, taken_at=START)]
    },
}


@pytest.mark.parametrize("rows", WRONG.values(), ids=WRONG)
async def test_a_wrong_row_is_refused_and_nothing_is_stored(database: Database, rows: dict[str, Any]) -> None:
    storage = database.storage()
    await settle(storage)
    before = database.dump()

    with pytest.raises(DataRefusedError):
        await write(storage, **{"signing_keys": [signing_key(id=9)], **rows})
    assert before == database.dump()


@pytest.mark.parametrize("rows", DANGLING.values(), ids=DANGLING)
async def test_a_row_that_refers_to_nothing_is_refused_or_found_by_verify(
    database: Database, rows: dict[str, Any]
) -> None:
    """Differs by necessity: PostgreSQL would lock, and so write, every row that is referred to."""
    storage = database.storage()
    await settle(storage)
    if database.dialect == "sqlite":
        with pytest.raises(DataRefusedError):
            await write(storage, **rows)
    else:
        await write(storage, **rows)
        findings = await database.reader().audit(lambda done, of: None)
        assert "references" in [finding.check for finding in findings if not finding.holds]


async def test_the_refusal_names_what_was_broken(database: Database) -> None:
    """SQLite says what kind of constraint, PostgreSQL which one; neither repeats what was in the row."""
    storage = database.storage()
    await settle(storage)

    with pytest.raises(DataRefusedError) as told:
        await write(storage, users=[client(id=BOB, email="a@b"), client(id=ALICE, email="a@b")])
    assert str(told.value) in {"SQLITE_CONSTRAINT_UNIQUE", "users_by_email"}


async def test_the_rival_may_have_what_the_shop_has(database: Database) -> None:
    """Names, e-mails, identifiers, places and seqs are each community's own."""
    storage = database.storage()
    await settle(storage)
    await write(
        storage,
        users=[client(id=ALICE, email="a@b", identifier="i")],
        tokens=[token(id=1), token(id=2, community_id=RIVAL)],
        events=[event(number=1, community_id=SHOP, seq=1), event(number=2, community_id=RIVAL, seq=1)],
    )
    await write(storage, users=[client(id=BOB, community_id=RIVAL, email="a@b", identifier="i")])

    assert 2 == len(database.dump()["events"])
