"""What the tests of faults share: a server each leaves well, and a PostgreSQL that they may stop."""

from collections.abc import Iterator

import pytest

from tests.faults.stage import Stage, fragile_cluster, staged


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """One process behind a proxy."""
    with staged() as stage:
        yield stage


@pytest.fixture(scope="session")
def pair() -> Iterator[Stage]:
    """Two workers behind a proxy."""
    with staged("--workers", "2") as stage:
        yield stage


@pytest.fixture(scope="session")
def fragile() -> Iterator[Stage]:
    """One process on a PostgreSQL that nobody else is on, to be stopped and crashed."""
    with staged(on=fragile_cluster()) as stage:
        yield stage
