"""A real server, a real browser, and teammates at their screens."""

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from parley.api.pages import BUILT
from parley.core.people import Role
from tests.api.integrators import Integrator, join
from tests.servers import Server, sqlite_url
from tests.web.browsers import FLAGS, WITHIN_MS, Seat, elsewhere, find_browser, sit

Sit = Callable[..., Seat]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, which has the inbox."""
    if not (BUILT / "index.html").exists():
        pytest.skip("the inbox was not built: make inbox")
    with Server(sqlite_url(tmp_path_factory.mktemp("web") / "parley.db")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of this machine. Without one the tests are skipped, except where everything has to be there.

    Not for longer than a module: while it is there Playwright's event loop runs, and tests elsewhere begin their own.
    """
    found = find_browser()
    if found is None:
        missing = "there is no chromium here: install it, or name a browser with PARLEY_TEST_BROWSER"
        assert os.environ.get("CI") != "true", missing
        pytest.skip(missing)
    expect.set_options(timeout=WITHIN_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def shop(server: Server) -> Integrator:
    """The integrator of a fresh community."""
    return elsewhere(lambda: join(server))


@pytest.fixture
def seat(browser: Browser, shop: Integrator) -> Iterator[Sit]:
    """Seats teammates of the community at screens of their own; at the end, no page may have complained."""
    seats: list[Seat] = []

    def take(name: str, role: Role = Role.AGENT, **options: object) -> Seat:
        seats.append(sit(browser, shop, name, role, **options))
        return seats[-1]

    yield take
    for each in seats:
        each.page.context.close()
    assert [[]] * len(seats) == [each.complaints for each in seats]


@pytest.fixture
def anna(seat: Sit) -> Seat:
    """A teammate at her screen."""
    return seat("Anna")


@pytest.fixture
def bob(seat: Sit) -> Seat:
    """Another."""
    return seat("Bob")
