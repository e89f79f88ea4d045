"""A real server, and its own description of itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.integrators import Integrator, join
from tests.servers import Server, sqlite_url


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server."""
    with Server(sqlite_url(tmp_path_factory.mktemp("clients") / "parley.db")) as running:
        yield running


@pytest.fixture(scope="package")
def described(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the OpenAPI document as the server gives it."""
    folder = tmp_path_factory.mktemp("described")
    (folder / "openapi.json").write_bytes(server.request("GET", "/schema/openapi.json").body)
    return folder


@pytest.fixture
def shop(server: Server) -> Integrator:
    """The integrator of a fresh community."""
    return join(server)
