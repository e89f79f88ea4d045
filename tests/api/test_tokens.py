"""POST /token: the refresh token grant, as the standard has it and as integrators' libraries speak it."""

import asyncio
import base64
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
import requests
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from parley import wiring
from parley.actions.tokens import RevokeToken
from tests.api.envelopes import refusal
from tests.api.integrators import CONVERSATIONS, JOHN, Integrator
from tests.servers import Reply, Server, Tenant

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def form_of(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """A good form with some members changed, or left out when they are None."""
    form = {"grant_type": "refresh_token", "refresh_token": tenant.refresh_token, "client_id": tenant.client_id}
    return {name: value for name, value in (form | changes).items() if value is not None}


def grant(server: Server, form: Any, **headers: str) -> Reply:
    """Send a form."""
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return server.request("POST", "/token", body, headers=FORM | headers)


def basic(name: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def fault_of(reply: Reply) -> tuple[int, str]:
    """Status and code of a refusal as RFC 6749 has it."""
    body = reply.json()
    assert ["error", "error_description"] == list(body)
    assert "no-store" == reply.headers["Cache-Control"]
    return reply.status, body["error"]


# The grant


def test_a_refresh_token_is_exchanged_for_an_access_token(shop: Integrator) -> None:
    reply = grant(shop.server, form_of(shop.tenant))
    body = reply.json()

    assert (200, "no-store") == (reply.status, reply.headers["Cache-Control"])
    assert ["access_token", "token_type", "expires_in", "refresh_token"] == list(body)
    assert ("bearer", 3599, shop.tenant.refresh_token) == tuple(body.values())[1:]


def test_the_access_token_carries_the_published_claims(shop: Integrator) -> None:
    claims = jwt.decode(shop.token, options={"verify_signature": False})

    assert {"alg": "HS512", "typ": "JWT"} == jwt.get_unverified_header(shop.token)
    assert {"cid", "type", "rid", "nbf", "exp", "iss", "aud"} == claims.keys()
    assert (shop.tenant.id, "Community", shop.tenant.client_id) == tuple(
        claims[name] for name in ("cid", "type", "aud")
    )
    assert 3600 == claims["exp"] - claims["nbf"]


def test_the_client_may_name_itself_by_http_basic(shop: Integrator) -> None:
    form = form_of(shop.tenant, client_id=None)

    for name in (shop.tenant.client_id, quote(shop.tenant.client_id), shop.tenant.client_id.upper()):
        assert 200 == grant(shop.server, form, Authorization=basic(name)).status


def test_a_client_id_is_read_in_either_case(shop: Integrator) -> None:
    assert 200 == grant(shop.server, form_of(shop.tenant, client_id=shop.tenant.client_id.upper())).status


def test_the_older_spelling_of_the_grant_is_taken(shop: Integrator) -> None:
    assert 200 == grant(shop.server, form_of(shop.tenant, grant_type=None, grand_type="refresh_token")).status


def test_the_refresh_token_may_be_used_again_and_again(shop: Integrator) -> None:
    for _ in range(3):
        assert shop.tenant.refresh_token == grant(shop.server, form_of(shop.tenant)).json()["refresh_token"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"grant_type": ["refresh_token", "refresh_token"]}, 400, "invalid_request"),
        ({"grant_type": "Refresh_Token"}, 400, "unsupported_grant_type"),
        ({"grant_type": "password", "refresh_token": None}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "refresh_token": None}, 400, "unsupported_grant_type"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, 401, "invalid_client"),
        ({"client_id": "\x00"}, 401, "invalid_client"),
        ({"refresh_token": "x"}, 400, "invalid_grant"),
        ({"refresh_token": "ü\x00" * 500}, 400, "invalid_grant"),
    ],
)
def test_a_wrong_form_gets_the_code_of_the_standard(
    shop: Integrator, changes: dict[str, Any], status: int, error: str
) -> None:
    form = urlencode(form_of(shop.tenant, **changes), doseq=True).encode()

    assert (status, error) == fault_of(grant(shop.server, form))


@pytest.mark.parametrize("body", [b"", b"%", b"a=%ff", b"\xff=1", b"&".join([b"a=1"] * 60), b"a=" + b"1" * 9_000])
def test_a_form_that_cannot_be_read_is_an_invalid_request(shop: Integrator, body: bytes) -> None:
    assert (400, "invalid_request") == fault_of(grant(shop.server, body))


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_a_body_that_is_no_form_is_an_invalid_request(shop: Integrator, media_type: str) -> None:
    form = urlencode(form_of(shop.tenant)).encode()

    assert (400, "invalid_request") == fault_of(grant(shop.server, form, **{"Content-Type": media_type}))


