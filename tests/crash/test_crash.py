"""A short storm on each database, on every `make test`; `make crash` makes it hundreds of strikes."""

import random
from pathlib import Path

import pytest

from tests.crash.places import PLACES
from tests.crash.storm import Plan, run


@pytest.mark.crash
@pytest.mark.parametrize(("name", "strikes"), [("sqlite", 20), ("postgres", 48)])
def test_what_was_answered_survives_a_storm(tmp_path: Path, name: str, strikes: int) -> None:
    """The dice are pytest-randomly's: `--randomly-seed` throws them again."""
    with PLACES[name](tmp_path) as place:
        plan = Plan(
            database=place.database,
            faults=place.faults,
            flags=place.flags,
            strikes=strikes,
            seconds=35,
            seed=random.randrange(10**6),
            log=tmp_path / "log",
        )
        report = run(plan)

    assert report.holds, report
    assert report.toll.kills > 0, report
    assert (report.toll.cuts > report.toll.lost_answers > 0) == (name == "postgres"), report
    assert report.answered > report.retried > 0, report
