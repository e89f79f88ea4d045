"""`parley report` shows the last days, and prints what the API answers."""

import asyncio
from pathlib import Path

import pytest

from parley import wiring
from parley.actions.conversations import CloseConversation
from parley.cli.reporting import BAR, bar
from tests.builders import create
from tests.cli.conftest import Command
from tests.servers import sqlite_url


@pytest.fixture
def acme(parley: Command, tmp_path: Path) -> str:
    """A community in which three came and one gave up."""
    database = sqlite_url(tmp_path / "parley.db")

    async def fill() -> None:
        async with wiring.opened(database) as parts:
            for _ in range(3):
                await parts.ledger.submit(create())
            await parts.ledger.submit(CloseConversation(community_id=1, conversation_id=1, by="x"))

    parley("community", "add", "Acme", "--database", database)
    asyncio.run(fill())
    return database


def test_a_report_has_a_line_for_each_day_and_says_how_long_things_took(parley: Command, acme: str) -> None:
    shown = parley("report", "Acme", "--days", "8", "--database", acme).out.splitlines()
    today = shown[8]

    assert 1 + 8 + 1 + 5 == len(shown)
    assert ["3", "0", "1", "1", "2"] == today.split()[1:6]
    assert "wait          –" in shown


def test_of_one_day_the_hours_are_shown(parley: Command, acme: str) -> None:
    shown = parley("report", "Acme", "--days", "1", "--database", acme).out.splitlines()

    assert 1 + 24 + 1 + 5 == len(shown)
    assert shown[1].split()[1].endswith(":00")


def test_as_json_it_is_what_the_api_answers(parley: Command, acme: str) -> None:
    report = parley("report", "Acme", "--days", "1", "--json", "--database", acme).json()

    assert 24 == len(report["buckets"])
    assert {"arrived": 3, "taken": 0, "gaveUp": 1, "closed": 1, "waiting": 2} == {
        name: value for name, value in report["buckets"][-1].items() if name != "time"
    }
    assert {"count": 0, "p50": None, "p90": None} == report["waits"]


def test_the_longest_bar_is_of_the_largest_and_whatever_is_there_is_seen() -> None:
    assert "█" * BAR == bar(70, 70)
    assert "" == bar(0, 70) == bar(0, 0)
    assert 1 == len(bar(1, 10_000))
    assert "#" == bar(1, 10_000, signs=" #")
    assert len(bar(35, 70)) == BAR // 2