def test_a_form_may_name_its_character_set(shop: Integrator) -> None:
    media_type = "Application/X-WWW-Form-Urlencoded; charset=UTF-8"

    assert 200 == grant(shop.server, form_of(shop.tenant), **{"Content-Type": media_type}).status


@pytest.mark.parametrize(
    "credentials", [basic("nobody"), "Basic", "Basic !", "Basic " + base64.b64encode(b"\xff:").decode(), "basic Og=="]
)
def test_basic_credentials_of_nobody_are_an_invalid_client(shop: Integrator, credentials: str) -> None:
    reply = grant(shop.server, form_of(shop.tenant), Authorization=credentials)

    assert (401, "invalid_client") == fault_of(reply)
    assert 'Basic realm="parley"' == reply.headers["WWW-Authenticate"]


def test_a_client_has_no_password(shop: Integrator) -> None:
    reply = grant(shop.server, form_of(shop.tenant), Authorization=basic(shop.tenant.client_id, "secret"))

    assert (401, "invalid_client") == fault_of(reply)


def test_another_clients_refresh_token_is_an_invalid_grant(shop: Integrator, rival: Integrator) -> None:
    form = form_of(shop.tenant, refresh_token=rival.tenant.refresh_token)

    assert (400, "invalid_grant") == fault_of(grant(shop.server, form))


def test_a_revoked_refresh_token_is_an_invalid_grant_at_once(shop: Integrator) -> None:
    shop.do(RevokeToken(community_id=shop.tenant.id, name="default", by="operator"))

    assert (400, "invalid_grant") == fault_of(grant(shop.server, form_of(shop.tenant)))


def test_an_oversized_form_is_refused_like_any_body(shop: Integrator) -> None:
    refusal(grant(shop.server, b"a=" + b"1" * 1_048_576), 413, 1004)


def test_the_use_of_a_refresh_token_is_noted(shop: Integrator) -> None:
    async def last_used() -> Any:
        async with wiring.opened(shop.server.database, migrates=False) as parts:
            (token,) = await parts.reader.tokens(shop.tenant.id)
            return token.last_used_at

    assert asyncio.run(last_used()) is not None


# Clients as integrators have them


def test_requests_gets_a_token_and_creates_a_conversation(shop: Integrator) -> None:
    with requests.Session() as session:
        granted = session.post(f"{shop.server.url}/token", data=form_of(shop.tenant)).json()
        session.headers["Authorization"] = f"Bearer {granted['access_token']}"
        reply = session.post(shop.server.url + CONVERSATIONS, json={"author": JOHN})

    assert 200 == reply.status_code
    assert "John" == reply.json()["data"]["author"]["name"]


@pytest.mark.parametrize("way", ["form", "basic"])
def test_the_stock_refresh_grant_of_requests_oauthlib_works(
    shop: Integrator, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # loopback
    tenant, url = shop.tenant, f"{shop.server.url}/token"
    how: dict[str, Any] = (
        {"client_id": tenant.client_id} if way == "form" else {"auth": HTTPBasicAuth(tenant.client_id, "")}
    )
    with OAuth2Session(tenant.client_id) as session:
        granted = session.refresh_token(url, refresh_token=tenant.refresh_token, **how)
        reply = session.post(shop.server.url + CONVERSATIONS, json={"author": JOHN})

    assert tenant.refresh_token == granted["refresh_token"]
    assert 200 == reply.status_code


def test_requests_oauthlib_refreshes_by_itself_when_its_token_has_expired(
    shop: Integrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # loopback
    expired = {
        "access_token": "x",
        "refresh_token": shop.tenant.refresh_token,
        "token_type": "bearer",
        "expires_in": -1,
    }
    saved: list[Any] = []
    with OAuth2Session(
        shop.tenant.client_id,
        token=expired,
        auto_refresh_url=f"{shop.server.url}/token",
        auto_refresh_kwargs={"client_id": shop.tenant.client_id},
        token_updater=saved.append,
    ) as session:
        reply = session.post(shop.server.url + CONVERSATIONS, json={"author": JOHN})

    assert 200 == reply.status_code
    assert 1 == len(saved)
