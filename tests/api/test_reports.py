"""The queue page and the reports, as teammates read them."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from parley.core.people import Role
from tests.api.desks import Desk, hire
from tests.api.envelopes import paths
from tests.api.integrators import Integrator


@pytest.fixture
def charlie(shop: Integrator) -> Desk:
    """A teammate with two seats."""
    charlie = hire(shop)
    charlie.ask("PATCH", "/me", {"status": "online", "seats": 2})
    return charlie


def totals(report: Any) -> dict[str, int]:
    """The sums over a report's buckets."""
    names = ("arrived", "taken", "gaveUp", "closed")
    return {name: sum(bucket[name] for bucket in report["buckets"]) for name in names}


def test_the_queue_page_shows_who_waits_in_order(shop: Integrator, charlie: Desk) -> None:
    ids = [shop.create(message="Hello?")["id"] for _ in range(3)]
    charlie.do("/next")
    queue = charlie.get("/queue")

    assert ids[1:] == [waiting["conversation"]["id"] for waiting in queue["waiting"]]
    assert [1, 2] == [waiting["position"] for waiting in queue["waiting"]]
    assert all(waiting["waitedSeconds"] >= 0 and waiting["estimate"] is None for waiting in queue["waiting"])
    assert (2, 2, 1) == (queue["waitingCount"], queue["seats"], queue["openChats"])
    assert [(charlie.id, 1)] == [(one["id"], one["openChats"]) for one in queue["teammates"]]


def test_the_queues_history_is_four_hours_by_the_minute(shop: Integrator, charlie: Desk) -> None:
    ids = [shop.create()["id"] for _ in range(3)]
    charlie.do(f"/conversations/{ids[0]}/take")
    charlie.do(f"/conversations/{ids[1]}/close")
    history = charlie.get("/queue")["history"]
    times = [datetime.fromisoformat(minute["time"]) for minute in history]

    assert {60.0} == {(after - before).total_seconds() for before, after in pairwise(times)}
    assert (240, 1) == (len(history), history[-1]["waiting"])
    assert [3, 1, 1] == [sum(minute[name] for minute in history) for name in ("arrived", "taken", "gaveUp")]


def test_with_enough_chats_the_queue_page_has_estimates_in_seconds(shop: Integrator, charlie: Desk) -> None:
    for _ in range(5):
        shop.create()
        charlie.do(f"/conversations/{charlie.do('/next')['id']}/close")
    shop.create()
    (waiting,) = charlie.get("/queue")["waiting"]
    estimate = waiting["estimate"]

    assert 0 < estimate["p10"] < estimate["p50"] < estimate["p90"]


def test_a_report_tells_what_came_and_what_was_done(shop: Integrator, charlie: Desk) -> None:
    for index in range(6):
        conversation = shop.create(message="Hello?")
        charlie.do("/next")
        charlie.do(f"/conversations/{conversation['id']}/replies", {"message": "Hi!"})
        charlie.do(f"/conversations/{conversation['id']}/close")
        path = f"/chat/conversations/{conversation['id']}/feedback"
        shop.server.request("PATCH", path, {"isPositive": index > 0}, token=shop.token)
    shop.create()
    report = charlie.get("/reports?days=1")

    assert {"arrived": 7, "taken": 6, "gaveUp": 0, "closed": 6} == totals(report)
    assert 1 == report["buckets"][-1]["waiting"]
    assert {"positive": 5, "negative": 1} == report["feedback"]
    assert [6, 6, 6] == [report[name]["count"] for name in ("waits", "firstAnswer", "handling")]
    assert all(0 <= report[name]["p50"] <= report[name]["p90"] for name in ("waits", "firstAnswer", "handling"))
    (point,) = report["estimates"]["points"]
    assert report["estimates"]["coverage"] == float(point["p10"] <= point["actual"] <= point["p90"])
    assert report["estimates"]["meanError"] == pytest.approx(abs(point["actual"] - point["estimated"]))


@pytest.mark.parametrize(("days", "buckets"), [("", 168), ("?days=1", 24), ("?days=8", 8), ("?days=90", 90)])
def test_a_report_is_by_the_hour_up_to_a_week_and_else_by_the_day(charlie: Desk, days: str, buckets: int) -> None:
    report = charlie.get(f"/reports{days}")

    assert buckets == len(report["buckets"])
    assert report["from"] == report["buckets"][0]["time"] < report["to"]


def test_a_report_of_nothing_has_null_where_there_is_no_data(charlie: Desk) -> None:
    report = charlie.get("/reports")
    nothing = {"count": 0, "p50": None, "p90": None}

    assert [nothing] * 3 == [report[name] for name in ("waits", "firstAnswer", "handling")]
    assert {"points": [], "coverage": None, "meanError": None} == report["estimates"]


@pytest.mark.parametrize("days", ["0", "91", "-1", "week"])
def test_other_days_are_refused(charlie: Desk, days: str) -> None:
    reply = charlie.ask("GET", f"/reports?days={days}")

    assert (422, ["days"]) == (reply.status, paths(reply.json()))


def test_another_community_has_its_own(shop: Integrator, rival: Integrator) -> None:
    shop.create()
    dora = hire(rival, name="Dora", role=Role.READ_ONLY)

    assert (0, []) == (dora.get("/queue")["waitingCount"], dora.get("/queue")["waiting"])
    assert 0 == totals(dora.get("/reports"))["arrived"]
