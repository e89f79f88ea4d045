"""Random things to do in a world that is small enough for them to meet."""

import hashlib
from typing import Any

import msgspec
from hypothesis import strategies as st

from parley.actions.catalogue import AddCategory, AddField
from parley.actions.communities import AddCommunity
from parley.actions.conversations import (
    ChangeLatestUrl,
    ChangeTakeover,
    CloseConversation,
    GiveFeedback,
    ReleaseConversation,
)
from parley.actions.create_conversation import CreateConversation
from parley.actions.draft import Action
from parley.actions.messages import AddMessages, ImportMessages, NewMessage
from parley.actions.teammates import AddTeammate, SetTeammateActive, SetTeammateStatus
from parley.actions.tokens import AddToken, NoteTokenUse, ResealKeys, RevokeToken, RotateKey
from parley.core.access import Scope
from parley.core.conversations import Feedback
from parley.core.fields import FieldType
from parley.core.people import Author, Presence, Role
from parley.ledger import Once
from tests.builders import RIVAL, SHOP
from tests.ledger.books import Books

CHARLIE, DORA = (f"00000000-0000-4000-9000-{number:012x}" for number in (5, 6))  # as `prepare` makes them
NOBODY = "00000000-0000-4000-8000-00000000dead"
BY = "token:1"


async def prepare(books: Books) -> None:
    """The two communities; Charlie is a teammate of the Shop, Dora of the Rival."""
    await books.add_communities()
    charlie, _ = await books.do(_add_teammate(SHOP, "charlie@shop.example"))
    dora, _ = await books.do(_add_teammate(RIVAL, "dora@rival.example"))

    assert (CHARLIE, DORA) == (charlie.id, dora.id)


def _add_teammate(community_id: int, email: str) -> AddTeammate:
    return AddTeammate(community_id=community_id, name="Teammate", email=email, role=Role.AGENT, by=BY)


class Call(msgspec.Struct, frozen=True):
    """An action, perhaps with an idempotency key."""

    action: Action[Any]
    key: str | None = None

    async def on(self, books: Books) -> Any:
        """Do it."""
        return await (
            books.do(self.action) if self.key is None else books.do_once(self.action, once(self.key, self.action))
        )


def once(key: str, action: Action[Any]) -> Once:
    """The key with a body that stands for the action; the answer is the reply's text."""
    return Once(
        key=key,
        method="POST",
        path="/chat/conversations",
        body_hash=hashlib.sha256(repr(action).encode()).digest(),
        render=lambda reply: (200, repr(reply).encode()),
    )


def rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly nothing: most of what is asked for should be granted, or nothing would follow from it."""
    return st.integers(0, 4).flatmap(lambda number: st.none() if number else strategy)


maybe = st.none() | st.just("x")
communities = st.sampled_from([SHOP, SHOP, RIVAL])
conversation_ids = st.integers(1, 6)
emails = st.sampled_from(["ann@x", "Ann@X", "ben@x", "charlie@shop.example"])
authors = st.builds(
    Author,
    id=rarely(st.sampled_from([CHARLIE, DORA, NOBODY])),
    email=st.none() | emails,
    identifier=st.none() | st.sampled_from(["i", "j"]),
    name=st.none() | st.sampled_from(["Ann", "Ben"]),
    is_bot=st.sampled_from([False, False, False, True]),
)
creates = st.builds(
    CreateConversation,
    community_id=communities,
    by=st.just(BY),
    author=authors,
    category_id=rarely(st.integers(1, 2)),
    fields=rarely(st.tuples(st.tuples(st.integers(1, 2), st.sampled_from([None, "7", "x"])))).map(
        lambda one: one or ()
    ),
    is_bot_enabled=st.booleans(),
    message=maybe,
)
messages = st.lists(
    st.builds(NewMessage, author=authors, text=st.just("Hi"), is_by_team=st.none() | st.booleans()),
    min_size=1,
    max_size=3,
).map(tuple)


def _of_conversation(action: type[Any], **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(action, community_id=communities, conversation_id=conversation_ids, by=st.just(BY), **more)


def _of_community(action: type[Any], **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(action, community_id=communities, by=st.just(BY), **more)


takeovers = _of_conversation(
    ChangeTakeover,
    is_assigned_to_bot=st.sampled_from([False, False, True]),
    assignee_id=st.sampled_from([CHARLIE, CHARLIE, DORA, NOBODY, None]),
)
moves = st.one_of(takeovers, _of_conversation(ReleaseConversation), _of_conversation(CloseConversation))
looks = _of_conversation(ChangeLatestUrl, url=st.just("https://h/2"))  # the reply tells the place
joins = st.builds(
    CreateConversation,
    community_id=communities,
    by=st.just(BY),
    author=st.just(Author(email="ann@x")),
    is_bot_enabled=st.sampled_from([False, False, True]),
)
writings = st.one_of(
    _of_conversation(AddMessages, messages=messages),
    _of_conversation(ImportMessages, messages=messages),
    _of_conversation(GiveFeedback, feedback=st.builds(Feedback, is_positive=st.booleans(), text=maybe)),
    looks,
)
ids = st.none() | st.integers(1, 3)
names = st.sampled_from(["a", "A", "b"])
hashes = st.binary(min_size=32, max_size=32)
administration = st.one_of(
    _of_community(AddCategory, name=names, id=ids),
    _of_community(
        AddField,
        name=names,
        type=st.sampled_from([FieldType.TEXT, FieldType.NUMBER]),
        is_required=st.sampled_from([False, False, True]),
        id=ids,
    ),
    _of_community(AddTeammate, name=names, email=emails, role=st.sampled_from(Role)),
    _of_community(SetTeammateActive, email=emails, is_active=st.booleans()),
    _of_community(SetTeammateStatus, email=emails, status=st.sampled_from(Presence), seats=st.none() | st.just(1)),
    _of_community(AddToken, name=names, scope=st.sampled_from(Scope), secret_hash=hashes),
    _of_community(RevokeToken, name=names),
    st.builds(NoteTokenUse, community_id=communities, token_id=st.integers(1, 4)),
    st.builds(RotateKey, sealed=st.just(b"plain:key"), by=st.just(BY), only_if_none=st.booleans()),
    st.builds(ResealKeys, sealed=st.just(((1, b"fernet:1"), (2, b"fernet:2")))),
    st.builds(AddCommunity, name=names, secret_hash=hashes, by=st.just(BY)),
)
# Not here: ForgetAnswers. An answer older than 24 h is still given back in the very group that drops it, and may be.
actions = st.one_of(creates, creates, moves, writings, administration)
calls = st.builds(Call, actions, st.sampled_from([None, None, None, "k", "l"]))

# Batches of calls, with the seconds that pass before each.
plans = st.lists(st.tuples(st.integers(0, 100_000), st.lists(calls, min_size=1, max_size=8)), min_size=1, max_size=4)
