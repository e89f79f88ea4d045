"""Signing in and out: the cookie, who it is, and everything that ends a session."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.actions.teammates import AddTeammate, SetTeammateActive
from parley.core.people import Role
from tests.api.desks import PASSWORD, SESSION, Desk, cookie_of, give_password, hire, sign_in
from tests.api.envelopes import refusal
from tests.api.integrators import Integrator

_numbers = itertools.count(1)


@pytest.fixture
def desk(shop: Integrator) -> Desk:
    """Charlie, signed in at the Shop."""
    return hire(shop)


def test_a_teammate_signs_in_and_is_known(shop: Integrator, desk: Desk) -> None:
    reply = sign_in(shop.server, desk.email)

    told = reply.data
    assert (desk.id, "Charlie", "agent", "away", 0) == tuple(
        told["teammate"][name] for name in ("id", "name", "role", "status", "openChats")
    )
    assert {"id": shop.tenant.id, "name": shop.tenant.name} == told["community"]
    assert desk.get("/session")["teammate"] == told["teammate"]
    assert desk.proof == desk.get("/session")["csrfToken"] != told["csrfToken"]


def test_the_cookie_is_for_no_script_and_no_other_site(shop: Integrator, desk: Desk) -> None:
    reply = sign_in(shop.server, desk.email)
    _, *attributes = reply.headers["set-cookie"].split("; ")

    assert {"Max-Age=604800", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"} == set(attributes)
    assert "no-store" == reply.headers["cache-control"]


def test_each_sign_in_is_a_new_session(shop: Integrator, desk: Desk) -> None:
    assert 3 == len({desk.cookie, *(cookie_of(sign_in(shop.server, desk.email)) for _ in range(2))})


def test_an_email_is_compared_without_regard_to_case(shop: Integrator, desk: Desk) -> None:
    assert 200 == sign_in(shop.server, f" {desk.email.upper()} ").status


def test_a_wrong_password_and_an_unknown_email_get_one_answer(shop: Integrator, desk: Desk) -> None:
    wrong = refusal(sign_in(shop.server, desk.email, "wrong horse battery"), 401, 2004)
    nobody = refusal(sign_in(shop.server, "nobody@shop.example"), 401, 2004)

    assert wrong["errorText"] == nobody["errorText"]
    assert "set-cookie" not in sign_in(shop.server, "nobody@shop.example").headers


def test_who_has_no_password_cannot_sign_in(shop: Integrator) -> None:
    shop.do(AddTeammate(community_id=shop.tenant.id, name="Dana", email="dana@x.example", role=Role.AGENT, by="x"))

    assert 401 == sign_in(shop.server, "dana@x.example").status


def test_after_five_wrong_tries_a_sixth_has_to_wait_even_with_the_right_password(shop: Integrator, desk: Desk) -> None:
    tries = [sign_in(shop.server, desk.email, "wrong horse battery").status for _ in range(5)]
    reply = sign_in(shop.server, desk.email)

    assert [401] * 5 == tries
    refusal(reply, 429, 5006)
    assert 0 < int(reply.headers["retry-after"]) <= 60


def test_tries_that_come_at_once_are_counted_before_their_passwords_are_looked_at(shop: Integrator, desk: Desk) -> None:
    with ThreadPoolExecutor(12) as guessers:
        tries = list(guessers.map(lambda _: sign_in(shop.server, desk.email, "wrong horse battery").status, range(12)))

    assert [401] * 5 + [429] * 7 == sorted(tries)


def test_whoever_gets_it_right_in_time_begins_anew(shop: Integrator, desk: Desk) -> None:
    passwords = [*["wrong horse battery"] * 4, PASSWORD] * 2

    assert [*[401] * 4, 200] * 2 == [sign_in(shop.server, desk.email, each).status for each in passwords]


@pytest.mark.parametrize("beside", ['theme={"dark": true}', "path=/", "=", "x", "parley_session_x=1"])
def test_the_session_is_found_beside_other_cookies(desk: Desk, beside: str) -> None:
    for cookies in ([beside, f"parley_session={desk.cookie}"], [f"parley_session={desk.cookie}", beside]):
        assert 200 == desk.ask("GET", "/me", Cookie="; ".join(cookies)).status


def test_an_email_in_several_communities_is_asked_which(shop: Integrator, rival: Integrator) -> None:
    email = f"both-{next(_numbers)}@shop.example"
    for where in (shop, rival):
        hire(where, email=email)
    told = refusal(sign_in(shop.server, email), 409, 4003)

    names = [shop.tenant.name, rival.tenant.name]
    assert [{"path": "community", "text": name} for name in names] == told["errorDetails"]
    for name in names:
        assert name == sign_in(shop.server, email, community=name.upper()).data["community"]["name"]


def test_a_password_that_fits_in_one_of_several_communities_decides(shop: Integrator, rival: Integrator) -> None:
    email = f"both-{next(_numbers)}@shop.example"
    for where in (shop, rival):
        hire(where, email=email)
    give_password(rival, email, "another horse battery")

    assert rival.tenant.id == sign_in(shop.server, email, "another horse battery").data["community"]["id"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "ftp://{host}", "http://127.0.0.1:1", "{host}"])
def test_a_page_of_another_site_signs_nobody_in(shop: Integrator, desk: Desk, origin: str) -> None:
    host = f"127.0.0.1:{shop.server.port}"
    reply = sign_in(shop.server, desk.email, headers={"Origin": origin.format(host=host)})

    refusal(reply, 403, 2005)
    assert 200 == sign_in(shop.server, desk.email, headers={"Origin": f"http://{host}"}).status


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_what_the_browser_says_of_the_page_counts_with_its_origin(
    shop: Integrator, desk: Desk, site: str, status: int
) -> None:
    """A page of this host on plain http is none of ours, but its Origin differs in the scheme alone."""
    own = {"Origin": f"http://127.0.0.1:{shop.server.port}", "Sec-Fetch-Site": site}

    assert status == sign_in(shop.server, desk.email, headers=own).status


def test_who_signs_out_is_out(shop: Integrator, desk: Desk) -> None:
    reply = desk.ask("DELETE", "/session")

    assert {} == reply.data
    assert "Max-Age=0" in reply.headers["set-cookie"]
    refusal(desk.ask("GET", "/me"), 401, 2004)


def test_another_password_ends_every_session(shop: Integrator, desk: Desk) -> None:
    give_password(shop, desk.email, "another horse battery")

    refusal(desk.ask("GET", "/me"), 401, 2004)
    assert 401 == sign_in(shop.server, desk.email).status
    assert 200 == sign_in(shop.server, desk.email, "another horse battery").status
    assert "teammate_password_changed" == shop.happened()[-1]


def test_who_is_disabled_is_out_and_stays_out_when_enabled_again(shop: Integrator, desk: Desk) -> None:
    for is_active in (False, True):
        shop.do(SetTeammateActive(community_id=shop.tenant.id, email=desk.email, is_active=is_active, by="x"))
        refusal(desk.ask("GET", "/me"), 401, 2004)

    assert 200 == sign_in(shop.server, desk.email).status


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": "not one", "password": PASSWORD}, {"email": 1}])
def test_a_bad_body_is_told_what_is_wrong_with_it(shop: Integrator, body: object) -> None:
    refusal(shop.server.request("POST", SESSION, body), 422, 1001)
