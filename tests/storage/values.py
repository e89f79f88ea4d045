"""Any value that may stand in a table, for hypothesis."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from parley.core.access import Scope
from parley.core.bots import BotKind, Manners, Pending
from parley.core.communities import Tally
from parley.core.conversations import Conversation, Feedback, Handover, HandoverReason, Holder, Sentiment
from parley.core.fields import FieldType, FieldValue
from parley.core.people import Presence, Role
from parley.ports import SERVER, Stored
from tests import builders
from tests.builders import ALICE, BOT, CHARLIE, SHOP

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What the edge lets through: no half characters, and no NUL, which PostgreSQL does not take.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
maybe_text = st.none() | texts
maybe_key = st.none() | texts.filter(bool)  # blank is absent
moments = st.integers(0, 7 * 10**15).map(lambda microseconds: EPOCH + timedelta(microseconds=microseconds))
maybe_moment = st.none() | moments
numbers = st.integers(1, 2**53 - 1)
counts = st.integers(0, 2**53 - 1)
hashes = st.binary(min_size=32, max_size=32)

feedbacks = st.none() | st.builds(Feedback, is_positive=st.booleans(), text=maybe_text)
handovers = st.none() | st.builds(
    Handover,
    reason=st.sampled_from(HandoverReason),
    bot_messages=counts,
    at=moments,
    detail=maybe_text,
    summary=maybe_text,
)
field_values = st.lists(st.builds(FieldValue, numbers, texts), max_size=3).map(tuple)


@st.composite
def conversations(draw: st.DrawFn, id: int, holder: Holder) -> Conversation:  # noqa: A002 - as Conversation has it
    """A conversation with a holder, all that belongs to it, and anything else."""
    created_at = draw(moments)
    rest: dict[str, Any] = {
        "id": id,
        "holder": holder,
        "author_id": draw(st.sampled_from([ALICE, BOT, CHARLIE])),
        "created_at": created_at,
        "changed_at": max(created_at, draw(moments)),
        "epoch": draw(numbers),
        "message_count": draw(counts),
        "title": draw(maybe_text),
        "category_id": draw(st.sampled_from([None, 1505])),
        "sentiment": draw(st.sampled_from(Sentiment)),
        "fields": draw(field_values),
        "initial_page_url": draw(maybe_text),
        "latest_page_url": draw(maybe_text),
        "feedback": draw(feedbacks),
        "bot_messages": draw(counts),
        "handover": draw(handovers),
    }
    return builders.conversation(**rest, **draw(custodies(id, holder)))


def custodies(number: int, holder: Holder) -> st.SearchStrategy[dict[str, Any]]:
    """What belongs to a holder, with the queue number if there may be one."""
    maybe_number = st.sampled_from([None, number])
    with_bot: dict[str, st.SearchStrategy[Any]] = {"is_with_bot": st.sampled_from([True]), "queue_number": st.none()}
    taken = {"queue_number": maybe_number, "assignee_id": st.just(CHARLIE), "taken_at": moments}
    closed = {"queue_number": maybe_number, "is_with_bot": st.booleans(), "closed_at": moments}
    belongs = {
        Holder.BOT: with_bot,
        Holder.QUEUE: {"queue_number": st.just(number)},
        Holder.TEAMMATE: taken,
        Holder.NOBODY: closed,
    }
    return st.fixed_dictionaries(belongs[holder])


def users(id: str = ALICE) -> st.SearchStrategy[Any]:  # noqa: A002 - as User has it
    """A client of this id."""
    return st.builds(
        builders.client, id=st.just(id), name=maybe_text, email=maybe_key, identifier=maybe_key, image=maybe_text
    )


memberships = st.builds(
    builders.membership,
    role=st.sampled_from(Role),
    status=st.sampled_from(Presence),
    seats=st.integers(0, 100),
    is_active=st.booleans(),
)
tallies = st.builds(
    Tally,
    last_seq=counts,
    last_queue_number=counts,
    waiting=counts,
    assigned=counts,
    seats=counts,
    waited=st.integers(0, 10**13).map(lambda milliseconds: timedelta(milliseconds=milliseconds)),
    gave_up=counts,
    counted_at=maybe_moment,
)
fields = st.fixed_dictionaries(
    {
        "name": texts,
        "type": st.sampled_from(FieldType),
        "is_required": st.booleans(),
        "choices": st.lists(texts, max_size=3).map(tuple),
    }
)
messages = st.fixed_dictionaries(
    {
        "author_id": st.sampled_from([ALICE, BOT, CHARLIE]),
        "is_team": st.booleans(),
        "text": texts,
        "created_at": moments,
        "stored_at": moments,
        "is_imported": st.booleans(),
    }
)
tokens = st.fixed_dictionaries({"scope": st.sampled_from(Scope), "created_at": moments})
answers = st.builds(
    Stored,
    community_id=st.sampled_from([SERVER, SHOP]),
    key=texts,
    method=texts,
    path=texts,
    body_hash=hashes,
    status=st.integers(100, 599),
    body=st.binary(max_size=40),
    at=moments,
    epoch=st.none() | st.integers(1, 2**53),
)
several = st.lists(texts, max_size=3).map(tuple)
manners = st.builds(
    Manners,
    kind=st.sampled_from(BotKind),
    silence=st.none() | st.integers(1, 10**15).map(lambda microseconds: timedelta(microseconds=microseconds)),
    farewell=texts,
    languages=several,
    phrases=several,
)
bots = st.builds(
    lambda manners, url, **rest: builders.shops_bot(manners=manners, url=url if manners.is_asked else None, **rest),
    manners,
    texts,
    set_at=moments,
    allowed_hosts=several,
    model=maybe_text,
    prompt=maybe_text,
    key=st.none() | st.binary(max_size=40),
)
turns = st.builds(
    lambda pending, tries, failure, **rest: builders.turn(
        *pending, tries=tries, failure=failure if tries else None, **rest
    ),
    st.lists(st.builds(Pending, numbers, moments), min_size=1, max_size=4),
    st.integers(0, 9),
    texts,
    epoch=numbers,
    due_at=maybe_moment,
)
