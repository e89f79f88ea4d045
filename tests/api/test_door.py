"""Which access tokens open the door: good ones only, for their hour, while their key and their refresh token stand."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from parley.actions.tokens import AddToken, RevokeToken
from parley.api.app import RequestIds, Resource
from parley.api.doorkeeper import hash_of
from parley.api.health import Health, live
from parley.api.routes import Route
from parley.core.access import Scope
from parley.core.errors import StorageUnavailableError
from tests.api import inside
from tests.api.envelopes import refusal
from tests.api.inside import House
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_a_call_without_a_token_is_told_how_to_come_back(shop: Integrator) -> None:
    for credentials in ({}, {"Authorization": "Basic eDo="}, {"Authorization": "Beare"}):
        reply = shop.server.request("POST", CONVERSATIONS, {"author": JOHN}, headers=credentials)
        refusal(reply, 401, 2001)

        assert "Bearer" == reply.headers["WWW-Authenticate"]


def test_a_token_is_asked_for_before_anything_else_is_looked_at(shop: Integrator) -> None:
    for body in (b"{", b"x" * 2_000_000):
        refusal(shop.server.request("POST", CONVERSATIONS, body), 401, 2001)


def test_the_scheme_is_read_in_either_case(shop: Integrator) -> None:
    for scheme in ("bearer", "BEARER", "Bearer "):
        headers = {"Authorization": f"{scheme} {shop.token}"}

        assert 404 == shop.server.request("GET", f"{CONVERSATIONS}/1", headers=headers).status


def nested(depth: int) -> str:
    """A token whose header is one array in another."""
    return base64.urlsafe_b64encode(b"[" * depth).rstrip(b"=").decode() + ".e30.eA"


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "..", "eyJ9.e30.", "ü", "null", nested(20_000), "e30." + "x" * 30_000 + ".x", "a b c"],
    ids=lambda token: token[:10],
)
def test_garbage_is_not_a_good_token(shop: Integrator, token: str) -> None:
    reply = shop.server.request("GET", f"{CONVERSATIONS}/1", headers={"Authorization": f"Bearer {token}"})
    refusal(reply, 401, 2002)

    assert 'Bearer error="invalid_token"' == reply.headers["WWW-Authenticate"]


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_one_letter_changed_is_not_good(shop: Integrator, part: int) -> None:
    parts = shop.token.split(".")
    parts[part] = ("A" if parts[part][0] != "A" else "B") + parts[part][1:]

    refusal(shop.server.request("GET", f"{CONVERSATIONS}/1", token=".".join(parts)), 401, 2002)


async def is_good(house: House, token: str) -> bool:
    """Whether a token opens the door; what is behind it is not there."""
    reply = await house.get(token)
    if reply.status == 401:
        refusal(reply, 401, 2002)
        assert 'Bearer error="invalid_token"' == reply.headers["WWW-Authenticate"]
        return False
    refusal(reply, 404, 3001)
    return True


async def test_a_token_made_like_ours_with_our_key_is_good(house: House) -> None:
    """So the forgeries below fail for the one thing in which they differ."""
    token = jwt.encode(await house.claims(), await house.key(), algorithm="HS512")

    assert await is_good(house, token)


async def test_the_key_id_of_a_token_chooses_nothing(house: House) -> None:
    token = jwt.encode(await house.claims(), await house.key(), algorithm="HS512", headers={"kid": "../../etc/passwd"})

    assert await is_good(house, token)


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "none"])
async def test_another_algorithm_is_not_good_even_with_our_key(house: House, algorithm: str) -> None:
    key: Any = None if algorithm == "none" else await house.key()

    assert not await is_good(house, jwt.encode(await house.claims(), key, algorithm=algorithm))


async def test_an_unsigned_token_that_claims_our_algorithm_is_not_good(house: House) -> None:
    head, claims, _ = (await house.token()).split(".")

    assert not await is_good(house, f"{head}.{claims}.")


async def test_another_key_is_not_good(house: House) -> None:
    assert not await is_good(house, jwt.encode(await house.claims(), b"k" * 64, algorithm="HS512"))


@pytest.mark.parametrize("claim", ["cid", "type", "rid", "nbf", "exp", "iss", "aud"])
async def test_every_claim_is_needed(house: House, claim: str) -> None:
    claims = await house.claims()
    del claims[claim]

    assert not await is_good(house, jwt.encode(claims, await house.key(), algorithm="HS512"))


@pytest.mark.parametrize(
    "changes",
    [
        {"cid": 2},
        {"cid": "1"},
        {"type": "User"},
        {"type": ["Community"]},
        {"iss": "another"},
        {"aud": "00000000-0000-4000-8000-000000000000"},
        {"aud": []},
        {"rid": 99},
        {"rid": "x"},
        {"rid": 2**70},
        {"rid": None},
        {"nbf": "now"},
        {"exp": []},
    ],
    ids=str,
)
async def test_a_claim_of_another_value_is_not_good(house: House, changes: dict[str, Any]) -> None:
    claims = await house.claims() | changes

    assert not await is_good(house, jwt.encode(claims, await house.key(), algorithm="HS512"))


@pytest.mark.parametrize("borrowed", [["cid"], ["aud"], ["rid"], ["cid", "aud"], ["rid", "aud"], ["rid", "cid"]])
async def test_no_claim_can_be_borrowed_from_another_community(house: House, borrowed: list[str]) -> None:
    rival = await inside.add_tenant(house.parts.ledger, "Rival")
    other = await house.parts.reader.grant_by_hash(hash_of(rival.refresh_token))
    assert other is not None
    theirs = {"cid": rival.id, "aud": rival.client_id, "rid": other.token.id}
    claims = await house.claims() | {name: theirs[name] for name in borrowed}

    assert not await is_good(house, jwt.encode(claims, await house.key(), algorithm="HS512"))


# Time


@pytest.mark.parametrize(
    ("after", "good"),
    [
        (timedelta(0), True),
        (HOUR - SECOND, True),
        (HOUR + 29 * SECOND, True),
        (HOUR + 31 * SECOND, False),
        (-29 * SECOND, True),
        (-31 * SECOND, False),
    ],
    ids=str,
)
async def test_a_token_is_good_for_an_hour_with_half_a_minute_of_leeway(
    house: House,
    after: timedelta,
    good: bool,  # noqa: FBT001 - the example's outcome
) -> None:
    token = await house.token()
    house.clock.move(after)

    assert good == await is_good(house, token)


async def test_a_token_that_was_used_before_expires_all_the_same(house: House) -> None:
    token = await house.token()
    for _ in range(61):
        assert await is_good(house, token)
        house.clock.move(MINUTE)

    assert not await is_good(house, token)


async def revoke(house: House) -> None:
    await house.parts.ledger.submit(RevokeToken(community_id=house.tenant.id, name="default", by="operator"))


async def test_a_revoked_token_that_nobody_has_seen_is_refused_at_once(house: House) -> None:
    token = await house.token()
    await revoke(house)

    assert not await is_good(house, token)


@pytest.mark.parametrize("used_ahead", [0, 15, 29])
async def test_revoking_ends_an_access_token_in_use_within_a_minute(house: House, used_ahead: int) -> None:
    token = await house.token()
    assert await is_good(house, token)
    house.clock.move(used_ahead * SECOND)
    assert await is_good(house, token)
    await revoke(house)
    house.clock.move(30 * SECOND)

    assert not await is_good(house, token)


async def test_a_clock_that_is_set_back_keeps_no_revoked_token_alive(house: House) -> None:
    token = await house.token()
    assert await is_good(house, token)
    await revoke(house)
    house.clock.move(-10 * SECOND)

    assert not await is_good(house, token)


@pytest.mark.parametrize("seconds", [29, 31, 59])
async def test_a_token_known_within_a_minute_holds_while_the_database_is_away(house: House, seconds: int) -> None:
    token = await house.token()
    assert await is_good(house, token)
    house.clock.move(seconds * SECOND)
    await house.parts.reader.close()

    assert house.tenant.id == (await house.backend.doorkeeper.verify(token)).community_id


async def test_after_a_minute_without_the_database_nothing_is_taken_on_trust(house: House) -> None:
    token = await house.token()
    assert await is_good(house, token)
    house.clock.move(61 * SECOND)
    await house.parts.reader.close()

    with pytest.raises(StorageUnavailableError):
        await house.backend.doorkeeper.verify(token)


# Keys


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_rotated_key_verifies_for_two_hours_and_no_longer(house: House, is_known: bool) -> None:  # noqa: FBT001
    """Also in a process that read the keys before they were rotated and that nobody asks for a token."""
    claims = await house.claims() | {"exp": int((house.clock() + 5 * HOUR).timestamp())}
    token = jwt.encode(claims, await house.key(), algorithm="HS512")
    if is_known:
        assert await is_good(house, token)
    await house.rotate()
    house.clock.move(2 * HOUR - MINUTE)
    assert await is_good(house, token)
    house.clock.move(2 * MINUTE)

    assert not await is_good(house, token)


async def test_a_rotated_key_signs_nothing_more_after_half_a_minute(house: House) -> None:
    old = await house.key()
    await house.token()
    await house.rotate()
    house.clock.move(31 * SECOND)

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(await house.token(), old, algorithms=["HS512"], options={"verify_aud": False, "verify_exp": False})


async def test_a_token_signed_with_a_key_of_another_process_is_good_a_second_later(house: House) -> None:
    assert await is_good(house, await house.token())
    house.clock.move(SECOND)
    await house.rotate()
    elsewhere = await house.keeper().issue(await house.grant())

    assert await is_good(house, elsewhere)


async def test_unknown_signatures_do_not_make_the_keys_be_read_again_and_again(house: House) -> None:
    """Else anybody could keep the database busy with garbage."""
    await house.token()
    reads = Counted(house.parts.reader.signing_keys)
    keeper = house.keeper()
    keeper._reader = reads  # type: ignore[assignment]  # noqa: SLF001
    for _ in range(20):
        with pytest.raises(Exception, match="not valid"):
            await keeper.verify("a.b.c")

    assert 1 == reads.count


class Counted:
    """Counts how often the keys are read."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self.count = 0
        self._read = read

    async def signing_keys(self) -> Any:
        self.count += 1
        return await self._read()


