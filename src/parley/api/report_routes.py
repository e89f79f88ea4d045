"""The reports' part of the table of routes: for every teammate."""

from parley.api import report_objects as objects
from parley.api import reports
from parley.api.routes import Parameter, Route
from parley.core.agency import Agency
from parley.core.reports import DAYS_LIMIT

_DAYS = {"type": "integer", "minimum": 1, "maximum": DAYS_LIMIT, "default": reports.DAYS}

REPORT_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/agents/queue",
        name="getQueue",
        summary="Read who waits, who could take them, and how the queue went",
        handler=reports.queue,
        reply=objects.QueueReply,
        scope=None,
        agent=Agency.READ,
    ),
    Route(
        method="GET",
        path="/agents/reports",
        name="getReport",
        summary="Read what came, what was done and how long it took",
        handler=reports.report,
        reply=objects.ReportReply,
        query=(
            Parameter(name="days", schema=_DAYS, words="Of so many days; by the hour up to a week, else by the day"),
        ),
        scope=None,
        agent=Agency.READ,
    ),
)
