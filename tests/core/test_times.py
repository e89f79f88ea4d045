"""How times are written."""

from datetime import UTC, datetime

from parley.core import times


def test_a_time_always_has_six_digits_and_its_offset() -> None:
    assert "2026-09-01T09:56:39.000000+00:00" == times.show(datetime(2026, 9, 1, 9, 56, 39, tzinfo=UTC))
    assert "2026-09-01T09:56:39.084782+00:00" == times.show(datetime(2026, 9, 1, 9, 56, 39, 84782, tzinfo=UTC))
