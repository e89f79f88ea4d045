"""The places that the lives are led at: one server for each kind of database and run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stateful.places import Place, place_on, postgres, sqlite

# A new kind of database is one more entry: what makes an empty one, and tells its URL.
KINDS: dict[str, Callable[[Path], str]] = {"sqlite": sqlite, "postgres": postgres}


@pytest.fixture(scope="session", params=list(KINDS.values()), ids=list(KINDS))
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A running server on an empty database."""
    with place_on(request.param(tmp_path_factory.mktemp("stateful"))) as place:
        yield place
