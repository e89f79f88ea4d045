"""Giving out, using and revoking refresh tokens; rotating the signing keys."""

from typing import Any

import pytest

from parley.actions.tokens import AddToken, NoteTokenUse, ResealKeys, RevokeToken, RotateKey
from parley.core.access import Scope
from parley.core.errors import ConflictError, NotFoundError
from parley.core.events import KeyRotated, TokenAdded, TokenRevoked
from tests.actions.refusals import refused
from tests.builders import MINUTE, RIVAL, SHOP, signing_key, token
from tests.clock import START
from tests.ledger.books import Books

HASH = b"h" * 32


def add(**changes: Any) -> AddToken:
    return AddToken(
        **{"community_id": SHOP, "name": "Shop app", "scope": Scope.CHAT, "secret_hash": HASH, "by": "x", **changes}
    )


def revoke(name: str = "shop APP", community_id: int = SHOP) -> RevokeToken:
    return RevokeToken(community_id=community_id, name=name, by="x")


def rotate(sealed: bytes = b"plain:key", **changes: Any) -> RotateKey:
    return RotateKey(sealed=sealed, by="operator", **changes)


async def last_used(books: Books, token_id: int = 1) -> Any:
    grant = await books.reader.grant(token_id)
    assert grant is not None
    return grant.token.last_used_at


async def test_a_token_is_added_and_recorded_without_its_hash(books: Books) -> None:
    made = await books.do(add())

    expected = token(id=3, name="Shop app", scope=Scope.CHAT, secret_hash=HASH)
    assert expected == made == (await books.reader.tokens(SHOP))[-1]
    assert [TokenAdded(3, "Shop app", Scope.CHAT)] == await books.recorded()


async def test_a_name_in_use_is_refused_whatever_its_case(books: Books) -> None:
    await books.do(add())
    told = await refused(books, add(name="SHOP APP", secret_hash=b"other"), ConflictError)

    assert "There is already a token named 'SHOP APP'; revoke it first or take another name." == told.text


async def test_another_community_may_use_the_name(books: Books) -> None:
    await books.do(add())

    assert "Shop app" == (await books.do(add(community_id=RIVAL, secret_hash=b"other"))).name


async def test_an_unknown_community_gets_no_token(books: Books) -> None:
    await refused(books, add(community_id=77), NotFoundError)


async def test_a_token_is_revoked_and_recorded(books: Books) -> None:
    await books.do(add())
    await books.recorded()
    revoked = await books.do(revoke())

    assert START == revoked.revoked_at
    assert ["default"] == [kept.name for kept in await books.reader.tokens(SHOP)]
    assert [TokenRevoked(3, "Shop app")] == await books.recorded()


async def test_a_revoked_tokens_name_is_free_again(books: Books) -> None:
    _, _, again = await books.together([add(), revoke(), add(secret_hash=b"other")])

    assert 4 == again.id
    assert [1, 4] == [kept.id for kept in await books.reader.tokens(SHOP)]


async def test_a_token_is_revoked_once(books: Books) -> None:
    await books.do(add())
    await books.do(revoke())

    told = await refused(books, revoke(), NotFoundError)
    assert "There is no token named 'shop APP'." == told.text


async def test_another_communitys_token_is_not_found(books: Books) -> None:
    await books.do(add())

    await refused(books, revoke(community_id=RIVAL), NotFoundError)


async def test_a_use_is_noted_at_most_once_a_minute(books: Books) -> None:
    use = NoteTokenUse(community_id=SHOP, token_id=1)
    await books.do(use)
    assert START == await last_used(books)
    books.clock.move(MINUTE - MINUTE.resolution)
    await books.do(use)
    assert START == await last_used(books)
    books.clock.move(MINUTE.resolution)
    await books.do(use)

    assert START + MINUTE == await last_used(books)


async def test_a_use_is_no_event(books: Books) -> None:
    await books.do(NoteTokenUse(community_id=SHOP, token_id=1))

    assert [] == await books.recorded()


@pytest.mark.parametrize("use", [{"community_id": SHOP, "token_id": 77}, {"community_id": RIVAL, "token_id": 1}])
async def test_the_use_of_what_is_not_theirs_is_not_noted(books: Books, use: dict[str, int]) -> None:
    before = books.lines()
    await books.do(NoteTokenUse(**use))

    assert before == books.lines()


async def test_the_first_key_is_made_and_recorded_for_the_whole_server(books: Books) -> None:
    made = await books.do(rotate())

    assert signing_key(id=1, sealed=b"plain:key") == made
    event = (await books.events())[-1]
    assert (None, None, KeyRotated(1)) == (event.community_id, event.seq, event.what)


async def test_a_new_key_retires_the_former_one(books: Books) -> None:
    await books.do(rotate(b"plain:1"))
    books.clock.move(MINUTE)
    await books.do(rotate(b"plain:2"))

    assert [
        signing_key(id=2, sealed=b"plain:2", created_at=START + MINUTE),
        signing_key(id=1, sealed=b"plain:1", retired_at=START + MINUTE),
    ] == await books.reader.signing_keys()


async def test_a_retired_key_keeps_the_time_of_its_retirement(books: Books) -> None:
    for _ in range(3):
        await books.do(rotate())
        books.clock.move(MINUTE)

    retired = [key.retired_at for key in await books.reader.signing_keys()]
    assert [None, START + 2 * MINUTE, START + MINUTE] == retired


async def test_programs_that_start_together_make_one_key(books: Books) -> None:
    one, other = await books.together([rotate(b"plain:1", only_if_none=True), rotate(b"plain:2", only_if_none=True)])

    assert one == other
    assert [KeyRotated(1)] == await books.recorded()


async def test_keys_are_sealed_anew_without_an_event(books: Books) -> None:
    await books.together([rotate(b"plain:1"), rotate(b"plain:2")])
    await books.recorded()
    await books.do(ResealKeys(sealed=((1, b"fernet:1"), (77, b"fernet:77"))))

    assert [b"plain:2", b"fernet:1"] == [key.sealed for key in await books.reader.signing_keys()]
    assert [] == await books.recorded()