# Scopes


@pytest.mark.parametrize("scope", list(Scope))
def test_either_scope_opens_the_chat_routes(shop: Integrator, scope: Scope) -> None:
    shop.do(AddToken(community_id=shop.tenant.id, name="bot", scope=scope, secret_hash=hash_of(scope), by="operator"))
    token = shop.server.token(replace(shop.tenant, refresh_token=scope.value))

    assert 200 == shop.server.request("POST", CONVERSATIONS, {"author": JOHN}, token=token).status


@pytest.mark.parametrize(("scope", "status"), [(Scope.ADMIN, 200), (Scope.CHAT, 403)])
async def test_what_administers_takes_more_than_a_chat_token(house: House, scope: Scope, status: int) -> None:
    route = Route(method="GET", path="/x", name="x", summary="X", handler=live, reply=Health, scope=Scope.ADMIN)
    await house.parts.ledger.submit(
        AddToken(community_id=house.tenant.id, name="x", scope=scope, secret_hash=hash_of("x"), by="operator")
    )
    given = await house.parts.reader.grant_by_hash(hash_of("x"))
    assert given is not None
    token = await house.backend.doorkeeper.issue(given)
    door = Resource({"GET": route}, house.backend, RequestIds("test"))
    reply = await inside.ask(door, "GET", "/x", headers={"Authorization": f"Bearer {token}"})

    assert status == reply.status
    if status == 403:
        refusal(reply, 403, 2003)
        assert 'Bearer error="insufficient_scope"' == reply.headers["WWW-Authenticate"]
