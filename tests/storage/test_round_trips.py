"""Whatever is written is read back as it was; what is written again takes the place of what was there."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from parley.core.access import Grant, RefreshToken, SigningKey
from parley.core.communities import Tally
from parley.core.conversations import Holder, Message
from parley.core.events import Event, Happening
from parley.core.people import Teammate, User
from parley.core.texts import key_of
from parley.ports import ListPage, Need, Page, Reader, Storage, Stored
from tests.builders import ALICE, CHARLIE, SHOP, category, community, conversation, field, message, signing_key, token
from tests.clock import START
from tests.core.test_events import EVERY
from tests.storage import values
from tests.storage.databases import Database
from tests.storage.groups import load, settle, write

holders = st.sampled_from(Holder)


@pytest.fixture
async def storage(database: Database) -> Storage:
    """A storage with those whom other rows refer to."""
    storage = database.storage()
    await settle(storage)
    return storage


@pytest.fixture
def reader(storage: Storage, database: Database) -> Reader:
    """A reader beside it."""
    return database.reader()


@pytest.fixture
def fresh() -> Iterator[int]:
    """Numbers, each once for all examples of a test."""
    return count(10_000)


@given(before=values.users(), after=values.users())
async def test_a_user(storage: Storage, before: User, after: User) -> None:
    await write(storage, users=[before])
    await write(storage, users=[after])
    need = Need(START)
    need.users.add((SHOP, ALICE))
    facts = await load(storage, need)

    assert {(SHOP, ALICE): after} == facts.users
    assert ([(SHOP, after.email_key)] if after.email_key is not None else []) == list(facts.emails)
    assert ([(SHOP, after.identifier)] if after.identifier is not None else []) == list(facts.identifiers)


@given(user=values.users())
async def test_a_user_by_email_and_by_identifier(storage: Storage, user: User) -> None:
    await write(storage, users=[user])
    need = Need(START)
    need.emails.add((SHOP, user.email_key or "nobody"))
    need.identifiers.add((SHOP, user.identifier or "nobody"))
    found = (await load(storage, need)).users

    assert ({} if user.email_key is user.identifier is None else {(SHOP, ALICE): user}) == found


@given(after=values.memberships)
async def test_a_teammate(storage: Storage, reader: Reader, after: Teammate) -> None:
    await write(storage, teammates=[after])
    need = Need(START)
    need.assignees.add((SHOP, CHARLIE))
    facts = await load(storage, need)

    assert {(SHOP, CHARLIE): after} == facts.teammates
    assert [(facts.users[SHOP, CHARLIE], after)] == await reader.teammates(SHOP)


@given(data=st.data(), holder=holders, later=holders)
async def test_a_conversation(
    storage: Storage, reader: Reader, fresh: Iterator[int], *, data: st.DataObject, holder: Holder, later: Holder
) -> None:
    """Who began it, when, where and how never changes; everything else may."""
    number = next(fresh)
    before = data.draw(values.conversations(number, holder))
    after = replace(
        data.draw(values.conversations(number, later)),
        author_id=before.author_id,
        created_at=before.created_at,
        changed_at=before.changed_at,
        sentiment=before.sentiment,
        initial_page_url=before.initial_page_url,
    )
    await write(storage, conversations=[before])
    await write(storage, conversations=[after])
    need = Need(START)
    need.conversations.add((SHOP, number))
    opened = await reader.conversation(SHOP, number, messages=None)

    assert opened is not None
    assert after == opened.conversation
    assert {(SHOP, number): after} == (await load(storage, need)).conversations


@given(given=st.lists(values.messages, min_size=1, max_size=5))
async def test_messages(storage: Storage, reader: Reader, fresh: Iterator[int], given: list[dict[str, Any]]) -> None:
    number = next(fresh)
    written = [message(id=next(fresh), conversation_id=number, **one) for one in given]
    await write(storage, conversations=[conversation(id=number, queue_number=number)], messages=written)
    opened = await reader.conversation(SHOP, number, messages="earliest")

    assert opened is not None
    assert sorted(written, key=shown) == [one for one, _ in opened.messages]
    assert [one.author_id for one, _ in opened.messages] == [author.id for _, author in opened.messages]


def shown(message: Message) -> tuple[Any, int]:
    """By time, ties by arrival."""
    return message.created_at, message.id


@given(times=st.lists(st.integers(0, 2), min_size=1, max_size=8), take=st.integers(1, 5), skip=st.integers(0, 5))
async def test_a_page_of_messages_is_a_slice_of_all_of_them(
    storage: Storage, reader: Reader, fresh: Iterator[int], *, times: list[int], take: int, skip: int
) -> None:
    """Descending is exactly the ascending list reversed; a cursor goes by arrival."""
    number = next(fresh)
    written = [
        message(id=next(fresh), conversation_id=number, created_at=START.replace(second=second)) for second in times
    ]
    await write(storage, conversations=[conversation(id=number, queue_number=number)], messages=written)

    async def page(**how: Any) -> list[Message]:
        found = await reader.messages(SHOP, number, Page(take=take, **how))
        assert found is not None
        assert found.epoch == 1
        return [one for one, _ in found.messages]

    ascending = sorted(written, key=shown)
    middle = written[len(written) // 2].id
    assert ascending[skip : skip + take] == await page(is_ascending=True, skip=skip)
    assert ascending[::-1][skip : skip + take] == await page(is_ascending=False, skip=skip)
    assert [one for one in written if one.id > middle][:take] == await page(is_ascending=True, after=middle)
    assert [one for one in written[::-1] if one.id < middle][:take] == await page(is_ascending=True, before=middle)


async def test_with_a_conversation_come_at_most_its_100_earliest_or_latest_messages(
    storage: Storage, reader: Reader
) -> None:
    written = [message(id=number, created_at=START.replace(microsecond=number)) for number in range(1, 102)]
    await write(storage, conversations=[conversation()], messages=written)
    earliest = await reader.conversation(SHOP, 1, messages="earliest")
    latest = await reader.conversation(SHOP, 1, messages="latest")

    assert earliest is not None
    assert latest is not None
    assert written[:100] == [one for one, _ in earliest.messages]
    assert written[:0:-1] == [one for one, _ in latest.messages]


@given(happenings=st.lists(st.sampled_from(list(EVERY.values())), min_size=1, max_size=3), at=values.moments)
async def test_events(
    storage: Storage, reader: Reader, fresh: Iterator[int], *, happenings: list[Happening], at: Any
) -> None:
    written = [
        Event(number=number, community_id=SHOP, seq=number, conversation_id=1, epoch=3, by="token:1", at=at, what=what)
        for number, what in zip(fresh, happenings, strict=False)
    ]
    await write(storage, events=written)
    before = written[0].number - 1

    assert written == await reader.events(after=before, take=10)
    assert written == await reader.events_of(SHOP, after=before, take=10)
    assert written[:1] == await reader.events(after=before, take=1)


async def test_an_event_of_the_whole_server(storage: Storage, reader: Reader) -> None:
    event = Event(
        number=7, community_id=None, seq=None, conversation_id=None, by="server", at=START, what=EVERY["key_rotated"]
    )
    await write(storage, events=[event])

    assert [event] == await reader.events(after=0, take=10)


@given(before=values.answers, after=values.answers)
async def test_an_answer(storage: Storage, before: Stored, after: Stored) -> None:
    after = replace(after, community_id=before.community_id, key=before.key)
    await write(storage, answers=[before])
    await write(storage, answers=[after])
    need = Need(START)
    need.answers.add((before.community_id, before.key))

    assert {(before.community_id, before.key): after} == (await load(storage, need)).answers


@given(tally=values.tallies)
async def test_a_tally(storage: Storage, tally: Tally) -> None:
    await write(storage, tallies={SHOP: tally})
    need = Need(START)
    need.communities.add(SHOP)

    assert {SHOP: tally} == (await load(storage, need)).tallies


@given(name=values.texts, version=values.numbers)
async def test_a_community(storage: Storage, reader: Reader, name: str, version: int) -> None:
    after = community(name=name, catalogue_version=version)
    await write(storage, communities=[after])
    need = Need(START)
    need.communities.add(SHOP)
    need.community_names.add(key_of(name))
    facts = await load(storage, need)

    assert {SHOP: after} == facts.communities
    assert {key_of(name): SHOP} == facts.community_names
    assert after == (await reader.communities())[0] == await reader.community(name)


async def test_a_community_by_its_number(storage: Storage, reader: Reader) -> None:
    assert community() == await reader.community("1")


@pytest.mark.parametrize("nobody", ["", "shopp", "3", "9007199254740993", "99999999999999999999", "-1", "1.0", "٣"])
async def test_no_community(storage: Storage, reader: Reader, nobody: str) -> None:
    assert None is await reader.community(nobody)


@given(given=values.tokens, used=values.maybe_moment, revoked=values.maybe_moment)
async def test_a_token(
    storage: Storage, reader: Reader, fresh: Iterator[int], *, given: dict[str, Any], used: Any, revoked: Any
) -> None:
    number = next(fresh)
    before = token(id=number, name=f"Token {number}", secret_hash=number.to_bytes(32, "big"), **given)
    after = replace(before, last_used_at=used, revoked_at=revoked)
    await write(storage, tokens=[before])
    await write(storage, tokens=[after])
    need = Need(START)
    need.tokens.add(number)

    assert {number: after} == (await load(storage, need)).tokens
    grant = Grant(token=after, client_id=community().client_id)
    assert grant == await reader.grant(number) == await reader.grant_by_hash(after.secret_hash)
    assert (revoked is None) == (after in await reader.tokens(SHOP))


async def test_a_token_by_its_name_while_it_is_good(storage: Storage) -> None:
    tokens: list[RefreshToken] = [token(id=1, revoked_at=START), token(id=2)]
    await write(storage, tokens=tokens)
    need = Need(START)
    need.token_names.add((SHOP, "default"))
    facts = await load(storage, need)

    assert {(SHOP, "default"): 2} == facts.token_names
    assert {2: tokens[1]} == facts.tokens


@given(sealed=st.binary(max_size=80), retired=values.maybe_moment)
async def test_a_signing_key(storage: Storage, reader: Reader, sealed: bytes, retired: Any) -> None:
    after: SigningKey = signing_key(sealed=sealed, retired_at=retired)
    await write(storage, signing_keys=[signing_key()])
    await write(storage, signing_keys=[after])
    need = Need(START)
    need.signing_keys = True

    assert {1: after} == (await load(storage, need)).signing_keys
    assert [after] == await reader.signing_keys()


@given(name=values.texts, given=values.fields)
async def test_the_catalogue(
    storage: Storage, reader: Reader, fresh: Iterator[int], *, name: str, given: dict[str, Any]
) -> None:
    number = next(fresh)
    kind, field_of = category(id=number, name=name), field(id=number, **given)
    await write(storage, categories=[kind], fields=[field_of], communities=[community(catalogue_version=number)])
    need = Need(START)
    need.communities.add(SHOP)
    need.catalogues.add(SHOP)
    need.categories |= {number, number + 1}
    need.fields |= {number, number + 1}
    facts = await load(storage, need)

    assert (number, kind, field_of) == (
        facts.catalogues[SHOP].version,
        facts.catalogues[SHOP].categories[number],
        facts.catalogues[SHOP].fields[number],
    )
    assert ({number}, {number}) == (facts.category_ids, facts.field_ids)
    assert kind in await reader.categories(SHOP)
    assert field_of in await reader.fields(SHOP)


@given(last=st.dictionaries(st.sampled_from(["event", "message"]), values.counts))
async def test_the_last_numbers_given(storage: Storage, last: dict[str, int]) -> None:
    await write(storage, numbers={"event": 0, "message": 0})
    await write(storage, numbers=last)

    assert {"event": 0, "message": 0, **last} == (await load(storage, Need(START))).numbers


async def test_a_client_id_exists_or_not(storage: Storage, reader: Reader) -> None:
    assert await reader.client_exists(community().client_id)
    assert not await reader.client_exists("10000000-0000-4000-8000-00000000dead")


async def test_lists_of_conversations_begin_with_the_newest_change(storage: Storage, reader: Reader) -> None:
    minutes = {1: 58, 2: 58, 3: 57, 4: 57}
    changed = [
        conversation(id=number, queue_number=number, changed_at=START.replace(minute=minute))
        for number, minute in minutes.items()
    ]
    await write(storage, conversations=changed)
    pages = [await reader.conversations(SHOP, ListPage(take=2))]
    last = pages[0][-1].conversation
    pages.append(await reader.conversations(SHOP, ListPage(take=9, cursor=(last.changed_at, last.id))))

    assert [[2, 1], [4, 3]] == [[opened.conversation.id for opened in page] for page in pages]


async def test_hundreds_of_rows_at_once(storage: Storage, reader: Reader) -> None:
    """More than any chunk that rows are written in, and not a whole number of them."""
    written = [category(id=number, name=str(number)) for number in range(2_000, 2_000 + 64 * 3 + 16 + 4 * 2 + 3)]
    await write(storage, categories=written)

    assert [category(), *written] == await reader.categories(SHOP)
